// Package export writes a graph in canonical form as an ONNX model again: what package canonical reads, in
// the other direction. The values keep their names.
package export

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// Options of an export; the zero value puts all weights into the model.
type Options struct {
	Outside int64 // weights of the main graph that have more bytes are named and described only; 0 is none
}

// outside is where weights lie that are not in the model: with whom exports it.
const outside = "outside"

// Model gives the model that calculates these values, and holds no node or weight that they do not need.
// All inputs of the graph stay. Half precision and less, which the graph holds in float32, int8 or uint8, is
// rounded to and widened again, so each value has the type it has in the graph.
func Model(g *graph.Graph, values []string, o Options) (*onnx.Model, error) {
	w := &writer{outside: o.Outside, taken: map[string]bool{}, opset: graph.Opset}
	w.takeNames(g)
	out, err := w.graph(g, values, Needed(g, values))
	if err != nil {
		return nil, err
	}
	m := &onnx.Model{IRVersion: 9, ProducerName: "stratascope", Graph: out}
	if w.opset > graph.Opset {
		m.IRVersion = 10
	}
	m.OpsetImports = []*onnx.Opset{{Version: int64(w.opset)}}
	for _, d := range w.domains {
		m.OpsetImports = append(m.OpsetImports, &onnx.Opset{Domain: d, Version: int64(max(1, g.Version(d)))})
	}
	return m, nil
}

// Needed marks the nodes that some values depend on.
func Needed(g *graph.Graph, values []string) []bool {
	need := map[string]bool{}
	for _, v := range values {
		need[v] = true
	}
	delete(need, "")
	out := make([]bool, len(g.Nodes))
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := &g.Nodes[i]
		if out[i] = slices.ContainsFunc(n.Outputs, func(s string) bool { return need[s] }); !out[i] {
			continue
		}
		for _, s := range n.Reads() {
			need[s] = s != ""
		}
	}
	return out
}

// A writer is one model under way.
type writer struct {
	taken   map[string]bool // names of values
	opset   int             // the least that has all operators so far
	domains []string        // other than ONNX's own, in the order they were met
	outside int64
	made    []*onnx.Tensor // constants of the graph under way that it does not hold as weights
}

func (w *writer) takeNames(g *graph.Graph) {
	for name := range g.Weights {
		w.taken[name] = true
	}
	for _, v := range g.Inputs {
		w.taken[v.Name] = true
	}
	for i := range g.Nodes {
		for _, s := range g.Nodes[i].Outputs {
			w.taken[s] = true
		}
		for _, inner := range g.Nodes[i].Subgraphs {
			w.takeNames(inner)
		}
	}
}

// fresh returns a name that no value has.
func (w *writer) fresh(base string) string {
	name := base
	for i := 2; w.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	w.taken[name] = true
	return name
}

// constant adds a number to the graph under way and returns its name.
func (w *writer) constant(base string, v int64) string {
	name := w.fresh(base)
	w.made = append(w.made, onnx.NewInt64Tensor(name, []int64{}, []int64{v}))
	return name
}

// graph writes the nodes marked in needed, all where it is nil.
func (w *writer) graph(g *graph.Graph, values []string, needed []bool) (*onnx.Graph, error) {
	out := &onnx.Graph{Name: g.Name}
	around := w.made
	w.made = nil
	defer func() { w.made = around }()
	if out.Name == "" {
		out.Name = "graph"
	}
	read := map[string]bool{}
	for _, v := range values {
		out.Outputs = append(out.Outputs, &onnx.ValueInfo{Name: v})
		read[v] = true
	}
	for _, v := range g.Inputs {
		out.Inputs = append(out.Inputs, described(v))
	}
	for i := range g.Nodes {
		if needed != nil && !needed[i] {
			continue
		}
		n := &g.Nodes[i]
		w.needs(g, n)
		nodes, err := w.node(n)
		if err != nil {
			return nil, fmt.Errorf("node %d %q (%s): %w", i+1, n.Name, n.Op, err)
		}
		out.Nodes = append(out.Nodes, nodes...)
		for _, s := range n.Reads() {
			read[s] = true
		}
	}
	out.Initializers = w.made
	for _, name := range slices.Sorted(maps.Keys(g.Weights)) {
		if read[name] || needed == nil {
			t, err := w.weight(name, g.Weights[name], needed != nil)
			if err != nil {
				return nil, err
			}
			out.Initializers = append(out.Initializers, t)
		}
	}
	return out, nil
}

