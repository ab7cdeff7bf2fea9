package recording

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
)

// loadManifest reads the manifest, the list of samples and the shards.
func (r *Recording) loadManifest() error {
	b, err := r.folder.read(ManifestName, mostManifest)
	if err != nil {
		return err
	}
	if r.manifest, err = ParseManifest(b); err != nil {
		return fmt.Errorf("%s%s: %w", r.folder.name, ManifestName, err)
	}
	if r.roll, err = readRoll(r.folder, r.manifest); err != nil {
		return err
	}
	return r.loadShards()
}

// loadShards opens the shards in order and puts them together to parts.
func (r *Recording) loadShards() error {
	shards := slices.Clone(r.manifest.Shards)
	slices.SortStableFunc(shards, func(a, b Shard) int {
		return cmp.Or(cmp.Compare(a.Split, b.Split), cmp.Compare(a.Rows[0], b.Rows[0]))
	})
	for _, s := range shards {
		split, ok := dataset.ParseSplit(s.Split)
		if !ok {
			return fmt.Errorf("%s%s: shard %.80q is of split %.40q, want train, val, test or deploy", r.folder.name, ManifestName, s.File, s.Split)
		}
		key := portion{split: split}
		if s.Condition != nil {
			key.condition = capture.Condition(*s.Condition)
		}
		if err := r.loadShard(s, key); err != nil {
			if lost := (*incomplete)(nil); !errors.As(err, &lost) || !r.opt.Partial {
				return r.tell(err)
			}
			r.notes = append(r.notes, fmt.Sprintf("shard %s is incomplete and was left out: %s", s.File, err))
		}
	}
	for _, split := range dataset.Splits() {
		if err := r.checkSplit(split); err != nil {
			return err
		}
	}
	return nil
}

// An incomplete error is a shard that does not hold what the manifest says.
type incomplete struct {
	shard, how string
	rows       map[string]int // rows that are there by tensor; nil for none
	cause      error
}

func (e *incomplete) Error() string {
	if e.cause != nil {
		return e.cause.Error()
	}
	return fmt.Sprintf("shard %s %s", e.shard, e.how)
}

func (e *incomplete) Unwrap() error { return e.cause }

func (r *Recording) loadShard(s Shard, key portion) error {
	n := s.Rows[1] - s.Rows[0]
	st, err := openShard(r.folder, s.File)
	if err != nil {
		return r.damaged(s, err)
	}
	r.stores = append(r.stores, st)
	for i := range r.manifest.Sites {
		if site := &r.manifest.Sites[i]; !site.absent() && s.Condition == nil {
			if err := r.checkRows(st, site, n); err != nil {
				return err
			}
		}
	}
	lines, err := r.lines(st, s, key)
	if err != nil {
		return fmt.Errorf("%s: shard %s: %w", r.folder.name, st.name, err)
	}
	p := r.parts[key]
	if p == nil {
		p = &part{}
		r.parts[key] = p
	}
	p.stretches = append(p.stretches, stretch{store: st, first: p.n, n: n})
	p.lines = append(p.lines, lines...)
	p.n += n
	return nil
}

// checkRows compares a site's values in a shard with what the manifest says of them.
func (r *Recording) checkRows(st *store, site *Site, n int) error {
	name := "feat/" + site.Name
	a := st.arrays[name]
	switch {
	case a == nil:
		return &incomplete{shard: st.name, how: "holds no " + name, rows: rowsOf(st)}
	case len(a.Shape()) == 0:
		return fmt.Errorf("%s: shard %s: %s is one number, want one row a sample", r.folder.name, st.name, name)
	case a.Len() < n:
		return &incomplete{shard: st.name, how: "ends early", rows: rowsOf(st)}
	case a.Len() > n:
		return fmt.Errorf("%s: shard %s has %d rows of %s, manifest says %d", r.folder.name, st.name, a.Len(), name, n)
	}
	want := site.Stored
	if want == nil && site.whole() {
		want = site.Shape
	}
	same := want == nil || len(want) == len(a.RowShape())
	for i := 0; same && i < len(want); i++ {
		same = want[i] < 0 || want[i] == a.RowShape()[i]
	}
	if !same {
		return fmt.Errorf("%s: shard %s: values of %s have shape %v a sample, manifest says %v", r.folder.name, st.name, site.Name, a.RowShape(), want)
	}
	return nil
}

func rowsOf(s *store) map[string]int {
	out := map[string]int{}
	for name, a := range s.arrays {
		out[name] = a.Len()
	}
	return out
}

// damaged finds out what is wrong with a shard that does not open.
func (r *Recording) damaged(s Shard, err error) error {
	file, size, open := r.folder.open(s.File)
	if open != nil {
		if !errors.Is(open, fs.ErrNotExist) {
			return err // it is there but no regular file of the folder
		}
		return &incomplete{shard: shardName(s.File), how: "is missing", cause: err}
	}
	defer file.Close()
	rows := fits(file, size)
	for _, n := range rows {
		if n < s.Rows[1]-s.Rows[0] {
			return &incomplete{shard: shardName(s.File), how: "ends early", rows: rows, cause: err}
		}
	}
	if rows == nil && size < 1<<10 {
		return &incomplete{shard: shardName(s.File), how: "ends early", cause: err}
	}
	return &incomplete{shard: shardName(s.File), how: "cannot be read", cause: err}
}

