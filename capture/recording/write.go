package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/tensor"
)

// ErrStale says that what lies in a folder was made of another network, other data or other settings.
var ErrStale = errors.New("it belongs to another run")

// A Writer makes a recording: a shard a block of samples, the manifest anew after each.
type Writer struct {
	folder   *folder
	manifest *Manifest
	roll     *roll
	starts   map[dataset.Split]int // first line of a split's samples

	mu   sync.Mutex
	open map[*block]bool // shards that are being written
}

// Create starts a recording in a folder, which is made if need be. The manifest says what is known
// beforehand; shards and splits are added by what is read. A recording of the same network that was not
// finished is gone on with if resume is set; any other that is there already is refused.
func Create(dir string, m Manifest, resume bool) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	m.Format, m.Version = Format, Version
	w := &Writer{folder: f, manifest: &m, roll: &roll{}, starts: map[dataset.Split]int{}, open: map[*block]bool{}}
	if err := w.resume(resume); err != nil {
		return nil, errors.Join(err, f.close())
	}
	if m.Splits == nil {
		m.Splits = map[string]Counted{}
	}
	return w, nil
}

// resume takes over the shards of an earlier run.
func (w *Writer) resume(wanted bool) error {
	b, err := w.folder.read(ManifestName, mostManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !wanted {
		return &dataset.Problem{Message: fmt.Sprintf("%s: there is a recording already.", w.folder.name), Help: []string{"Go on with it: --resume. Or choose another folder: --out DIR."}}
	}
	old, err := ParseManifest(b)
	if err != nil {
		return fmt.Errorf("%s%s: %w", w.folder.name, ManifestName, err)
	}
	same := slices.EqualFunc(old.Sites, w.manifest.Sites, func(a, b Site) bool { return a.Name == b.Name && a.Reduce == b.Reduce })
	if old.Model.SHA256 != w.manifest.Model.SHA256 || !same {
		return fmt.Errorf("%s: a recording of %q is there, this is %q: %w", w.folder.name, old.Model.Name, w.manifest.Model.Name, ErrStale)
	}
	for _, s := range old.Shards {
		if _, err := w.folder.root.Stat(s.File); err == nil {
			w.manifest.Shards = append(w.manifest.Shards, s)
		}
	}
	w.manifest.Splits = old.Splits
	return nil
}

// PutNetwork stores the network beside the values as graph.onnx; write writes it.
func (w *Writer) PutNetwork(write func(io.Writer) error) error {
	return w.folder.replace("graph.onnx", write)
}

// List writes the list of samples, split by split. Fingerprint returns a sample's hash as it is stored; it
// may be nil.
func (w *Writer) List(splits []dataset.Split, samples func(dataset.Split) capture.Samples, fingerprint func(s dataset.Split, row int) ([32]byte, error)) error {
	for _, split := range splits {
		s := samples(split)
		w.starts[split] = len(w.roll.ids)
		if err := w.enter(split, s); err != nil {
			return err
		}
		for i := 0; i < s.Len() && fingerprint != nil; i++ {
			print, err := fingerprint(split, i)
			if err != nil {
				return err
			}
			w.roll.prints = append(w.roll.prints, print)
		}
		w.manifest.Splits[string(split)] = Counted{s.Len()}
	}
	w.manifest.Groups = nil
	for _, g := range w.roll.groups {
		w.manifest.Groups = append(w.manifest.Groups, g.Group)
	}
	var b bytes.Buffer
	if err := w.roll.write(&b); err != nil {
		return err
	}
	if len(w.manifest.Shards) > 0 {
		old, err := w.folder.read(SamplesName, int64(b.Len())+1)
		if err != nil || !bytes.Equal(old, b.Bytes()) {
			return fmt.Errorf("%s: a recording of other samples is there: %w", w.folder.name, ErrStale)
		}
	}
	return w.folder.replace(SamplesName, func(out io.Writer) error { _, err := out.Write(b.Bytes()); return err })
}

func (w *Writer) enter(split dataset.Split, s capture.Samples) error {
	r := w.roll
	if len(r.ids) > 0 && (r.labels == nil) != (s.Labels == nil) {
		return fmt.Errorf("%s: some splits have labels and others have none", split)
	}
	for i, id := range s.IDs {
		if id != strings.TrimSpace(id) {
			return fmt.Errorf("sample %q: an id that begins or ends with space cannot be listed", id)
		}
		r.ids, r.splits = append(r.ids, id), append(r.splits, split)
		if s.Labels != nil {
			r.labels = append(r.labels, s.Labels[i])
		}
	}
	names := make([]string, 0, len(s.Groups))
	for name := range s.Groups {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		k := slices.IndexFunc(r.groups, func(g group) bool { return g.Name == name })
		if k < 0 {
			k = len(r.groups)
			r.groups = append(r.groups, group{Group: Group{Name: name, Categories: s.Names[name]}})
		}
		r.groups[k].values = append(r.groups[k].values, s.Groups[name]...)
	}
	for _, g := range r.groups {
		if len(g.values) != len(r.ids) {
			return fmt.Errorf("%s: group %s has %d values for %d samples", split, g.Name, len(g.values), len(r.ids))
		}
	}
	return nil
}

// TensorName returns the name under which a site's values are stored.
func TensorName(s capture.Site) string {
	switch s.Of {
	case finding.Input:
		return "in/x"
	case finding.Output:
		return "out/logits"
	case finding.PreActivation:
		return "pre/" + s.Layer
	case finding.PreNorm:
		return "lin/" + s.Layer
	case finding.Read:
		return "read/" + s.Layer
	case finding.Gradient:
		return "grad/" + s.Layer
	}
	return "feat/" + s.Layer
}

// Reader returns a reader that writes what it is shown of a view, block by block. Blocks that were written
// before are skipped.
func (w *Writer) Reader(v capture.View, samples capture.Samples) capture.Reader {
	blocks := map[int]*block{}
	n := samples.Len()
	return capture.Reader{
		Skip: func(b int) bool { return w.has(v, b) },
		Fold: func(b int) capture.Fold {
			k := &block{w: w, view: v, lo: b * capture.Block, hi: min(n, (b+1)*capture.Block), labels: samples.Labels, rows: map[string]int{}}
			w.mu.Lock()
			blocks[b], w.open[k] = k, true
			w.mu.Unlock()
			return k.take
		},
		Done: func(b int) error {
			w.mu.Lock()
			k := blocks[b]
			delete(blocks, b)
			w.mu.Unlock()
			return k.finish()
		},
	}
}

// has reports whether a block of a view was written.
func (w *Writer) has(v capture.View, b int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.manifest.Shards, func(s Shard) bool { return s.File == shardFile(v, b) })
}

