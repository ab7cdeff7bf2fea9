package alignment

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/tensor"
)

// A reader is what multiplies one value by weights: a layer, or the query, key and value projections of
// one attention together.
type reader struct {
	layers []graph.Layer
	groups int  // of channels, each read by rows of its own
	width  int  // values that a row of the weight reads: channels of its group times the kernel
	matrix bool // the weight is a matrix, so that what it reads has its units last
	window *window
}

// axis returns where the units stand in what is read.
func (r *reader) axis(rank int) int {
	if r.matrix {
		return rank - 1
	}
	return 1
}

// Readers names the layers of every reader of a network: one, or the query, key and value projections of an
// attention.
func Readers(layers []graph.Layer) [][]string {
	var out [][]string
	for _, ls := range readers(layers) {
		var names []string
		for _, l := range ls {
			names = append(names, l.Name)
		}
		out = append(out, names)
	}
	return out
}

// readers lists the readers of a network in the order of their first layers. Layers without a weight
// that multiplies what they read belong to none.
func readers(layers []graph.Layer) [][]graph.Layer {
	var out [][]graph.Layer
	at := map[string]int{} // the reader that a projection of an attention belongs to
	for _, l := range layers {
		if l.Weight == "" || l.Op != "Conv" && l.Op != "ConvTranspose" && l.Op != "Linear" {
			continue
		}
		if i, ok := at[l.Name]; ok {
			out[i] = append(out[i], l)
			continue
		}
		for _, other := range projections(layers, l) {
			at[other] = len(out)
		}
		out = append(out, []graph.Layer{l})
	}
	return out
}

// projections names the linear layers that read what a layer reads and that one attention joins with it.
func projections(layers []graph.Layer, l graph.Layer) []string {
	var out []string
	for _, a := range layers {
		if a.Op != "Attention" || l.Op != "Linear" || !slices.Contains(a.After, l.Name) {
			continue
		}
		for _, o := range layers {
			if o.Op == "Linear" && o.Name != l.Name && o.Weight != "" && o.Input == l.Input && slices.Contains(a.After, o.Name) {
				out = append(out, o.Name)
			}
		}
	}
	return out
}

// newReader finds out how layers read their input.
func newReader(g *graph.Graph, layers []graph.Layer) (*reader, error) {
	l := layers[0]
	w, ok := g.Weights[l.Weight]
	if !ok || w.DType() != tensor.Float32 {
		return nil, statistic.Unavailable("no-weight", "layer %s has no weight of type float32", l.Name)
	}
	r := &reader{layers: layers, groups: 1, matrix: w.Rank() == 2}
	if l.Op == "Linear" {
		if r.width = w.Len() / max(1, l.Units); w.Len() != r.width*l.Units {
			return nil, statistic.Unavailable("other-weight", "layer %s: weight of shape %v for %d units", l.Name, w.Shape(), l.Units)
		}
		return r, nil
	}
	r.groups = max(1, l.Groups)
	if l.Op == "ConvTranspose" { // each position of the input is read alone
		r.width = w.Dim(0) / r.groups
		return r, nil
	}
	at := slices.IndexFunc(g.Nodes, func(n graph.Node) bool {
		return n.Op == "Conv" && len(n.Inputs) > 1 && n.Inputs[0] == l.Input && n.Inputs[1] == l.Weight
	})
	if at < 0 {
		return nil, statistic.Unavailable("other-weight", "layer %s: the convolution does not take its weight as it is stored", l.Name)
	}
	r.width = w.Len() / w.Dim(0)
	r.window = newWindow(g.Nodes[at].Attributes, w.Shape()[2:])
	return r, nil
}

// weight returns the weights of all layers as rows of width values, the rows of the first group of
// channels first.
func (r *reader) weight(g *graph.Graph) ([]float32, error) {
	var out []float32
	for _, l := range r.layers {
		w, ok := g.Weights[l.Weight]
		if !ok || w.DType() != tensor.Float32 || w.Len()%r.width != 0 {
			return nil, statistic.Unavailable("no-weight", "layer %s has no weight of type float32 for %d values", l.Name, r.width)
		}
		v := w.Float32s()
		switch {
		case l.Op == "ConvTranspose":
			v = turned(v, r.groups, r.width, w.Len()/(r.groups*r.width))
		case l.Transpose:
			v = turned(v, 1, r.width, w.Len()/r.width)
		}
		out = append(out, v...)
	}
	return out, nil
}

