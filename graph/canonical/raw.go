package canonical

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A raw node is a node of the file with its functions expanded: not yet upgraded, its graphs not read.
type raw struct {
	node   graph.Node
	opset  int64
	graphs []branch
}

// A branch is a graph inside an attribute, with the names it is read under.
type branch struct {
	attribute string
	graph     *onnx.Graph
	frame     frame
}

// A frame says how names and attributes of a function's body are to be read; the zero value, with
// opsets, is the main graph.
type frame struct {
	names  map[string]string          // from the body's names to the caller's; nil: as they are
	values map[string]*onnx.Attribute // of the function's parameters
	opsets func(domain string) int64
	prefix string // for names that only the body has
	scope  string // the framework's module of the caller
	depth  int
}

func (im *importer) name(f frame, s string) string {
	if s == "" || f.names == nil {
		im.taken[s] = true
		return s
	}
	if outer, ok := f.names[s]; ok {
		return outer
	}
	f.names[s] = im.fresh(f.prefix + s)
	return f.names[s]
}

// expand turns nodes into raw ones and calls of functions into the nodes of their bodies.
func (im *importer) expand(nodes []*onnx.Node, f frame) ([]raw, error) {
	if f.depth > im.options.MaxDepth {
		return nil, fmt.Errorf("functions and graphs are nested deeper than %d", im.options.MaxDepth)
	}
	var out []raw
	for i, n := range nodes {
		if im.count++; im.count > im.options.MaxNodes {
			return nil, fmt.Errorf("more than %d nodes", im.options.MaxNodes)
		}
		if err := im.ctx.Err(); err != nil {
			return nil, err
		}
		fn := im.model.Function(n)
		if fn != nil {
			if _, known := op.Lookup(onnx.Domain(n.Domain), n.OpType); known && onnx.Domain(n.Domain) == "" {
				fn = nil
			}
		}
		var part []raw
		var err error
		if fn != nil {
			part, err = im.call(fn, n, f)
		} else {
			part, err = im.read(n, f)
		}
		if err != nil {
			return nil, fmt.Errorf("node %d %q (%s, opset %d): %w", i+1, n.Name, n.OpType, f.opsets(n.Domain), err)
		}
		out = append(out, part...)
	}
	return out, nil
}

// call expands one call of a function.
func (im *importer) call(fn *onnx.Function, n *onnx.Node, f frame) ([]raw, error) {
	if len(n.Inputs) > len(fn.Inputs) || len(n.Outputs) > len(fn.Outputs) {
		return nil, fmt.Errorf("%d inputs and %d outputs, the function has %d and %d",
			len(n.Inputs), len(n.Outputs), len(fn.Inputs), len(fn.Outputs))
	}
	body := frame{names: map[string]string{}, values: map[string]*onnx.Attribute{}, opsets: im.opsets(fn),
		prefix: n.Name + "/", scope: cmpOr(scopeOf(n), f.scope), depth: f.depth + 1}
	if n.Name == "" {
		body.prefix = fn.Name + "/"
	}
	for i, formal := range fn.Inputs {
		body.names[formal] = ""
		if i < len(n.Inputs) {
			body.names[formal] = im.name(f, n.Inputs[i])
		}
	}
	var ends []raw
	for i, formal := range fn.Outputs {
		if i >= len(n.Outputs) || n.Outputs[i] == "" {
			continue
		}
		actual := im.name(f, n.Outputs[i])
		if _, taken := body.names[formal]; taken { // an input passed through, or an output listed twice
			ends = append(ends, raw{node: graph.Node{Op: "Identity", Inputs: []string{body.names[formal]}, Outputs: []string{actual}}, opset: 20})
			continue
		}
		body.names[formal] = actual
	}
	for _, a := range fn.Defaults {
		body.values[a.Name] = a
	}
	for _, a := range n.Attributes {
		if a, err := resolve(a, f); err != nil {
			return nil, err
		} else if a != nil {
			body.values[a.Name] = a
		}
	}
	out, err := im.expand(fn.Nodes, body)
	return append(out, ends...), err
}

