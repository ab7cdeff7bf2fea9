package dataset

import (
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/dataset/table"
	"github.com/stratascope/stratascope/tensor"
)

// maxTable bounds tables that are held as text: ids, labels, groups.
const maxTable = 256 << 20

// readTable reads a small table of the user's: ids with labels or groups.
func readTable(name string) (*table.Table, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxTable {
		return nil, fmt.Errorf("%s: %d bytes, want a regular file of at most %d", name, st.Size(), maxTable)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return table.Read(name, f)
}

// attached reads a table whose column id names samples and returns its other columns by sample; empty
// where the table does not name one.
func (s *Set) attached(name string) ([]column, error) {
	t, err := readTable(name)
	if err != nil {
		return nil, err
	}
	return matchTable(name, t, s.IDs)
}

func matchTable(name string, t *table.Table, ids []string) ([]column, error) {
	keys, ok := t.Column("id")
	if !ok {
		return nil, fmt.Errorf("%s: no column id, found %.200s", name, strings.Join(t.Header, ", "))
	}
	find := lookup(ids)
	row := make([]int, len(ids)) // of the table, by sample; 0 is none
	matched := 0
	for r, key := range keys {
		i, ok := find(key)
		if !ok {
			continue
		}
		if row[i] != 0 {
			return nil, fmt.Errorf("%s: lines %d and %d both name sample %.80q", name, row[i]+1, r+2, ids[i])
		}
		row[i] = r + 1
		matched++
	}
	if matched == 0 {
		return nil, fmt.Errorf("%s: none of its %d ids is a sample; the samples' ids look like %.80q", name, len(keys), ids[0])
	}
	var columns []column
	for _, h := range t.Header {
		if h == "id" {
			continue
		}
		values, _ := t.Column(h)
		c := column{h, make([]string, len(ids))}
		for i, r := range row {
			if r != 0 {
				c.values[i] = values[r-1]
			}
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// lookup finds a sample by its id, by the last part of it, or by that without its ending, as long as
// only one sample has it.
func lookup(ids []string) func(string) (int, bool) {
	const several = -1
	full, base := map[string]int{}, map[string]int{}
	for i, id := range ids {
		full[id] = i
	}
	add := func(key string, i int) {
		if j, there := base[key]; there && j != i {
			i = several
		}
		base[key] = i
	}
	for i, id := range ids {
		last := path.Base(id)
		add(last, i)
		add(strings.TrimSuffix(last, path.Ext(last)), i)
	}
	return func(key string) (int, bool) {
		if i, ok := full[key]; ok {
			return i, true
		}
		i, ok := base[key]
		return i, ok && i != several
	}
}

// readSamples reads a table with a sample a line.
func readSamples(name string, r io.Reader, o Options) (piece, error) {
	p := piece{name: name}
	t, err := table.NewReader(name, r)
	if err != nil {
		return p, err
	}
	features, err := featureColumns(t, o)
	if err != nil {
		return p, err
	}
	var values []float32
	about := map[string]*[]string{}
	var order []int
	for i, h := range t.Header {
		if isAbout(h) && !slices.Contains(features, i) {
			about[h] = new([]string)
			order = append(order, i)
		}
	}
	for {
		row, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return p, err
		}
		p.n++
		for _, i := range features {
			v, err := strconv.ParseFloat(strings.TrimSpace(row[i]), 32)
			if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
				return p, fmt.Errorf("%s: line %d, column %.80q: %.40q is not a finite number", name, p.n+1, t.Header[i], row[i])
			}
			values = append(values, float32(v))
		}
		for _, i := range order {
			c := about[t.Header[i]]
			*c = append(*c, strings.Clone(strings.TrimSpace(row[i])))
		}
	}
	p.sources = map[string]source{"x": memory{tensor.Of(values, p.n, len(features))}}
	return p, p.describe(t.Header, order, about)
}

// describe puts the columns that are no input where they belong.
func (p *piece) describe(header []string, order []int, about map[string]*[]string) error {
	for _, i := range order {
		h := header[i]
		text := *about[h]
		var err error
		switch h {
		case "id":
			p.ids = text
		case "label":
			p.labels = text
		case "split":
			if p.splits, err = parseSplits(text); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		default:
			p.groups = append(p.groups, column{groupName(h), text})
		}
	}
	return nil
}

func isAbout(h string) bool {
	return h == "id" || h == "label" || h == "split" || strings.HasPrefix(h, "group_")
}

// featureColumns returns the numbers of the columns that are the input.
func featureColumns(t *table.Reader, o Options) ([]int, error) {
	var features []int
	for _, f := range o.Features {
		i := slices.Index(t.Header, f)
		if i < 0 {
			return nil, fmt.Errorf("%s: no column %.80q, found %.200s", t.Name, f, strings.Join(t.Header, ", "))
		}
		features = append(features, i)
	}
	if len(features) > 0 {
		return features, nil
	}
	for i, h := range t.Header {
		if !isAbout(h) {
			features = append(features, i)
		}
	}
	if len(features) == 1 && t.Header[features[0]] == "text" {
		return nil, fmt.Errorf("%s: text is not read yet; save token ids as npz", t.Name)
	}
	if len(features) == 0 {
		return nil, fmt.Errorf("%s: no columns besides %.200s, so no input", t.Name, strings.Join(t.Header, ", "))
	}
	return features, nil
}
