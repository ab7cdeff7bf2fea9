package canonical

import (
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// graph makes the finished graph of what was kept.
func (f *folder) graph() *graph.Graph {
	g := &graph.Graph{Name: f.im.model.Graph.Name, Opset: int(f.im.model.Opset("")), Inputs: f.inputs,
		Outputs: f.im.outputs, Nodes: f.nodes, Weights: f.weights, Notes: f.im.notes,
		Domains: map[string]int{}}
	for _, o := range f.im.model.OpsetImports {
		if d := onnx.Domain(o.Domain); d != "" {
			g.Domains[d] = int(o.Version)
		}
	}
	directOutputs(g)
	prune(g)
	g.Values = shape.InferUntil(f.im.ctx, g)
	return g
}

// directOutputs removes an Identity that only gives an output its name: the node before it gives it.
func directOutputs(g *graph.Graph) {
	made, outputs := map[string]bool{}, map[string]bool{}
	for _, n := range g.Nodes {
		for _, s := range n.Outputs {
			made[s] = true
		}
	}
	for _, s := range g.Outputs {
		outputs[s] = true
	}
	to := map[string]string{}
	var kept []graph.Node
	for _, n := range g.Nodes {
		if n.Op == "Identity" && n.Domain == "" && outputs[n.Outputs[0]] {
			if _, again := to[n.Inputs[0]]; made[n.Inputs[0]] && !again && !outputs[n.Inputs[0]] {
				to[n.Inputs[0]] = n.Outputs[0]
				continue
			}
		}
		kept = append(kept, n)
	}
	g.Nodes = kept
	if len(to) == 0 {
		return
	}
	for i := range g.Nodes {
		for k, s := range g.Nodes[i].Outputs {
			g.Nodes[i].Outputs[k] = orSame(to, s)
		}
	}
	rename(g, to)
}

// rename changes the names that nodes read, in graphs inside of them too.
func rename(g *graph.Graph, to map[string]string) {
	for i := range g.Nodes {
		for k, s := range g.Nodes[i].Inputs {
			g.Nodes[i].Inputs[k] = orSame(to, s)
		}
		for _, sub := range g.Nodes[i].Subgraphs {
			renameInside(sub, to)
		}
	}
}

// renameInside changes the names that a graph inside a node takes from around it.
func renameInside(sub *graph.Graph, to map[string]string) {
	to = without(to, sub)
	rename(sub, to)
	for k, s := range sub.Outputs {
		sub.Outputs[k] = orSame(to, s)
	}
}

// without leaves out the names that a graph inside a node makes itself.
func without(to map[string]string, sub *graph.Graph) map[string]string {
	var own []string
	for _, v := range sub.Inputs {
		own = append(own, v.Name)
	}
	for _, n := range sub.Nodes {
		own = append(own, n.Outputs...)
	}
	for s := range sub.Weights {
		own = append(own, s)
	}
	if !slices.ContainsFunc(own, func(s string) bool { return to[s] != "" }) {
		return to
	}
	to = maps.Clone(to)
	for _, s := range own {
		delete(to, s)
	}
	return to
}

func orSame(to map[string]string, s string) string {
	if v, ok := to[s]; ok {
		return v
	}
	return s
}

// prune leaves out nodes and weights that no output needs.
func prune(g *graph.Graph) {
	need := map[string]bool{}
	for _, s := range g.Outputs {
		need[s] = true
	}
	keep := make([]bool, len(g.Nodes))
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := &g.Nodes[i]
		for _, s := range n.Outputs {
			keep[i] = keep[i] || s != "" && need[s]
		}
		if !keep[i] {
			continue
		}
		for _, s := range n.Inputs {
			need[s] = true
		}
		for _, sub := range n.Subgraphs {
			needs(sub, need)
		}
	}
	var nodes []graph.Node
	for i, n := range g.Nodes {
		if keep[i] {
			nodes = append(nodes, n)
		}
	}
	weights := map[string]tensor.Tensor{}
	for name, w := range g.Weights {
		if need[name] {
			weights[name] = w
		}
	}
	g.Nodes, g.Weights = nodes, weights
}

func needs(g *graph.Graph, need map[string]bool) {
	for _, n := range g.Nodes {
		for _, s := range n.Inputs {
			need[s] = true
		}
		for _, sub := range n.Subgraphs {
			needs(sub, need)
		}
	}
	for _, s := range g.Outputs {
		need[s] = true
	}
}
