package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/tensor"
)

// A container holds arrays by name: an npz or safetensors file, a folder of npy.
type container interface {
	io.Closer
	Names() []string
	Array(name string) (*array.Array, error)
}

func openContainer(path string, o Options, open func() (container, error)) ([]piece, []io.Closer, error) {
	c, err := open()
	if err != nil {
		return nil, nil, err
	}
	pieces, err := containerPieces(path, c, o)
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return pieces, []io.Closer{c}, nil
}

// containerPieces makes a piece of x, y, ... and one of each x_train, y_train, ...
func containerPieces(path string, c container, o Options) ([]piece, error) {
	bySplit := map[Split]map[string]string{} // split, then what, then the array's name
	for _, name := range c.Names() {
		what, split := splitName(name, o)
		if bySplit[split] == nil {
			bySplit[split] = map[string]string{}
		}
		if other, twice := bySplit[split][what]; twice {
			return nil, fmt.Errorf("%s: arrays %q and %q both are %s", path, other, name, what)
		}
		bySplit[split][what] = name
	}
	var pieces []piece
	for _, split := range append([]Split{""}, Splits()...) {
		names := bySplit[split]
		if names == nil || !hasInput(names, o) {
			continue
		}
		p, err := readPiece(path, c, names, o)
		if err != nil {
			return nil, err
		}
		p.split = split
		pieces = append(pieces, p)
	}
	if len(pieces) == 0 {
		return nil, fmt.Errorf("%s: no array x, x_train or x_val; found %.200s", path, strings.Join(c.Names(), ", "))
	}
	return pieces, nil
}

// splitName takes a split off the end of an array's name: x_train is x of train.
func splitName(name string, o Options) (string, Split) {
	if o.wants(name) {
		return name, ""
	}
	if base, end, ok := cutLast(name, "_"); ok && len(end) > 1 && base != "group" {
		if split, ok := ParseSplit(end); ok {
			return plainName(base), split
		}
	}
	return plainName(name), ""
}

