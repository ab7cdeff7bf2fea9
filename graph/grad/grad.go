package grad

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A Seed is where gradients start.
type Seed struct {
	Value string // what is differentiated: the sum of its elements
	By    string // a value of its shape that weighs the elements, or the name of a new input for one; "" counts each as 1
}

// A Request says which gradients are wanted. Those of several seeds are added.
type Request struct {
	Seeds     []Seed
	Values    []string // inputs, weights and values of nodes, whose gradients have their shapes
	PerSample []string // weights whose gradient is wanted for each sample: [samples, shape of the weight...]; they add up to the gradient, so a mean loss leaves 1/samples in each
	Norms     []string // weights of whose gradients for each sample the squared norm is wanted: [samples]
}

// Gradients are a graph and the names of the gradients in it.
type Gradients struct {
	Graph       *graph.Graph      // the graph that was given, and the nodes of the gradients
	Names       map[string]string // of the gradient of each of Request.Values
	PerSample   map[string]string
	Norms       map[string]string
	Independent []string // of the requested values: no seed depends on them, so their gradient is zero
	Flat        []Flat   // nodes at which paths from a requested value to a seed end
}

// A Flat is a node whose derivative is zero wherever it exists, such as Round, ArgMax or a comparison.
type Flat struct{ Node, Op, Layer string }

// An UnsupportedError is an operator, or a form of it, whose gradient cannot be formed.
type UnsupportedError struct {
	Node, Op, Domain, Layer string
	Opset                   int
	Index                   int    // of the node, from 1; 0 for one of a gradient
	Why                     string // "" where the operator has no rule at all
}

// Error says which operator of which layer and opset stands in the way.
func (e *UnsupportedError) Error() string {
	d, at := e.Domain, ""
	if d == "" {
		d = "ai.onnx"
	}
	if e.Layer != "" {
		at = fmt.Sprintf(" of layer %s", e.Layer)
	}
	why := e.Why
	if why == "" {
		why = "has no gradient yet"
	}
	return fmt.Sprintf("node %d %q%s: %s (%s, opset %d) %s", e.Index, e.Node, at, e.Op, d, e.Opset, why)
}

// Of returns a graph that computes the gradients asked for beside what g computes. It stops when the context
// ends: following the shapes of a graph can take long.
func Of(ctx context.Context, g *graph.Graph, r Request) (*Gradients, error) {
	b := newBuilder(ctx, g)
	b.rules, b.samples = rules, sampleRules
	if err := b.declare(r); err != nil && ctx.Err() == nil {
		return nil, err
	}
	seeds := map[string]string{}
	inputs := slices.Clone(g.Inputs)
	for _, s := range r.Seeds {
		by := s.By
		switch {
		case by == "":
			by = b.expand(b.number(1, s.Value), s.Value)
		case b.values[by].Name == "":
			if b.known[by] {
				return nil, fmt.Errorf("an input %q cannot be added: a graph inside a node has a value of this name", by)
			}
			v := b.values[s.Value]
			v.Name = by
			by = b.seed(&v, s.Value)
			inputs = append(inputs, v)
		}
		if old := seeds[s.Value]; old != "" {
			by = b.add(old, by)
		}
		seeds[s.Value] = by
	}
	b.back(g.Nodes, seeds)
	out := b.finish(r)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("gradients: %w", err)
	}
	if b.err != nil {
		return nil, b.err
	}
	h := *g
	h.Inputs = inputs
	h.Nodes = slices.Concat(g.Nodes, b.nodes)
	h.Weights, h.Values = b.weights, maps.Clone(g.Values)
	if h.Values == nil {
		h.Values = map[string]graph.Value{}
	}
	for name, v := range b.values {
		if _, weight := b.weights[name]; !weight {
			h.Values[name] = v
		}
	}
	out.Graph = &h
	return out, nil
}

// seed makes a new input known. Sizes that are written as what they depend on would be names of their own
// in an input; there the shape stays open, and the value's is stated by a Reshape.
func (b *builder) seed(v *graph.Value, of string) string {
	shape := v.Shape
	if slices.ContainsFunc(shape, func(d graph.Dim) bool { return d.Size < 0 && d.Param == "" || strings.ContainsAny(d.Param, "(*") }) {
		v.Shape = nil
	}
	b.input(*v)
	if v.Shape != nil || shape == nil {
		return v.Name
	}
	return b.reshape(v.Name, b.shapeOf(of))
}

// declare checks the names of a request and marks the values whose gradients are wanted.
func (b *builder) declare(r Request) error {
	if len(r.Seeds) == 0 {
		return fmt.Errorf("no value to differentiate")
	}
	for _, s := range r.Seeds {
		if err := b.differentiable(s.Value); err != nil {
			return err
		}
	}
	for _, name := range slices.Concat(r.Values, r.PerSample, r.Norms) {
		if err := b.differentiable(name); err != nil {
			return err
		}
	}
	for _, name := range r.Values {
		b.active[name], b.whole[name] = true, true
	}
	for _, name := range slices.Concat(r.PerSample, r.Norms) {
		if _, ok := b.weights[name]; !ok {
			return fmt.Errorf("value %q is no weight, which gradients for each sample are of", name)
		}
		b.active[name], b.single[name] = true, true
	}
	for _, name := range r.Norms {
		b.normed[name] = !slices.Contains(r.PerSample, name)
	}
	return nil
}

func (b *builder) differentiable(name string) error {
	if b.values[name].Name == "" {
		return fmt.Errorf("the network has no value named %q", name)
	}
	if d := b.values[name].DType; !d.IsFloat() && d != tensor.Invalid {
		return fmt.Errorf("value %q holds %v, which has no gradient", name, d)
	}
	return nil
}

// finish gives the gradients their names.
func (b *builder) finish(r Request) *Gradients {
	out := &Gradients{Names: map[string]string{}, PerSample: map[string]string{}, Norms: map[string]string{}, Flat: b.flat}
	b.node = nil
	for _, name := range r.Values {
		v := b.grads[name]
		if v == "" {
			out.Independent = append(out.Independent, name)
			v = b.zeros(name)
		}
		if out.Names[name] == "" {
			out.Names[name] = b.name(v, name+".grad")
		}
	}
	for _, name := range r.PerSample {
		if b.each[name] == "" {
			b.fail("no seed depends on weight %q: how many samples its gradient is for cannot be told", name)
			break
		}
		out.PerSample[name] = b.name(b.each[name], name+".grad.samples")
	}
	for _, name := range r.Norms {
		if b.each[name] == "" && b.norms[name] == "" {
			b.fail("no seed depends on weight %q: how many samples its gradient is for cannot be told", name)
			break
		}
		out.Norms[name] = b.name(b.squaredNorm(name), name+".grad.norms")
	}
	return out
}