// turned transposes groups of rows x cols matrices.
func turned(v []float32, groups, rows, cols int) []float32 {
	out := make([]float32, len(v))
	for g := range groups {
		at := g * rows * cols
		for i := range rows {
			for j := range cols {
				out[at+j*rows+i] = v[at+i*cols+j]
			}
		}
	}
	return out
}

// A window is the geometry of a convolution.
type window struct {
	kernel, strides, dilations, begin, end []int
	auto                                   string // how padding follows from sizes, "" where it is written out
}

type attributes interface {
	Str(name, otherwise string) string
	Ints(name string) []int64
}

func newWindow(a attributes, kernel []int) *window {
	n := len(kernel)
	list := func(name string, length, otherwise int) []int {
		out := slices.Repeat([]int{otherwise}, length)
		if v := a.Ints(name); len(v) == length {
			for i := range v {
				out[i] = int(v[i])
			}
		}
		return out
	}
	pads := list("pads", 2*n, 0)
	w := &window{kernel: kernel, strides: list("strides", n, 1), dilations: list("dilations", n, 1), begin: pads[:n], end: pads[n:]}
	switch auto := a.Str("auto_pad", ""); auto {
	case "SAME_UPPER", "SAME_LOWER":
		w.auto = auto
	case "VALID":
		clear(pads)
	}
	return w
}

// of returns the window for values of the given sizes, with its padding written out.
func (w *window) of(in []int) *window {
	if w.auto == "" || len(in) != len(w.kernel) {
		return w
	}
	c := *w
	c.begin, c.end = make([]int, len(in)), make([]int, len(in))
	for i, size := range in {
		need := max(0, ((size+w.strides[i]-1)/w.strides[i]-1)*w.strides[i]+w.dilations[i]*(w.kernel[i]-1)+1-size)
		c.begin[i], c.end[i] = need/2, need-need/2
		if w.auto == "SAME_LOWER" {
			c.begin[i], c.end[i] = c.end[i], c.begin[i]
		}
	}
	return &c
}

// out returns the sizes of the map that a convolution makes of one of the given sizes.
func (w *window) out(in []int) ([]int, error) {
	if len(in) != len(w.kernel) {
		return nil, fmt.Errorf("values have %d positional dimensions, the kernel %d", len(in), len(w.kernel))
	}
	out := make([]int, len(in))
	for i, size := range in {
		room := size + w.begin[i] + w.end[i] - w.dilations[i]*(w.kernel[i]-1) - 1
		if room < 0 {
			return nil, fmt.Errorf("a kernel %v does not fit values %v", w.kernel, in)
		}
		out[i] = room/w.strides[i] + 1
	}
	return out, nil
}

// patch writes what the kernel sees at one position of its output: of every channel all taps, zero where
// they lie in the padding. x holds the channels of one sample, of the sizes in.
func (w *window) patch(dst, x []float32, in, out []int, position int) {
	corner := make([]int, len(in))
	for i := len(in) - 1; i >= 0; i-- {
		corner[i] = position%out[i]*w.strides[i] - w.begin[i]
		position /= out[i]
	}
	size, taps := 1, 1
	for i := range in {
		size *= in[i]
		taps *= w.kernel[i]
	}
	from := make([]int, taps) // where each tap reads in a channel, -1 in the padding
	for t := range from {
		at, rest, step := 0, t, 1
		for i := len(in) - 1; i >= 0; i-- {
			p := corner[i] + rest%w.kernel[i]*w.dilations[i]
			rest /= w.kernel[i]
			if p < 0 || p >= in[i] {
				at = -1
				break
			}
			at += p * step
			step *= in[i]
		}
		from[t] = at
	}
	for i := range dst {
		dst[i] = 0
		if at := from[i%taps]; at >= 0 {
			dst[i] = x[i/taps*size+at]
		}
	}
}
