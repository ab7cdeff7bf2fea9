// Package graft makes one network of two of the same architecture: what a layer of the one gives is computed by
// the other, and all that reads it goes on as before (METHODS 5.6, e10). It runs nothing.
package graft

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A Map takes the donor's units to the host's: y = x M + b at every position. The zero value leaves them as they are.
type Map struct {
	Matrix []float32 // M, units x units, by rows
	Offset []float32 // b
}

// prefix is what the donor's names begin with in the new graph.
const prefix = "donor/"

// Put returns host with the output of one of its layers computed by the donor's layer of that name. The donor must
// take the same inputs, in their order. The new graph's values have the host's names, those of the donor a prefix.
func Put(host, donor *graph.Graph, layer string, m Map) (*graph.Graph, error) {
	to, ok := host.Layer(layer)
	from, both := donor.Layer(layer)
	switch {
	case !ok || !both:
		return nil, fmt.Errorf("no layer %q in both networks", layer)
	case to.Units != from.Units:
		return nil, fmt.Errorf("layer %s has %d units, the donor's has %d", layer, to.Units, from.Units)
	case slices.ContainsFunc(host.Nodes, func(n graph.Node) bool { return strings.HasPrefix(n.Name, prefix) }):
		return nil, fmt.Errorf("the host holds a layer of a donor already")
	case slices.Contains(host.Outputs, to.Output):
		return nil, fmt.Errorf("layer %s gives the network's output: nothing reads it", layer)
	case len(host.Inputs) != len(donor.Inputs):
		return nil, fmt.Errorf("the donor has %d inputs, want %d", len(donor.Inputs), len(host.Inputs))
	case m.Matrix != nil && (len(m.Matrix) != to.Units*to.Units || len(m.Offset) != to.Units):
		return nil, fmt.Errorf("map of %d weights and %d offsets, layer %s has %d units", len(m.Matrix), len(m.Offset), layer, to.Units)
	}
	out := *host
	out.Weights, out.Values = maps.Clone(host.Weights), maps.Clone(host.Values)
	named := map[string]string{"": ""}
	for i, v := range donor.Inputs {
		named[v.Name] = host.Inputs[i].Name
	}
	nodes, err := transplanted(&out, donor, from.Output, named)
	if err != nil {
		return nil, err
	}
	join, err := joint(&out, to, prefix+from.Output, m)
	if err != nil {
		return nil, err
	}
	nodes = append(nodes, join...)
	for _, n := range host.Nodes {
		if i := slices.Index(n.Outputs, to.Output); i >= 0 {
			n.Outputs = slices.Clone(n.Outputs)
			n.Outputs[i] = to.Output + "/own"
			out.Values[n.Outputs[i]] = host.Values[to.Output]
		}
		nodes = append(nodes, n)
	}
	out.Nodes = nodes
	out.Nodes = out.Needed(out.Outputs...)
	return &out, nil
}

// transplanted returns the donor's nodes that make a value, under names of their own.
func transplanted(out, donor *graph.Graph, value string, named map[string]string) ([]graph.Node, error) {
	nodes := donor.Needed(value)
	for i := range nodes {
		n := &nodes[i]
		if n.Control() {
			return nil, fmt.Errorf("the donor runs graphs inside %s %q", n.Op, n.Name)
		}
		n.Name = prefix + n.Name
		n.Inputs, n.Outputs = slices.Clone(n.Inputs), slices.Clone(n.Outputs)
		for k, s := range n.Inputs {
			if _, ok := named[s]; !ok { // a weight
				named[s] = prefix + s
				out.Weights[named[s]] = donor.Weights[s]
			}
			n.Inputs[k] = named[s]
		}
		for k, s := range n.Outputs {
			if s == "" {
				continue
			}
			named[s] = prefix + s
			v := donor.Values[s]
			v.Name = named[s]
			out.Values[v.Name], n.Outputs[k] = v, v.Name
		}
	}
	return nodes, nil
}

// joint returns the nodes that make a layer's output of the donor's value.
func joint(out *graph.Graph, l *graph.Layer, value string, m Map) ([]graph.Node, error) {
	if m.Matrix == nil {
		return []graph.Node{{Name: prefix + "join", Op: "Identity", Inputs: []string{value}, Outputs: []string{l.Output}}}, nil
	}
	d, rank := l.Units, len(out.Values[l.Output].Shape)
	weight, offset := prefix+"map", prefix+"offset"
	out.Weights[offset] = tensor.Of(m.Offset, d)
	switch {
	case l.Axis == rank-1:
		product := prefix + "product"
		v := out.Values[l.Output]
		v.Name = product
		out.Weights[weight], out.Values[product] = tensor.Of(m.Matrix, d, d), v
		return []graph.Node{{Name: product, Op: "MatMul", Inputs: []string{value, weight}, Outputs: []string{product}},
			{Name: prefix + "join", Op: "Add", Inputs: []string{product, offset}, Outputs: []string{l.Output}}}, nil
	case l.Axis == 1 && rank >= 3:
		shape := append([]int{d, d}, slices.Repeat([]int{1}, rank-2)...)
		turned := make([]float32, d*d)
		for i := range d {
			for j := range d {
				turned[j*d+i] = m.Matrix[i*d+j]
			}
		}
		out.Weights[weight] = tensor.Of(turned, shape...)
		return []graph.Node{{Name: prefix + "join", Op: "Conv", Inputs: []string{value, weight, offset}, Outputs: []string{l.Output}, Attributes: op.Attributes{}}}, nil
	}
	return nil, fmt.Errorf("layer %s has its units in dimension %d of %d", l.Name, l.Axis, rank)
}
