package twin

import (
	"math/rand/v2"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A part is a weight with what it is in the network.
type part struct {
	weight  string
	op      string  // of its layer
	in, out float64 // values that one unit reads, and units that read one value, each with the kernel
	bias    bool    // drawn as the biases of its layer's law are
	fixed   bool    // has the constant before training
	initial float64
}

// value returns what draws the part.
func (p part) value(laws map[string]Law) func(*rand.Rand) float64 {
	law := laws[p.op]
	switch {
	case p.fixed:
		return func(*rand.Rand) float64 { return p.initial }
	case p.bias && !law.Biased:
		return func(*rand.Rand) float64 { return 0 }
	case p.bias:
		law = Law{Scale: 1. / 3, Fan: In, Uniform: true}
	}
	return law.draw(p.in, p.out)
}

// parts lists the weights of some layers, all with those of normalisations that are no layer's where none
// are named.
func parts(g *graph.Graph, layers []string) []part {
	var out []part
	add := func(p part) {
		if _, ok := g.Weights[p.weight]; ok {
			out = append(out, p)
		}
	}
	for i := range g.Layers {
		l := &g.Layers[i]
		if layers != nil && !slices.Contains(layers, l.Name) {
			continue
		}
		if w, ok := g.Weights[l.Weight]; ok && w.Rank() >= 2 && l.Op != "Recurrent" {
			p := part{weight: l.Weight, op: l.Op}
			p.in, p.out = fans(l, w)
			add(p)
			p.weight, p.bias = l.Bias, true
			add(p)
		}
		if l.Op == "Recurrent" {
			out = append(out, recurrent(g, l)...)
		}
		if n := l.Norm; n != nil {
			for k, name := range [...]string{n.Scale, n.Bias, n.Mean, n.Variance} {
				add(part{weight: name, fixed: true, initial: [...]float64{1, 0, 0, 1}[k]})
			}
		}
	}
	if layers == nil {
		out = append(out, between(g)...)
	}
	return out
}

// fans returns what PyTorch calls fan in and fan out. Of a transposed convolution it takes them from the
// weight as it is stored, and so do its laws.
func fans(l *graph.Layer, w tensor.Tensor) (in, out float64) {
	kernel := 1
	for _, k := range w.Shape()[2:] {
		kernel *= k
	}
	in, out = float64(w.Dim(1)*kernel), float64(w.Dim(0)*kernel)
	if l.Transpose && l.Op != "ConvTranspose" {
		in, out = out, in
	}
	return in, out
}

// recurrent lists what PyTorch draws between -1 and 1 over the root of the hidden size: all weights and
// biases of an LSTM, GRU or RNN.
func recurrent(g *graph.Graph, l *graph.Layer) []part {
	var out []part
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.Op != "LSTM" && n.Op != "GRU" && n.Op != "RNN" || len(n.Inputs) < 3 || n.Inputs[1] != l.Weight {
			continue
		}
		r, ok := g.Weights[n.Inputs[2]]
		if !ok || r.Rank() != 3 {
			continue
		}
		for k, name := range n.Inputs {
			if _, ok := g.Weights[name]; ok && (k >= 1 && k <= 3 || k == 7) { // W, R, B and peepholes
				out = append(out, part{weight: name, op: l.Op, in: float64(r.Dim(2)), out: float64(r.Dim(2))})
			}
		}
	}
	return out
}

// between lists the scales and offsets of normalisations that no layer owns, and the slopes of PRelu.
func between(g *graph.Graph) []part {
	initial := map[string][]float64{ // by operator: of its inputs from the second on
		"LayerNormalization": {1, 0}, "InstanceNormalization": {1, 0}, "GroupNormalization": {1, 0}, "RMSNormalization": {1},
		"PRelu": {0.25},
	}
	var out []part
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for k, v := range initial[n.Op] {
			if n.Domain != "" || k+1 >= len(n.Inputs) {
				break
			}
			if _, ok := g.Weights[n.Inputs[k+1]]; ok {
				out = append(out, part{weight: n.Inputs[k+1], fixed: true, initial: v})
			}
		}
	}
	return out
}
