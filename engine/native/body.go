package native

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// bodies names the graphs of a node that the engine itself runs, nil for any other node.
func bodies(n *graph.Node) []string {
	names := []string{"body"}
	if n.Op == "If" {
		names = []string{"then_branch", "else_branch"}
	}
	if !n.Control() || len(n.Subgraphs) != len(names) {
		return nil
	}
	return names
}

// A body is a graph inside a node as a program of its own. Its inputs are those of the graph, then what
// it takes from around.
type body struct {
	*program
	own   int   // inputs of the graph
	takes []int // slots of the program around it, by further input
}

// body compiles one graph of a node. An operator in it that cannot run is reported at the node's place.
func (p *program) body(ctx context.Context, n *graph.Node, index int, name string) (*body, error) {
	sub := n.Subgraphs[name]
	if err := fits(n, sub); err != nil {
		return nil, fmt.Errorf("node %d %q (%s), %s: %w", index, n.Name, n.Op, name, err)
	}
	g := &graph.Graph{Name: sub.Name, Opset: sub.Opset, Domains: p.graph.Domains, Inputs: slices.Clone(sub.Inputs), Nodes: sub.Nodes, Outputs: sub.Outputs, Weights: maps.Clone(sub.Weights)}
	if g.Weights == nil {
		g.Weights = map[string]tensor.Tensor{}
	}
	b := &body{own: len(sub.Inputs)}
	for _, s := range sub.Taken() {
		if w := p.constant(s); w.Valid() {
			g.Weights[s] = w
			continue
		}
		v := p.graph.Values[s]
		v.Name = s
		g.Inputs = append(g.Inputs, v)
		b.takes = append(b.takes, p.slots[s])
	}
	for i := range sub.Inputs {
		if n.Op == "Loop" && i >= 2 {
			v := p.graph.Values[n.Inputs[i]]
			g.Inputs[i].DType, g.Inputs[i].Shape = v.DType, v.Shape
		}
	}
	g.Values = shape.InferUntil(ctx, g) // for the estimate of what it holds
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

// fits compares the inputs and outputs of a graph inside a node with those of the node.
func fits(n *graph.Node, sub *graph.Graph) error {
	in, out := 0, len(n.Outputs)
	switch {
	case sub == nil:
		return errors.New("it is missing")
	case n.Op == "Loop":
		in, out = max(2, len(n.Inputs)), out+1
	case n.Op == "Scan":
		in = len(n.Inputs)
	}
	if len(sub.Inputs) != in || len(sub.Outputs) < out || n.Op != "If" && len(sub.Outputs) > out {
		return fmt.Errorf("it has %d inputs and %d outputs, want %d and %d", len(sub.Inputs), len(sub.Outputs), in, out)
	}
	return nil
}

// A kept value outlives the turn of a body that made it: it has a claim of its own on its memory.
type kept struct {
	tensor.Tensor
	buffer *buffer // nil for what lies around the body
}

// inside starts a run of a body within this one. Both share their memory.
func (r *run) inside(b *body) *run {
	return &run{program: b.program, ctx: r.ctx, arena: r.arena, tensors: slices.Clone(b.constants), buffers: make([]*buffer, len(b.names))}
}

// turn runs a body once. It takes over the claims of what it is given, and gives claims with its outputs.
func (r *run) turn(inner *run, b *body, in []kept) ([]kept, error) {
	for i, v := range b.graph.Inputs {
		slot := b.slots[v.Name]
		if i < b.own {
			inner.tensors[slot], inner.buffers[slot] = in[i].Tensor, in[i].buffer
		} else {
			inner.tensors[slot] = r.tensors[b.takes[i-b.own]]
		}
	}
	out := make([]kept, len(b.graph.Outputs))
	inner.seen = func(slot int) error {
		for i, name := range b.graph.Outputs {
			if b.slots[name] != slot {
				continue
			}
			out[i] = kept{inner.tensors[slot], inner.buffers[slot]}
			if out[i].buffer != nil {
				out[i].buffer.refs++
			}
		}
		return nil
	}
	if err := inner.all(); err != nil {
		return nil, err
	}
	for _, v := range b.graph.Inputs[:b.own] { // what nobody in the body reads
		slot := b.slots[v.Name]
		r.arena.release(inner.buffers[slot])
		inner.tensors[slot], inner.buffers[slot] = tensor.Tensor{}, nil
	}
	return out, nil
}

// hand gives kept values on as outputs of the step that is running.
func (r *run) hand(values []kept) []tensor.Tensor {
	out := make([]tensor.Tensor, len(values))
	for i, k := range values {
		out[i] = k.Tensor
		if k.buffer != nil {
			r.made = append(r.made, k.buffer)
		}
	}
	return out
}

// control runs a node with graphs inside it.
func (r *run) control(s *step, x *op.Exec, in []tensor.Tensor) ([]tensor.Tensor, error) {
	in = in[:len(s.node.Inputs)]
	switch s.node.Op {
	case "Loop":
		return r.loop(s, x, in)
	case "Scan":
		return r.scan(s, x, in)
	}
	holds, err := truth(in[0])
	if err != nil {
		return nil, err
	}
	b := s.bodies[1]
	if holds {
		b = s.bodies[0]
	}
	out, err := r.turn(r.inside(b), b, nil)
	if err != nil {
		return nil, err
	}
	return r.hand(out), nil
}

// truth is the value of a condition.
func truth(t tensor.Tensor) (bool, error) {
	if !t.Valid() || t.DType() != tensor.Bool || t.Len() != 1 {
		return false, fmt.Errorf("condition of type %v and shape %v, want one bool", t.DType(), t.Shape())
	}
	return tensor.Data[bool](t)[0], nil
}
