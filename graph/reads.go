package graph

import (
	"maps"
	"slices"
)

// Reads lists the values a node needs: its inputs and what its graphs take from around them.
func (n *Node) Reads() []string {
	names := slices.Clone(n.Inputs)
	for _, k := range slices.Sorted(maps.Keys(n.Subgraphs)) {
		for _, s := range n.Subgraphs[k].Taken() {
			if !slices.Contains(names, s) {
				names = append(names, s)
			}
		}
	}
	return names
}

// Taken lists the values that a graph inside a node reads and does not make, in the order it needs them.
func (g *Graph) Taken() (names []string) {
	seen := map[string]bool{"": true}
	for _, v := range g.Inputs {
		seen[v.Name] = true
	}
	for s := range g.Weights {
		seen[s] = true
	}
	need := func(list []string) {
		for _, s := range list {
			if !seen[s] {
				seen[s] = true
				names = append(names, s)
			}
		}
	}
	for i := range g.Nodes {
		need(g.Nodes[i].Reads())
		for _, s := range g.Nodes[i].Outputs {
			seen[s] = true
		}
	}
	need(g.Outputs)
	return names
}

// Needed returns the nodes that values are made by, in their order.
func (g *Graph) Needed(values ...string) []Node {
	want := map[string]bool{}
	for _, v := range values {
		want[v] = true
	}
	var out []Node
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := &g.Nodes[i]
		if !slices.ContainsFunc(n.Outputs, func(s string) bool { return s != "" && want[s] }) {
			continue
		}
		for _, in := range n.Reads() {
			want[in] = true
		}
		out = append(out, *n)
	}
	slices.Reverse(out)
	return out
}
