package grad

import (
	"errors"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// ifBack chooses with the same condition between the gradients of the two graphs, which run the chosen one
// again on the way.
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
		n.Subgraphs[branch] = c.branch(sub, wanted)
		if c.err != nil {
			return
		}
	}
	for _, s := range wanted {
		name := c.fresh(c.n.Outputs[0] + ".grad.If")
		n.Outputs = append(n.Outputs, name)
		v := c.values[s]
		v.Name = name
		c.input(v)
	}
	n.Name = n.Outputs[0]
	c.nodes = append(c.nodes, n)
	for i, s := range wanted {
		c.contribute(s, n.Outputs[i])
	}
}

// branch returns a graph that gives the gradients of values that sub takes from around it.
func (c *call) branch(sub *graph.Graph, wanted []string) *graph.Graph {
	g := &graph.Graph{Opset: sub.Opset, Domains: c.graph.Domains, Layers: c.graph.Layers, Nodes: sub.Nodes, Weights: maps.Clone(sub.Weights)}
	if g.Weights == nil {
		g.Weights = map[string]tensor.Tensor{}
	}
	around := append(sub.Taken(), c.dy...)
	for _, s := range append(around, wanted...) {
		if w, ok := c.weights[s]; ok {
			g.Weights[s] = w
		} else if s != "" && !slices.ContainsFunc(g.Inputs, func(v graph.Value) bool { return v.Name == s }) {
			g.Inputs = append(g.Inputs, c.values[s])
		}
	}
	inner := newBuilder(g)
	inner.rules, inner.samples = c.rules, c.samples
	maps.Copy(inner.known, c.known) // names inside are not those around
	for _, s := range wanted {
		inner.active[s] = true
	}
	seeds := map[string]string{}
	for i, s := range sub.Outputs[:len(c.n.Outputs)] {
		switch v := c.grad(i); {
		case v == "":
		case seeds[s] != "":
			seeds[s] = inner.add(seeds[s], v)
		default:
			seeds[s] = v
		}
	}
	inner.back(g.Nodes, seeds)
	for _, s := range wanted {
		v := inner.grads[s]
		if v == "" {
			v = inner.zeros(s)
		}
		g.Outputs = append(g.Outputs, inner.name(v, s+".grad"))
	}
	c.adopt(inner)
	g.Nodes, g.Inputs, g.Layers = slices.Concat(sub.Nodes, inner.nodes), nil, nil
	g.Weights = inner.weights
	for s := range c.weights {
		delete(g.Weights, s)
	}
	return g
}

// adopt takes over what a builder of a branch met: names, an error, where paths end.
func (c *call) adopt(inner *builder) {
	maps.Copy(c.known, inner.known)
	c.flat = append(c.flat, inner.flat...)
	var u *UnsupportedError
	if errors.As(inner.err, &u) {
		u.Index = c.index
	}
	if c.err == nil {
		c.err = inner.err
	}
}
