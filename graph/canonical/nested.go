package canonical

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// condition takes the branch of an If whose condition is the same in every run.
func (f *folder) condition(r *raw) (bool, error) {
	if r.node.Op != "If" || r.node.Domain != "" || len(r.node.Inputs) != 1 {
		return false, nil
	}
	v, ok := f.tracer.Fixed(r.node.Inputs[0])
	if !ok || v.DType() != tensor.Bool || v.Len() != 1 {
		return false, nil
	}
	want := "else_branch"
	if tensor.Data[bool](v)[0] {
		want = "then_branch"
	}
	at := slices.IndexFunc(r.graphs, func(b branch) bool { return b.attribute == want })
	if at < 0 {
		return false, fmt.Errorf("no %s", want)
	}
	b := r.graphs[at]
	if f.depth++; f.depth > f.im.options.MaxDepth {
		return false, fmt.Errorf("conditions are nested deeper than %d", f.im.options.MaxDepth)
	}
	defer func() { f.depth-- }()
	return true, f.inline(r, b)
}

func (f *folder) inline(r *raw, b branch) error {
	if len(b.graph.Outputs) != len(r.node.Outputs) {
		return fmt.Errorf("the branch has %d outputs, the node %d", len(b.graph.Outputs), len(r.node.Outputs))
	}
	inner := b.frame
	inner.names = f.im.inside(b)
	nodes, err := f.written(b, inner)
	if err != nil {
		return err
	}
	for i, v := range b.graph.Outputs {
		nodes = append(nodes, raw{opset: 20, node: graph.Node{Op: "Identity", Name: r.node.Name,
			Inputs: []string{f.im.name(inner, v.Name)}, Outputs: []string{r.node.Outputs[i]}}})
	}
	return f.walk(nodes)
}

// written reads the weights and the nodes of a graph that becomes part of the one around it.
func (f *folder) written(b branch, inner frame) ([]raw, error) {
	weights := map[string]tensor.Tensor{}
	if err := f.im.readWeights(b.graph, weights); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		f.weight(f.im.name(inner, name), weights[name])
	}
	return f.im.expand(b.graph.Nodes, inner)
}

// inside gives new names to what a branch makes, and keeps those it takes from around it.
func (im *importer) inside(b branch) map[string]string {
	names := map[string]string{}
	maps.Copy(names, b.frame.names)
	var outer []string
	im.captures(b.graph, b.frame, map[string]bool{}, &outer)
	if b.frame.names == nil {
		for _, s := range outer {
			names[s] = s
		}
	}
	for _, t := range b.graph.Initializers {
		names[t.Name] = im.fresh(t.Name)
	}
	for _, n := range b.graph.Nodes {
		for _, s := range n.Outputs {
			if s != "" {
				names[s] = im.fresh(s)
			}
		}
	}
	return names
}

// subgraphs reads the graphs that stay inside a node, such as the body of a loop.
func (f *folder) subgraphs(r *raw) error {
	for _, b := range r.graphs {
		g, err := f.im.nested(b)
		if err != nil {
			return fmt.Errorf("%s: %w", b.attribute, err)
		}
		if r.node.Subgraphs == nil {
			r.node.Subgraphs = map[string]*graph.Graph{}
		}
		renameInside(g, f.alias)
		r.node.Subgraphs[b.attribute] = g
	}
	return nil
}

// nested reads a graph inside a node: upgraded, its constants made weights, nothing folded.
func (im *importer) nested(b branch) (*graph.Graph, error) {
	g := &graph.Graph{Name: b.graph.Name, Weights: map[string]tensor.Tensor{}, Opset: int(b.frame.opsets(""))}
	if err := im.readWeights(b.graph, g.Weights); err != nil {
		return nil, err
	}
	for _, v := range b.graph.Inputs {
		value, err := im.value(v)
		if err != nil {
			return nil, err
		}
		value.Name = im.name(b.frame, v.Name)
		g.Inputs = append(g.Inputs, value)
	}
	nodes, err := im.expand(b.graph.Nodes, b.frame)
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		r := &nodes[i]
		if w, ok := constantOf(&r.node); ok && r.node.Op == "Constant" && len(r.node.Outputs) == 1 {
			g.Weights[r.node.Outputs[0]] = w
			continue
		}
		for _, inner := range r.graphs {
			sub, err := im.nested(inner)
			if err != nil {
				return nil, err
			}
			if r.node.Subgraphs == nil {
				r.node.Subgraphs = map[string]*graph.Graph{}
			}
			r.node.Subgraphs[inner.attribute] = sub
		}
		u := &upgrader{im: im, weights: g.Weights, node: &r.node}
		up, err := u.upgrade(r.opset)
		if err != nil {
			return nil, fmt.Errorf("node %d %q (%s, opset %d): %w", i+1, r.node.Name, r.node.Op, r.opset, err)
		}
		g.Nodes = append(g.Nodes, up...)
	}
	for _, v := range b.graph.Outputs {
		g.Outputs = append(g.Outputs, im.name(b.frame, v.Name))
	}
	return g, nil
}
