package train

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A sketch is a copy of a graph that nodes are added to.
type sketch struct {
	*graph.Graph
	taken  map[string]bool  // names of values
	shapes map[string][]int // of the network's values for the first batch
}

func newSketch(ctx context.Context, g *graph.Graph) *sketch {
	h := *g
	h.Inputs, h.Nodes = slices.Clone(g.Inputs), slices.Clone(g.Nodes)
	h.Weights, h.Values = maps.Clone(g.Weights), shape.InferUntil(ctx, g)
	s := &sketch{Graph: &h, taken: map[string]bool{"": true}}
	s.take(g)
	return s
}

func (s *sketch) take(g *graph.Graph) {
	for name := range g.Weights {
		s.taken[name] = true
	}
	for _, v := range g.Inputs {
		s.taken[v.Name] = true
	}
	for i := range g.Nodes {
		for _, name := range g.Nodes[i].Outputs {
			s.taken[name] = true
		}
		for _, inner := range g.Nodes[i].Subgraphs {
			s.take(inner)
		}
	}
}

// fresh returns a name that no value has.
func (s *sketch) fresh(base string) string {
	name := base
	for i := 2; s.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	s.taken[name] = true
	return name
}

// with adds a node with attributes and one output.
func (s *sketch) with(operator string, a op.Attributes, in ...string) string {
	out := s.fresh("loss." + operator)
	s.Nodes = append(s.Nodes, graph.Node{Name: out, Op: operator, Inputs: in, Outputs: []string{out}, Attributes: a})
	return out
}

func (s *sketch) op(operator string, in ...string) string { return s.with(operator, nil, in...) }

func (s *sketch) constant(w tensor.Tensor) string {
	name := s.fresh("loss.constant")
	s.Weights[name] = w
	return name
}

func (s *sketch) number(v float64) string { return s.constant(tensor.Scalar(float32(v))) }
func (s *sketch) ints(v ...int64) string  { return s.constant(tensor.Of(v, len(v))) }

// scaled is a value times a number.
func (s *sketch) scaled(value string, by float64) string {
	if by == 1 {
		return value
	}
	return s.op("Mul", value, s.number(by))
}

// sum adds elements along axes, all of them where none is given.
func (s *sketch) sum(value string, axes ...int64) string { return s.reduce("ReduceSum", value, axes) }

func (s *sketch) mean(value string, axes ...int64) string { return s.reduce("ReduceMean", value, axes) }

func (s *sketch) reduce(operator, value string, axes []int64) string {
	in := []string{value}
	if len(axes) > 0 {
		in = append(in, s.ints(axes...))
	}
	return s.with(operator, op.Attributes{"keepdims": int64(0)}, in...)
}

// input adds an input.
func (s *sketch) input(base string, d tensor.DType, shape []graph.Dim) string {
	name := s.fresh(base)
	s.Inputs = append(s.Inputs, graph.Value{Name: name, DType: d, Shape: shape})
	return name
}
