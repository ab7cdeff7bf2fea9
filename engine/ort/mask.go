//go:build ort

package ort

import (
	"maps"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// widened repeats masks of attentions that are the same for all queries, which ONNX broadcasts and ONNX Runtime does
// not take. Nodes keep their names; those added have that of the attention and a word.
func widened(g *graph.Graph) *graph.Graph {
	out := *g
	out.Nodes = nil
	for _, n := range g.Nodes {
		if axis := shared(g, &n); axis > 0 {
			const one = "#one"
			if _, ok := out.Weights[one]; !ok {
				out.Weights = maps.Clone(g.Weights)
				out.Weights[one] = tensor.Of([]int64{1}, 1)
			}
			name := func(kind string) []string { return []string{n.Name + "/" + kind} }
			queries, shape, mask := name("queries"), name("shape"), name("mask")
			out.Nodes = append(out.Nodes,
				graph.Node{Name: queries[0], Op: "Shape", Inputs: n.Inputs[:1], Outputs: queries, Attributes: op.Attributes{"start": axis, "end": axis + 1}},
				graph.Node{Name: shape[0], Op: "Concat", Inputs: []string{queries[0], one}, Outputs: shape, Attributes: op.Attributes{"axis": int64(0)}},
				graph.Node{Name: mask[0], Op: "Expand", Inputs: []string{n.Inputs[3], shape[0]}, Outputs: mask})
			inputs := append([]string(nil), n.Inputs...)
			inputs[3] = mask[0]
			n.Inputs = inputs
		}
		out.Nodes = append(out.Nodes, n)
	}
	return &out
}

// shared returns the axis of the queries of an attention whose mask is, or may be, one for all of them, else 0.
func shared(g *graph.Graph, n *graph.Node) int64 {
	if n.Op != "Attention" || n.Domain != "" || len(n.Inputs) < 4 || n.Inputs[3] == "" {
		return 0
	}
	mask := g.Values[n.Inputs[3]].Shape
	if w, ok := g.Weights[n.Inputs[3]]; ok {
		mask = nil
		for _, d := range w.Shape() {
			mask = append(mask, graph.Dim{Size: d})
		}
	}
	axis := 2
	if n.Attributes.Int("q_num_heads", 0) > 0 { // heads lie side by side
		axis = 1
	}
	queries := g.Values[n.Inputs[0]].Shape
	if k := len(mask); k >= 2 && (mask[k-2].Size > 1 || len(queries) > axis && mask[k-2] == queries[axis]) {
		return 0
	}
	return int64(axis)
}