func shardName(file string) string {
	const end = ".safetensors"
	if len(file) > len(end) && file[len(file)-len(end):] == end {
		return file[:len(file)-len(end)]
	}
	return file
}

// tell says of an incomplete shard which layer misses how many rows in all.
func (r *Recording) tell(err error) error {
	var lost *incomplete
	if !errors.As(err, &lost) || len(r.manifest.Sites) == 0 {
		return err
	}
	total, found := 0, 0
	for _, c := range r.manifest.Splits {
		total += c.Samples
	}
	site := r.manifest.Sites[0].Name
	short := func(name string, want int) bool { n, ok := lost.rows["feat/"+name]; return !ok || n < want }
	for _, s := range r.manifest.Shards {
		if s.Condition != nil {
			continue
		}
		if shardName(s.File) != lost.shard {
			found += s.Rows[1] - s.Rows[0]
			continue
		}
		for i := range r.manifest.Sites {
			if name := r.manifest.Sites[i].Name; short(name, s.Rows[1]-s.Rows[0]) {
				site = name
				break
			}
		}
	}
	found += lost.rows["feat/"+site]
	return &dataset.Problem{
		Message: fmt.Sprintf("%s: %s has %s rows, manifest says %s; shard %s %s.", r.folder.name, site, spaced(found), spaced(total), lost.shard, lost.how),
		Help:    []string{"Use the complete shards: --partial."}}
}

// lines returns where the samples of a shard stand in the list of samples.
func (r *Recording) lines(st *store, s Shard, key portion) ([]int, error) {
	n := s.Rows[1] - s.Rows[0]
	var lines []int
	if st.arrays["row"] == nil {
		for i, split := range r.roll.splits {
			if split == key.split {
				lines = append(lines, i)
			}
		}
		if s.Rows[1] > len(lines) {
			return nil, fmt.Errorf("rows %v of %s, %s lists %d samples of it", s.Rows, key.split, SamplesName, len(lines))
		}
		return lines[s.Rows[0]:s.Rows[1]], r.checkLabels(st, lines[s.Rows[0]:s.Rows[1]])
	}
	rows, err := st.whole("row", n)
	if err != nil {
		return nil, err
	}
	if len(rows) != n {
		return nil, fmt.Errorf("%d row numbers for %d samples", len(rows), n)
	}
	seen := map[int64]bool{}
	for _, row := range rows {
		switch {
		case row < 0 || row >= int64(len(r.roll.ids)):
			return nil, fmt.Errorf("row %d of %d in %s", row, len(r.roll.ids), SamplesName)
		case r.roll.splits[row] != key.split:
			return nil, fmt.Errorf("row %d is of %s in %s, the shard is of %s", row, r.roll.splits[row], SamplesName, key.split)
		case seen[row]:
			return nil, fmt.Errorf("row %d is there twice", row)
		}
		seen[row] = true
		lines = append(lines, int(row))
	}
	return lines, r.checkLabels(st, lines)
}

// checkLabels compares a shard's labels with those of the list, or takes them where that has none.
func (r *Recording) checkLabels(st *store, lines []int) error {
	y := st.arrays["y"]
	if y == nil || y.DType().IsFloat() || len(y.Shape()) != 1 {
		return nil
	}
	labels, err := st.whole("y", len(lines))
	if err != nil {
		return err
	}
	if len(labels) != len(lines) {
		return fmt.Errorf("%d labels for %d samples", len(labels), len(lines))
	}
	for i, line := range lines {
		if labels[i] < -1 || labels[i] >= mostClass {
			return fmt.Errorf("label %d of row %d, want a class number from 0 on", labels[i], line)
		}
		if r.roll.labels == nil {
			r.roll.labels = make([]int32, len(r.roll.ids))
			for k := range r.roll.labels {
				r.roll.labels[k] = -1
			}
			r.roll.own = true
		}
		if r.roll.own {
			r.roll.labels[line] = int32(labels[i])
		} else if int64(r.roll.labels[line]) != labels[i] {
			return fmt.Errorf("label of sample %.80q is %d, %s says %d", r.roll.ids[line], labels[i], SamplesName, r.roll.labels[line])
		}
	}
	return nil
}

// checkSplit makes sure that a split's shards follow one another and hold what the manifest counts.
func (r *Recording) checkSplit(split dataset.Split) error {
	have, want := 0, 0
	if p := r.parts[portion{split: split}]; p != nil {
		have = p.n
		if len(p.lines) > 1 {
			sorted := slices.Sorted(slices.Values(p.lines))
			for i := 1; i < len(sorted); i++ {
				if sorted[i] == sorted[i-1] {
					return fmt.Errorf("%s: sample %.80q is in two shards", r.folder.name, r.roll.ids[sorted[i]])
				}
			}
		}
	}
	for name, c := range r.manifest.Splits {
		if s, ok := dataset.ParseSplit(name); ok && s == split {
			want += c.Samples
		}
	}
	if have != want && !r.opt.Partial {
		return &dataset.Problem{Message: fmt.Sprintf("%s: %s has %s rows, manifest says %s; shards are missing.", r.folder.name, split, spaced(have), spaced(want)),
			Help: []string{"Use the complete shards: --partial."}}
	}
	return nil
}