func plainName(name string) string {
	if name == "X" || name == "Y" {
		return strings.ToLower(name)
	}
	return name
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func hasInput(names map[string]string, o Options) bool {
	for what := range names {
		if what == "x" || o.wants(what) {
			return true
		}
	}
	return false
}

func readPiece(path string, c container, names map[string]string, o Options) (piece, error) {
	p := piece{name: path, sources: map[string]source{}}
	whats := make([]string, 0, len(names))
	for what := range names {
		whats = append(whats, what)
	}
	isInput := func(what string) bool {
		return what == "x" || what == "mask" || what == "attention_mask" || o.wants(what)
	}
	slices.Sort(whats)
	slices.SortStableFunc(whats, func(a, b string) int { // inputs first: how many samples there are bounds the rest
		switch {
		case isInput(a) == isInput(b):
			return 0
		case isInput(a):
			return -1
		}
		return 1
	})
	for _, what := range whats {
		isGroup := strings.HasPrefix(what, "group_")
		if !isInput(what) && !isGroup && what != "y" && what != "id" && what != "split" {
			continue
		}
		a, err := c.Array(names[what])
		if err != nil {
			return p, err
		}
		if a.Len() > 0 && len(a.Shape()) == 0 {
			return p, fmt.Errorf("%s: array %q is a single value, want one a sample", path, names[what])
		}
		switch {
		case isInput(what):
			err = p.addInput(what, a, o)
		case what == "y" && a.DType() != tensor.String:
			p.target = stored{a}
		default:
			err = p.addText(what, a)
		}
		if err != nil {
			return p, fmt.Errorf("%s: array %q: %w", path, names[what], err)
		}
	}
	return p, p.check()
}

func (p *piece) addInput(what string, a *array.Array, o Options) error {
	if a.DType() == tensor.String {
		return errors.New("the input is text, want numbers")
	}
	if o.BFloat16 && a.Elem() == array.Uint16 {
		var err error
		if a, err = a.As(array.BFloat16); err != nil {
			return err
		}
	}
	p.sources[what] = stored{a}
	if what != "mask" || p.n == 0 {
		p.n = a.Len()
	}
	return nil
}

// addText reads a column that says something about the samples.
func (p *piece) addText(what string, a *array.Array) error {
	if len(a.RowShape()) > 1 || product(a.RowShape()) != 1 {
		return fmt.Errorf("shape %v, want one value a sample", a.Shape())
	}
	if a.Len() != p.n {
		return fmt.Errorf("%d values for %d samples", a.Len(), p.n)
	}
	t, err := a.Tensor()
	if err != nil {
		return err
	}
	text := texts(t)
	switch what {
	case "y":
		p.labels = text
	case "id":
		p.ids = text
	case "split":
		p.splits, err = parseSplits(text)
	default:
		p.groups = append(p.groups, column{groupName(what), text})
	}
	return err
}

func groupName(name string) string { return strings.TrimPrefix(name, "group_") }

func parseSplits(text []string) ([]Split, error) {
	all := make([]Split, len(text))
	for i, v := range text {
		split, ok := ParseSplit(v)
		if !ok {
			return nil, fmt.Errorf("sample %d has split %.40q, want train, val, test or deploy", i, v)
		}
		all[i] = split
	}
	return all, nil
}

// check compares the lengths of all columns.
func (p *piece) check() error {
	for what, n := range map[string]int{"id": len(p.ids), "split": len(p.splits), "y": len(p.labels)} {
		if n != 0 && n != p.n {
			return fmt.Errorf("%s: %s has %d values for %d samples", p.name, what, n, p.n)
		}
	}
	for _, g := range p.groups {
		if len(g.values) != p.n {
			return fmt.Errorf("%s: group %q has %d values for %d samples", p.name, g.name, len(g.values), p.n)
		}
	}
	return nil
}

// texts writes the elements of a tensor as text; whole numbers without a point.
func texts(t tensor.Tensor) []string {
	if t.DType() == tensor.String {
		return tensor.Data[string](t)
	}
	all := make([]string, t.Len())
	switch {
	case t.DType() == tensor.Int64:
		for i, v := range t.Int64s() {
			all[i] = fmt.Sprint(v)
		}
		return all
	case t.DType() == tensor.Bool:
		for i, v := range tensor.Data[bool](t) {
			all[i] = fmt.Sprint(v)
		}
		return all
	}
	f, err := convert(t, tensor.Float64)
	if err != nil {
		return all
	}
	for i, v := range f.Float64s() {
		all[i] = fmt.Sprint(v)
	}
	return all
}

// openArray opens a file that is the input and nothing else.
func openArray(path string, o Options, a *array.Array, f io.Closer) ([]piece, []io.Closer, error) {
	p := piece{name: path, sources: map[string]source{}}
	if err := p.addInput("x", a, o); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return []piece{p}, []io.Closer{f}, nil
}

// npyFolder is a folder of npy files.
type npyFolder struct {
	files map[string]*npy.File
	names []string
}

func openNpyFolder(root *os.Root, entries []os.DirEntry) (container, error) {
	c := &npyFolder{files: map[string]*npy.File{}}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".npy")
		if !ok {
			continue
		}
		f, _, err := openIn(root, e.Name())
		if err == nil {
			c.files[name], err = npy.Open(f)
		}
		if err != nil {
			delete(c.files, name)
			c.Close()
			return nil, err
		}
		c.names = append(c.names, name)
	}
	return c, nil
}

// Names returns the names of the files without their ending.
func (c *npyFolder) Names() []string { return c.names }

// Array returns the array of that name.
func (c *npyFolder) Array(name string) (*array.Array, error) { return c.files[name].Array, nil }

// Close closes all files.
func (c *npyFolder) Close() error {
	var err error
	for _, f := range c.files {
		err = errors.Join(err, f.Close())
	}
	return err
}