// weight writes a weight, or where it is too large what it is called.
func (w *writer) weight(name string, x tensor.Tensor, main bool) (*onnx.Tensor, error) {
	if elem, ok := dataTypes[x.DType()]; ok && main && w.outside > 0 && x.Bytes() > w.outside && x.DType() != tensor.String {
		return onnx.NewExternalTensor(name, elem, sizes(x), outside), nil
	}
	return stored(name, x)
}

// described says of an input what the graph knows.
func described(v graph.Value) *onnx.ValueInfo {
	elem, ok := dataTypes[v.DType]
	if !ok {
		return &onnx.ValueInfo{Name: v.Name}
	}
	out := onnx.NewValue(v.Name, elem)
	if v.Shape == nil {
		out.Type.Shape = nil
	}
	for _, d := range v.Shape {
		dim := onnx.Param(d.Param)
		if d.Size >= 0 {
			dim = onnx.Fixed(int64(d.Size))
		}
		out.Type.Shape.Dims = append(out.Type.Shape.Dims, dim)
	}
	return out
}

// node writes one node, with casts around it where it gives a type that is held in a wider one.
func (w *writer) node(n *graph.Node) ([]*onnx.Node, error) {
	out := &onnx.Node{Name: n.Name, OpType: n.Op, Domain: n.Domain, Inputs: slices.Clone(n.Inputs), Outputs: slices.Clone(n.Outputs)}
	for _, name := range slices.Sorted(maps.Keys(n.Attributes)) {
		v := n.Attributes[name]
		if n.Domain == "" && n.Op == "DFT" && name == "axis" { // an input since opset 20
			out.Inputs = append(append(out.Inputs, "", "")[:2], w.constant(n.Outputs[0]+"_axis", n.Attributes.Int(name, 0)))
			continue
		}
		if since, ok := renamed[n.Op+" "+fmt.Sprint(v)]; ok && n.Domain == "" {
			v = since
		}
		a, err := attribute(name, v)
		if err != nil {
			return nil, err
		}
		out.Attributes = append(out.Attributes, a)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Subgraphs)) {
		inner, err := w.graph(n.Subgraphs[name], n.Subgraphs[name].Outputs, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out.Attributes = append(out.Attributes, onnx.NewAttribute(name, inner))
	}
	to := narrowed(n)
	if to == 0 || len(n.Outputs) == 0 {
		return []*onnx.Node{out}, nil
	}
	held, err := op.TypeOf(to)
	if err != nil {
		return nil, err
	}
	nodes := []*onnx.Node{out}
	if n.Op == "QuantizeLinear" && len(n.Inputs) > 2 && n.Inputs[2] != "" { // the zero point has the type of the result
		out.Inputs[2] = w.fresh(n.Inputs[2] + "_narrow")
		nodes = []*onnx.Node{castNode(n.Name, n.Inputs[2], out.Inputs[2], to), out}
	}
	out.Outputs[0] = w.fresh(n.Outputs[0] + "_narrow")
	return append(nodes, castNode(n.Name, out.Outputs[0], n.Outputs[0], int64(dataTypes[held]))), nil
}

func castNode(name, from, to string, elem int64) *onnx.Node {
	if name != "" { // names of nodes are to differ
		name += "/" + to
	}
	return &onnx.Node{Name: name, OpType: "Cast", Inputs: []string{from}, Outputs: []string{to}, Attributes: []*onnx.Attribute{onnx.NewAttribute("to", elem)}}
}
