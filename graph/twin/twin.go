// Package twin makes random twins of a network: the same graph, or one layer of it, with weights drawn as
// they are before training (reference R3 of METHODS 3.7). Which law they are drawn by is recognised from the
// spread of the weights, or chosen. It runs nothing.
package twin

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/tensor"
)

// Least is the smallest number of twins that anything is compared with (METHODS 3.7).
const Least = 5

// Options say what is drawn and how; the zero value draws all layers by the laws that Recognise finds.
type Options struct {
	Laws map[string]Law // by operator, in place of what would be recognised
	// Initial is the network before training, where it is known: laws are recognised on it, and biases and
	// normalisations begin as they do there.
	Initial *graph.Graph
	Layers  []string // names of the layers drawn anew; nil is all, with the normalisations between them
}

// Of returns twin k of a network. Weights and biases are drawn by the law of the layer's operator, each
// from a stream of its own that seed, k and its name fix; normalisations have scale 1, offset 0, and stored
// statistics mean 0 and variance 1, which whoever runs the twin estimates anew (Graph.TrainingNorm). What no
// layer owns, such as positions and factors of branches, and what is not float32 or float64 stays as it is;
// Kept lists it.
func Of(g *graph.Graph, seed uint64, k int, o Options) (*graph.Graph, error) {
	if err := known(g, o.Layers); err != nil {
		return nil, err
	}
	first := g
	if o.Initial != nil {
		first = o.Initial
	}
	laws := Recognise(first)
	maps.Copy(laws, o.Laws)
	weights := map[string]tensor.Tensor{}
	for _, p := range parts(g, o.Layers) {
		w := g.Weights[p.weight]
		if _, done := weights[p.weight]; done || !w.DType().IsFloat() {
			continue // one that layers share is drawn once, by the first
		}
		if begin := first.Weights[p.weight]; o.Initial != nil && (p.bias || p.fixed) && begin.DType() == w.DType() && slices.Equal(begin.Shape(), w.Shape()) {
			weights[p.weight] = begin
			continue
		}
		x := tensor.New(w.DType(), w.Shape()...)
		value := p.value(laws)
		r := infer.Rand(seed, "twin", strconv.Itoa(k), p.weight)
		fill(x, func() float64 { return value(r) })
		weights[p.weight] = x
	}
	return g.ReplaceWeights(weights)
}

func known(g *graph.Graph, layers []string) error {
	for _, name := range layers {
		if _, ok := g.Layer(name); !ok {
			return fmt.Errorf("no layer %q to draw anew", name)
		}
	}
	return nil
}

func fill(t tensor.Tensor, value func() float64) {
	if t.DType() == tensor.Float64 {
		for i, x := 0, t.Float64s(); i < len(x); i++ {
			x[i] = value()
		}
		return
	}
	for i, x := 0, t.Float32s(); i < len(x); i++ {
		x[i] = float32(value())
	}
}

// Kept lists the weights of real numbers with two values or more that a twin of the whole network has from
// the network itself, in order.
func Kept(g *graph.Graph) []string {
	drawn := map[string]bool{}
	for _, p := range parts(g, nil) {
		drawn[p.weight] = true
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(g.Weights)) {
		if w := g.Weights[name]; !drawn[name] && w.DType().IsFloat() && w.Len() > 1 {
			out = append(out, name)
		}
	}
	return out
}