// opsets gives the versions a function's body is written for; those it does not name are the model's.
func (im *importer) opsets(fn *onnx.Function) func(string) int64 {
	return func(domain string) int64 {
		if v := fn.Opset(domain); v > 0 {
			return v
		}
		return im.model.Opset(domain)
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// resolve gives an attribute the value of the function's parameter it refers to; nil if that has none.
func resolve(a *onnx.Attribute, f frame) (*onnx.Attribute, error) {
	if a.Ref == "" {
		return a, nil
	}
	v := f.values[a.Ref]
	if v == nil {
		return nil, nil
	}
	if a.Type != onnx.AttributeUndefined && v.Type != a.Type {
		return nil, fmt.Errorf("attribute %q is %v, the parameter %q is %v", a.Name, a.Type, a.Ref, v.Type)
	}
	c := *v
	c.Name = a.Name
	return &c, nil
}

// read turns one node of the file into a raw one.
func (im *importer) read(n *onnx.Node, f frame) ([]raw, error) {
	r := raw{opset: f.opsets(n.Domain), node: graph.Node{Name: n.Name, Op: n.OpType, Domain: onnx.Domain(n.Domain),
		Scope: cmpOr(scopeOf(n), f.scope), Attributes: op.Attributes{}}}
	for _, s := range n.Inputs {
		r.node.Inputs = append(r.node.Inputs, im.name(f, s))
	}
	for _, s := range n.Outputs {
		r.node.Outputs = append(r.node.Outputs, im.name(f, s))
	}
	for _, a := range n.Attributes {
		a, err := resolve(a, f)
		if err != nil {
			return nil, err
		}
		if a == nil {
			continue
		}
		if err := im.attribute(&r, a, f); err != nil {
			return nil, fmt.Errorf("attribute %q: %w", a.Name, err)
		}
	}
	return []raw{r}, nil
}

func (im *importer) attribute(r *raw, a *onnx.Attribute, f frame) error {
	switch v := a.Value.(type) {
	case float32, int64, string, []float32, []int64, []string:
		r.node.Attributes[a.Name] = v
	case *onnx.Tensor:
		t, err := im.load(v)
		if err != nil {
			return err
		}
		r.node.Attributes[a.Name] = t
		if r.node.Op == "Constant" && v.DataType.Narrow() && len(r.node.Outputs) == 1 {
			im.narrow[r.node.Outputs[0]] = int64(v.DataType)
		}
	case *onnx.SparseTensor:
		t, err := im.dense(v)
		if err != nil {
			return err
		}
		r.node.Attributes[a.Name] = t
	case *onnx.Graph:
		if v != nil {
			inner := f
			inner.depth++
			r.graphs = append(r.graphs, branch{a.Name, v, inner})
		}
	}
	return nil
}

// constantOf returns the value of a Constant node.
func constantOf(n *graph.Node) (tensor.Tensor, bool) {
	for _, name := range [...]string{"value", "sparse_value"} {
		if t, ok := n.Attributes[name].(tensor.Tensor); ok {
			return t, true
		}
	}
	switch {
	case n.Attributes["value_float"] != nil:
		return tensor.Scalar(n.Attributes.Float("value_float", 0)), true
	case n.Attributes["value_int"] != nil:
		return tensor.Scalar(n.Attributes.Int("value_int", 0)), true
	case n.Attributes["value_string"] != nil:
		return tensor.Scalar(n.Attributes.Str("value_string", "")), true
	}
	switch {
	case n.Attributes["value_ints"] != nil:
		v := n.Attributes.Ints("value_ints")
		return tensor.Of(v, len(v)), true
	case n.Attributes["value_floats"] != nil:
		v, _ := n.Attributes["value_floats"].([]float32)
		return tensor.Of(v, len(v)), true
	case n.Attributes["value_strings"] != nil:
		v, _ := n.Attributes["value_strings"].([]string)
		return tensor.Of(v, len(v)), true
	}
	return tensor.Tensor{}, false
}
