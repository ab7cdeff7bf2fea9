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
