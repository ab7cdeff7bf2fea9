package grad

import (
	"errors"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// ifBack chooses with the same condition between the gradients of the two graphs, which run the chosen one
// again on the way. A graph that is never chosen need not have a gradient: with sizes that are fixed, a
// condition on them is.
func ifBack(c *call) {
	var wanted []string
	for _, s := range c.n.Reads()[1:] {
		switch {
		case c.single[s]:
			c.refuse("has no gradient for each sample yet, which weight %q is asked for", s)
			return
		case c.active[s] && !slices.Contains(wanted, s):
			wanted = append(wanted, s)
		}
	}
	n := graph.Node{Scope: c.n.Scope, Op: "If", Inputs: []string{c.in(0)}, Subgraphs: map[string]*graph.Graph{}}
	for _, branch := range []string{"then_branch", "else_branch"} {
		sub := c.n.Subgraphs[branch]
		if sub == nil || len(sub.Outputs) < len(c.n.Outputs) {
			c.refuse("has no %s with %d outputs", branch, len(c.n.Outputs))
			return
		}
		if chosen, ok := c.tracer.Fixed(c.in(0)); ok && c.sized && c.holds(chosen) != (branch == "then_branch") {
			n.Subgraphs[branch] = c.never(sub, wanted)
			continue
		}
		n.Subgraphs[branch] = c.branch(sub, wanted)
		if c.err != nil {
			return
		}
	}
	for i, v := range c.emit(&n, wanted) {
		c.contribute(wanted[i], v)
	}
}

// branch returns a graph that gives the gradients of values that sub takes from around it.
func (c *call) branch(sub *graph.Graph, wanted []string) *graph.Graph {
	inner := c.inside(sub, nil, slices.Concat(c.dy, wanted))
	for _, s := range wanted {
		inner.active[s] = true
	}
	dy := slices.Clone(c.dy)
	for i, v := range dy { // of another rank than the one that the file states for both graphs
		if out := sub.Outputs[i]; v != "" && c.values[v].Shape != nil && inner.values[out].Shape != nil && len(c.values[v].Shape) != len(inner.values[out].Shape) {
			dy[i] = inner.like(v, out)
		}
	}
	inner.backFrom(sub.Outputs[:len(c.n.Outputs)], dy)
	return c.gradients(inner, wanted)
}

// never returns a graph that gives zeros, in place of one that does not run.
func (c *call) never(sub *graph.Graph, wanted []string) *graph.Graph {
	return c.gradients(c.inside(&graph.Graph{Opset: sub.Opset}, nil, wanted), wanted)
}

// gradients closes a graph that gives the gradients of values from around it.
func (c *call) gradients(inner *builder, wanted []string) *graph.Graph {
	var outputs []string
	for _, s := range wanted {
		v := inner.grads[s]
		if v == "" {
			v = inner.zeros(s)
		}
		outputs = append(outputs, inner.name(v, s+".grad"))
	}
	return c.closed(inner, nil, outputs)
}

// inside returns a builder for a graph inside a node: own are its inputs, around what it may take beside
// what it takes already.
func (c *call) inside(sub *graph.Graph, own []graph.Value, around []string) *builder {
	g := &graph.Graph{Opset: sub.Opset, Domains: c.graph.Domains, Layers: c.graph.Layers, Inputs: slices.Clone(own), Nodes: sub.Nodes, Weights: maps.Clone(sub.Weights)}
	if g.Weights == nil {
		g.Weights = map[string]tensor.Tensor{}
	}
	for _, s := range append(sub.Taken(), around...) {
		if w, ok := c.weights[s]; ok {
			g.Weights[s] = w
		} else if s != "" && !slices.ContainsFunc(g.Inputs, func(v graph.Value) bool { return v.Name == s }) {
			g.Inputs = append(g.Inputs, c.values[s])
		}
	}
	inner := newBuilder(c.ctx, g)
	inner.rules, inner.samples = c.rules, c.samples
	inner.exact = inner.exact && c.exact
	maps.Copy(inner.known, c.known) // names inside are not those around
	return inner
}

// backFrom goes back from the gradients of outputs, of which several may be one value.
func (b *builder) backFrom(outputs, gradients []string) {
	seeds := map[string]string{}
	for i, s := range outputs {
		switch v := gradients[i]; {
		case v == "":
		case seeds[s] != "":
			seeds[s] = b.add(seeds[s], v)
		default:
			seeds[s] = v
		}
	}
	b.back(b.graph.Nodes, seeds)
}

// closed makes the graph that a builder of the inside has made, and takes over what it met: names, an
// error, where paths end.
func (c *call) closed(inner *builder, own []graph.Value, outputs []string) *graph.Graph {
	maps.Copy(c.known, inner.known)
	c.flat = append(c.flat, inner.flat...)
	var u *UnsupportedError
	if errors.As(inner.err, &u) {
		u.Index = c.index
	}
	if c.err == nil {
		c.err = inner.err
	}
	g := &graph.Graph{Opset: inner.graph.Opset, Inputs: own, Nodes: slices.Concat(inner.graph.Nodes, inner.nodes), Weights: inner.weights, Outputs: outputs}
	for s := range c.weights {
		delete(g.Weights, s)
	}
	return g
}
