package graph

import (
	"maps"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// Layers finds the layers of a graph in order of execution: steps with weights, with their bias,
// normalisation and activation; attentions; sums of two streams.
func Layers(g *Graph) []Layer {
	f := &finder{links: link(g), owner: map[string]int{}, reach: map[string][]int{}, sides: map[int][][]int{}}
	for _, v := range g.Inputs {
		f.reach[v.Name] = fromInput
	}
	for i := range g.Nodes {
		f.node(&g.Nodes[i])
	}
	f.finish()
	return f.layers
}

// fromInput stands for the network's input in a list of layers.
var fromInput = []int{-1}

const mostAfter = 256 // layers that one layer is said to read

// A finder goes through the nodes once. For every value it knows the layers it was last made by.
type finder struct {
	*links
	layers []Layer
	owner  map[string]int // layer that a value lies inside of
	reach  map[string][]int
	afters [][]int         // by layer: the layers it reads
	sides  map[int][][]int // of a sum: what each of its inputs was made by
}

func (f *finder) node(n *Node) {
	if at, inside := f.owner[n.output(0)]; inside { // bias, normalisation or activation of a layer
		for _, s := range n.Outputs {
			f.reach[s] = []int{at}
		}
		return
	}
	if l, ok := f.layer(n); ok {
		f.add(l)
		return
	}
	after := f.after(n.Inputs, f.isFloat(n.output(0)))
	if n.is("Shape", "Size") {
		after = nil
	}
	for _, s := range n.Outputs {
		f.reach[s] = after
	}
}

// isFloat reports whether a value holds real numbers; one of unknown type is taken to.
func (f *finder) isFloat(name string) bool {
	d := f.g.Values[name].DType
	return d == tensor.Invalid || d.IsFloat()
}

// after joins what some values were made by. Where real numbers come out, masks and positions that go
// in are not what it was made of.
func (f *finder) after(names []string, floats bool) []int {
	var all []int
	for _, s := range names {
		r := f.reach[s]
		if len(r) == 0 || floats && !f.isFloat(s) {
			continue
		}
		if all == nil {
			all = r
		} else if !slices.Equal(all, r) {
			all = slices.Concat(all, r)
			slices.Sort(all)
			all = slices.Compact(all)
			all = all[:min(len(all), mostAfter):min(len(all), mostAfter)]
		}
	}
	return all
}

// found is a layer with the node it starts at.
type found struct {
	Layer
	node   *Node
	reads  []string // values it takes, weights excepted
	own    []string // values inside of it
	scales []string // weights that scale and move its units after the map
}

// layer recognises a node that starts a layer.
func (f *finder) layer(n *Node) (*found, bool) {
	if n.Domain != "" && !(n.Domain == "com.microsoft" && (n.Op == "FusedConv" || n.Op == "FusedMatMul" || fusedAttention[n.Op])) {
		return nil, false
	}
	switch n.Op {
	case "Conv", "FusedConv", "ConvTranspose":
		return f.convolution(n)
	case "Gemm", "MatMul", "FusedMatMul":
		if l, ok := f.linearMap(n); ok {
			return l, true
		}
		return f.attention(n)
	case "Einsum":
		return f.attention(n)
	case "Attention", "MultiHeadAttention", "GroupQueryAttention":
		return f.fusedAttention(n)
	case "Gather":
		return f.embedding(n)
	case "LSTM", "GRU", "RNN":
		return f.recurrent(n)
	case "Add", "Sum":
		return f.sum(n)
	case "BatchNormalization":
		return f.loneNorm(n)
	}
	return nil, false
}

// add takes a layer with what follows its weight.
func (f *finder) add(l *found) {
	at := len(f.layers)
	l.Input = l.reads[0]
	if l.Output == "" {
		l.Output = l.node.Outputs[0]
	}
	l.own = append(l.own, l.Output)
	switch l.Op {
	case "Conv", "ConvTranspose", "Linear":
		f.addBias(l)
		l.Linear = l.Output
		f.addNorm(l)
		if l.Norm == nil {
			f.addScale(l)
		}
		if linear := l.Linear == l.Output; f.batchFirst(l) && linear {
			l.Linear = l.Output
		}
		f.addActivation(l)
	case "Sum", "Norm":
		f.addActivation(l)
	case "Recurrent":
		f.joinDirections(l)
	default:
		f.batchFirst(l)
		l.Linear = l.Output
	}
	f.place(l)
	l.Parameters = f.parameters(l)
	l.Name = nameLayer(l.node, l.Weight, l.Bias)
	after := f.after(l.reads, l.Op != "Embedding")
	if len(after) == 0 {
		after = fromInput
	}
	if l.Op == "Sum" {
		for _, s := range l.reads {
			f.sides[at] = append(f.sides[at], f.reach[s])
		}
	}
	f.afters = append(f.afters, after)
	for _, s := range append(l.own, l.node.Outputs...) {
		if s != "" {
			f.owner[s] = at
			f.reach[s] = []int{at}
		}
	}
	f.layers = append(f.layers, l.Layer)
}

// parameters counts the elements of a layer's weights.
func (f *finder) parameters(l *found) int {
	names := map[string]bool{l.Weight: true, l.Bias: true}
	for _, name := range l.scales {
		names[name] = true
	}
	if l.Norm != nil {
		names[l.Norm.Scale], names[l.Norm.Bias] = true, true
	}
	if l.Op == "Recurrent" {
		for _, s := range l.node.Inputs[1:] {
			names[s] = true
		}
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if w, ok := f.g.Weights[name]; ok {
			total += w.Len()
		}
	}
	return total
}

// finish fills in what needs all layers.
func (f *finder) finish() {
	f.heads()
	f.depths()
	f.roles()
	distinct(f.layers)
	for i := range f.layers {
		l := &f.layers[i]
		l.Index = i + 1
		for _, k := range f.afters[i] {
			if k < 0 {
				l.After = append(l.After, "input")
			} else {
				l.After = append(l.After, f.layers[k].Name)
			}
		}
	}
	stages(f.layers)
}

// heads marks the layers whose values reach an output of the network through no other layer.
func (f *finder) heads() {
	for _, s := range f.g.Outputs {
		for _, i := range f.reach[s] {
			if i >= 0 {
				f.layers[i].Head = true
			}
		}
	}
}

func (f *finder) depths() {
	steps, longest := make([]int, len(f.layers)), 1
	for i, after := range f.afters {
		steps[i] = 1
		for _, k := range after {
			if k >= 0 {
				steps[i] = max(steps[i], steps[k]+1)
			}
		}
		longest = max(longest, steps[i])
	}
	for i := range f.layers {
		f.layers[i].Depth = float64(steps[i]) / float64(longest)
	}
}

// Head returns the last layer that reaches an output, nil for a network without layers.
func Head(g *Graph) *Layer {
	for i := len(g.Layers) - 1; i >= 0; i-- {
		if g.Layers[i].Head {
			return &g.Layers[i]
		}
	}
	if n := len(g.Layers); n > 0 {
		return &g.Layers[n-1]
	}
	return nil
}

// Layer returns the layer of a name.
func (g *Graph) Layer(name string) (*Layer, bool) {
	for i := range g.Layers {
		if g.Layers[i].Name == name {
			return &g.Layers[i], true
		}
	}
	return nil, false
}
