package recording

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/table"
)

// SamplesName is the name of the file that lists the samples.
const SamplesName = "samples.csv"

// mostClass bounds label numbers; larger ones are ids of something else.
const mostClass = 1 << 20

// A roll lists all samples of a recording.
type roll struct {
	ids    []string
	splits []dataset.Split
	labels []int32 // nil without
	own    bool    // the labels come from the shards
	groups []group
	prints [][32]byte // hashes of the stored samples; nil without
}

type group struct {
	Group
	values []int32
}

// readRoll reads samples.csv.
func readRoll(f *folder, m *Manifest) (*roll, error) {
	file, _, err := f.open(SamplesName)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t, err := table.Read(f.name+SamplesName, file)
	if err != nil {
		return nil, err
	}
	r, err := parseRoll(t, m)
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", f.name, SamplesName, err)
	}
	return r, nil
}

func parseRoll(t *table.Table, m *Manifest) (*roll, error) {
	r := &roll{}
	ids, ok := t.Column("id")
	splits, both := t.Column("split")
	if !ok || !both {
		return nil, fmt.Errorf("columns are %.200q, want id and split", strings.Join(t.Header, ","))
	}
	seen := make(map[string]int, len(ids))
	for i, id := range ids {
		s, ok := dataset.ParseSplit(splits[i])
		if !ok {
			return nil, fmt.Errorf("line %d: split is %.40q, want train, val, test or deploy", i+2, splits[i])
		}
		if k, twice := seen[string(s)+"/"+id]; twice {
			return nil, fmt.Errorf("line %d: sample %.80q of %s is there twice, first in line %d", i+2, id, s, k+2)
		}
		seen[string(s)+"/"+id] = i
		r.splits = append(r.splits, s)
	}
	r.ids = ids
	if column, ok := t.Column("label"); ok && m.Task.Kind != string(dataset.Regression) {
		if err := r.label(column, m.Task.Classes); err != nil {
			return nil, err
		}
	}
	for _, name := range t.Header {
		if attribute, ok := strings.CutPrefix(name, "group_"); ok && attribute != "" {
			values, _ := t.Column(name)
			if err := r.group(attribute, values, m.Groups); err != nil {
				return nil, err
			}
		}
	}
	if column, ok := t.Column("sha256"); ok {
		r.prints = make([][32]byte, len(column))
		for i, v := range column {
			if n, err := hex.Decode(r.prints[i][:], []byte(v)[:min(len(v), 64)]); err != nil || n != 32 || len(v) != 64 {
				return nil, fmt.Errorf("line %d: sha256 is %.80q, want 64 hexadecimal digits", i+2, v)
			}
		}
	}
	return r, nil
}

// label reads numbers, or names of classes; nothing for a sample without.
func (r *roll) label(column, classes []string) error {
	any := false
	labels := make([]int32, len(column))
	for i, v := range column {
		labels[i] = -1
		if v == "" {
			continue
		}
		n, err := strconv.Atoi(v)
		if k := slices.Index(classes, v); k >= 0 && err != nil {
			n, err = k, nil
		}
		if err != nil || n < -1 || n >= mostClass || len(classes) > 0 && n >= len(classes) {
			return fmt.Errorf("line %d: label is %.40q, want a class number from 0 on, or the name of a class of the manifest", i+2, v)
		}
		labels[i] = int32(n)
		any = any || n >= 0
	}
	if any {
		r.labels = labels
	}
	return nil
}

// group reads an attribute; its categories have the manifest's order, else that of their names.
func (r *roll) group(name string, column []string, known []Group) error {
	g := group{Group: Group{Name: name}, values: make([]int32, len(column))}
	if i := slices.IndexFunc(known, func(k Group) bool { return k.Name == name }); i >= 0 {
		g.Categories = known[i].Categories
	} else {
		for _, v := range column {
			if v != "" {
				g.Categories = append(g.Categories, v)
			}
		}
		slices.Sort(g.Categories)
		g.Categories = slices.Compact(g.Categories)
	}
	number := make(map[string]int32, len(g.Categories))
	for i, c := range g.Categories {
		number[c] = int32(i)
	}
	for i, v := range column {
		n, ok := number[v]
		if !ok && v != "" {
			return fmt.Errorf("line %d: group_%s is %.40q, which the manifest does not list", i+2, name, v)
		}
		if v == "" {
			n = -1
		}
		g.values[i] = n
	}
	r.groups = append(r.groups, g)
	return nil
}

// samples returns the samples of some lines.
func (r *roll) samples(lines []int) capture.Samples {
	out := capture.Samples{Groups: map[string][]int32{}, Names: map[string][]string{}}
	for _, i := range lines {
		out.IDs = append(out.IDs, r.ids[i])
		out.Hashes = append(out.Hashes, dataset.Key(r.ids[i]))
		if r.labels != nil {
			out.Labels = append(out.Labels, r.labels[i])
		}
	}
	for _, g := range r.groups {
		values := make([]int32, len(lines))
		for k, i := range lines {
			values[k] = g.values[i]
		}
		out.Groups[g.Name], out.Names[g.Name] = values, g.Categories
	}
	return out
}

// write writes samples.csv.
func (r *roll) write(w io.Writer) error {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	head := []string{"id", "split"}
	if r.labels != nil {
		head = append(head, "label")
	}
	for _, g := range r.groups {
		head = append(head, "group_"+g.Name)
	}
	if r.prints != nil {
		head = append(head, "sha256")
	}
	lines := [][]string{head}
	for i, id := range r.ids {
		line := []string{id, string(r.splits[i])}
		if r.labels != nil {
			label := ""
			if r.labels[i] >= 0 {
				label = strconv.Itoa(int(r.labels[i]))
			}
			line = append(line, label)
		}
		for _, g := range r.groups {
			name := ""
			if v := g.values[i]; v >= 0 {
				name = g.Categories[v]
			}
			line = append(line, name)
		}
		if r.prints != nil {
			line = append(line, hex.EncodeToString(r.prints[i][:]))
		}
		lines = append(lines, line)
	}
	if err := c.WriteAll(lines); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
