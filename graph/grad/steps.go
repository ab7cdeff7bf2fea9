package grad

import (
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
)

// scanned appends a Scan whose steps a function writes: it is given the states and one row of each of the rows, and
// returns the next states and what the step gives. What the steps take from around stays there.
func (c *call) scanned(states, rows []string, step func(states, rows []string) []string) []string {
	n := graph.Node{Op: "Scan", Scope: c.n.Scope, Inputs: slices.Concat(states, rows), Attributes: op.Attributes{"num_scan_inputs": int64(len(rows))}}
	body := &graph.Graph{}
	own := make([]string, len(n.Inputs))
	for i, x := range n.Inputs {
		v := renamed(c.values[x], c.fresh(x+".now"))
		if i >= len(states) && v.Shape != nil {
			v.Shape = v.Shape[1:]
		}
		c.input(v)
		body.Inputs, own[i] = append(body.Inputs, v), v.Name
	}
	nodes, cached := c.nodes, maps.Clone(c.cached) // what is made inside stays there
	c.nodes = nil
	for i, y := range step(own[:len(states)], own[len(states):]) {
		as := y + ".row"
		if i < len(states) {
			as = own[i] + ".next"
		}
		body.Outputs = append(body.Outputs, c.name(y, as))
	}
	body.Nodes, c.nodes, c.cached = c.nodes, nodes, cached
	n.Subgraphs = map[string]*graph.Graph{"body": body}
	return c.emit(&n, append(slices.Clone(states), make([]string, len(body.Outputs)-len(states))...))
}

// crossed says whether a Scan reads or gives rows along another axis than the first.
func (c *call) crossed() bool {
	other := func(a int64) bool { return a != 0 }
	return slices.ContainsFunc(c.n.Attributes.Ints("scan_input_axes"), other) || slices.ContainsFunc(c.n.Attributes.Ints("scan_output_axes"), other)
}

// crossedLower writes a Scan along other axes as one along the first between Transposes.
func crossedLower(c *call) []string {
	n := graph.Node{Op: "Scan", Scope: c.n.Scope, Inputs: slices.Clone(c.n.Inputs), Attributes: maps.Clone(c.n.Attributes), Subgraphs: c.n.Subgraphs}
	delete(n.Attributes, "scan_input_axes")
	delete(n.Attributes, "scan_output_axes")
	states := len(n.Inputs) - int(c.int("num_scan_inputs", 0))
	front := func(x string, axis int64) []int64 { // which brings an axis to the front
		n := c.rank(x)
		a := c.axis(axis, n)
		return append(append([]int64{int64(a)}, axes(0, a)...), axes(min(a+1, n), n)...)
	}
	for i, a := range c.n.Attributes.Ints("scan_input_axes") {
		if k := states + i; k >= 0 && k < len(n.Inputs) && a != 0 {
			n.Inputs[k] = c.transpose(n.Inputs[k], front(n.Inputs[k], a)...)
		}
	}
	like := make([]string, len(c.n.Outputs))
	copy(like, n.Inputs[:min(max(0, states), len(like))])
	out := slices.Clone(c.emit(&n, like))
	for i, a := range c.n.Attributes.Ints("scan_output_axes") {
		if k := states + i; k >= 0 && k < len(out) && a != 0 {
			out[k] = c.transpose(out[k], inverse(front(out[k], a))...)
		}
	}
	return out
}