func shardFile(v capture.View, b int) string {
	name := string(v.Split)
	if v.Condition != (capture.Condition{}) {
		name += fmt.Sprintf("-%s-%d", v.Condition.Name, v.Condition.Level)
	}
	return fmt.Sprintf("%s-%05d.safetensors", name, b)
}

// A block is a shard that is being written. The first batch is held back until the shapes of all values
// are known.
type block struct {
	w      *Writer
	view   capture.View
	lo, hi int
	labels []int32
	order  []string
	first  []tensor.Tensor // of each name, the rows of the first batch
	rows   map[string]int  // rows seen
	file   *os.File
	out    *safetensors.Writer
}

func (k *block) take(q capture.Request, rows capture.Rows) error {
	name := TensorName(q.Site)
	at := rows.First - k.lo
	if k.rows[name] != at {
		return fmt.Errorf("%s: rows from %d on after %d of the block", q.Site.Layer, at, k.rows[name])
	}
	k.rows[name] += rows.X.Dim(0)
	if at == 0 && k.out == nil {
		k.order, k.first = append(k.order, name), append(k.first, rows.X.Clone())
		return nil
	}
	if k.out == nil {
		if err := k.start(); err != nil {
			return err
		}
	}
	return k.out.Write(name, at, rows.X)
}

// start creates the file with room for the whole block.
func (k *block) start() error {
	n := k.hi - k.lo
	var entries []safetensors.Entry
	for i, name := range k.order {
		entries = append(entries, safetensors.Entry{Name: name, DType: tensor.Float32, Shape: append([]int{n}, k.first[i].Shape()[1:]...)})
	}
	entries = append(entries, safetensors.Entry{Name: "row", DType: tensor.Int64, Shape: []int{n}})
	if k.labels != nil {
		entries = append(entries, safetensors.Entry{Name: "y", DType: tensor.Int64, Shape: []int{n}})
	}
	var err error
	name := shardFile(k.view, k.lo/capture.Block) + temporary
	if k.file, err = k.w.folder.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o644); err != nil {
		return err
	}
	if k.out, err = safetensors.Create(k.file, entries, nil); err != nil {
		return err
	}
	for i, name := range k.order {
		if err := k.out.Write(name, 0, k.first[i]); err != nil {
			return err
		}
	}
	k.first = nil
	rows, y := make([]int64, n), make([]int64, n)
	for i := range rows {
		rows[i] = int64(k.w.starts[k.view.Split] + k.lo + i)
		if k.labels != nil {
			y[i] = int64(k.labels[k.lo+i])
		}
	}
	if err := k.out.Write("row", 0, tensor.Of(rows, n)); err != nil || k.labels == nil {
		return err
	}
	return k.out.Write("y", 0, tensor.Of(y, n))
}

// finish puts the shard in its place and says so in the manifest.
func (k *block) finish() error {
	if k.out == nil {
		if err := k.start(); err != nil {
			return err
		}
	}
	for _, name := range k.order {
		if n := k.rows[name]; n != k.hi-k.lo {
			return fmt.Errorf("%s: %d rows of a block of %d", name, n, k.hi-k.lo)
		}
	}
	sum := sha256.New()
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(sum, k.file); err != nil {
		return err
	}
	if err := errors.Join(k.file.Sync(), k.file.Close()); err != nil {
		return err
	}
	name := shardFile(k.view, k.lo/capture.Block)
	if err := k.w.folder.root.Rename(name+temporary, name); err != nil {
		return err
	}
	s := Shard{File: name, Split: string(k.view.Split), Rows: [2]int{k.lo, k.hi}, SHA256: hex.EncodeToString(sum.Sum(nil))}
	if k.view.Condition != (capture.Condition{}) {
		c := Condition(k.view.Condition)
		s.Condition = &c
	}
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	delete(k.w.open, k)
	k.w.manifest.Shards = append(k.w.manifest.Shards, s)
	return k.w.save()
}

// save writes the manifest.
func (w *Writer) save() error {
	return w.folder.replace(ManifestName, func(out io.Writer) error {
		e := json.NewEncoder(out)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		return e.Encode(w.manifest)
	})
}

// Close writes the manifest a last time. Shards that were not finished are thrown away.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.save()
	for k := range w.open {
		if k.file != nil {
			err = errors.Join(err, k.file.Close(), w.folder.root.Remove(shardFile(k.view, k.lo/capture.Block)+temporary))
		}
	}
	return errors.Join(err, w.folder.close())
}
