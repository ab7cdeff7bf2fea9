package native

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// branchNames are the graphs of an If, in the order of step.branches.
var branchNames = [2]string{"then_branch", "else_branch"}

// isIf says whether a node chooses between two graphs.
func isIf(n *graph.Node) bool {
	return n.Op == "If" && n.Domain == "" && len(n.Inputs) == 1 && len(n.Subgraphs) == len(branchNames)
}

// A branch is a graph inside an If as a program of its own, whose inputs are what it takes from around.
type branch struct {
	*program
	takes []int // slots of the program around it, by input
}

// branch compiles one graph of an If. An operator in it that cannot run is reported at the If's place.
func (p *program) branch(ctx context.Context, n *graph.Node, index int, name string) (*branch, error) {
	sub := n.Subgraphs[name]
	if sub == nil || len(sub.Inputs) > 0 || len(sub.Outputs) < len(n.Outputs) {
		return nil, fmt.Errorf("node %d %q (%s): no %s with %d outputs and without inputs", index, n.Name, n.Op, name, len(n.Outputs))
	}
	g := &graph.Graph{Name: sub.Name, Nodes: sub.Nodes, Outputs: sub.Outputs[:len(n.Outputs)], Weights: maps.Clone(sub.Weights)}
	if g.Weights == nil {
		g.Weights = map[string]tensor.Tensor{}
	}
	b := &branch{}
	for _, s := range taken(sub) {
		if w := p.constant(s); w.Valid() {
			g.Weights[s] = w
			continue
		}
		g.Inputs = append(g.Inputs, graph.Value{Name: s})
		b.takes = append(b.takes, p.slots[s])
	}
	o := p.options
	o.Values = nil
	inner, err := compile(ctx, g, o)
	var u *engine.UnsupportedError
	switch {
	case errors.As(err, &u):
		u.Index = index
		return nil, u
	case err != nil:
		return nil, fmt.Errorf("node %d %q (%s), %s: %w", index, n.Name, n.Op, name, err)
	}
	b.program = inner
	return b, nil
}

// reads lists the values a node needs: its inputs and what its graphs take from around them.
func reads(n *graph.Node) []string {
	names := slices.Clone(n.Inputs)
	for _, k := range slices.Sorted(maps.Keys(n.Subgraphs)) {
		for _, s := range taken(n.Subgraphs[k]) {
			if !slices.Contains(names, s) {
				names = append(names, s)
			}
		}
	}
	return names
}

// taken lists the values that a graph reads and does not make, in the order it needs them.
func taken(g *graph.Graph) (names []string) {
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
		need(reads(&g.Nodes[i]))
		for _, s := range g.Nodes[i].Outputs {
			seen[s] = true
		}
	}
	need(g.Outputs)
	return names
}

// branch runs the graph that the condition chooses. Its values live in memory of their own, within
// what the limit leaves, and its outputs are copied from there.
func (r *run) branch(s *step, x *op.Exec, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if in[0].DType() != tensor.Bool || in[0].Len() != 1 {
		return nil, fmt.Errorf("condition of type %v and shape %v, want one bool", in[0].DType(), in[0].Shape())
	}
	b := s.branches[1]
	if tensor.Data[bool](in[0])[0] {
		b = s.branches[0]
	}
	inner := &run{program: b.program, ctx: r.ctx, tensors: slices.Clone(b.constants), buffers: make([]*buffer, len(b.names)), arena: &arena{}}
	if r.options.Memory > 0 {
		inner.arena.limit = max(1, r.options.Memory-r.arena.held)
	}
	for i, v := range b.graph.Inputs {
		inner.tensors[b.slots[v.Name]] = r.tensors[b.takes[i]]
	}
	out := make([]tensor.Tensor, len(b.graph.Outputs))
	inner.seen = func(slot int) (err error) {
		for i, name := range b.graph.Outputs {
			if b.slots[name] == slot && err == nil {
				out[i], err = copied(x, inner.tensors[slot])
			}
		}
		return err
	}
	return out, inner.all()
}

// copied returns a tensor in the memory of a step's outputs.
func copied(x *op.Exec, t tensor.Tensor) (tensor.Tensor, error) {
	switch t.DType() {
	case tensor.Float32:
		y, err := x.New(tensor.Float32, t.Shape()...)
		if err == nil {
			copy(y.Float32s(), t.Float32s())
		}
		return y, err
	case tensor.Float64:
		y, err := x.New(tensor.Float64, t.Shape()...)
		if err == nil {
			copy(y.Float64s(), t.Float64s())
		}
		return y, err
	}
	return t.Clone(), nil
}
