package engine

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// Sizes are the sizes of named dimensions.
type Sizes map[string]int

// Feed checks what a run is fed against the inputs of a graph and returns the sizes of their named
// dimensions. An input that is a weight, too, may be left out; with float64 any floating type will do.
func Feed(g *graph.Graph, feeds map[string]tensor.Tensor, float64 bool) (Sizes, error) {
	sizes := Sizes{}
	for _, v := range g.Inputs {
		t, ok := feeds[v.Name]
		if !ok || !t.Valid() {
			if g.Weights[v.Name].Valid() {
				continue
			}
			return nil, fmt.Errorf("input %q is not fed", v.Name)
		}
		if t.DType() != v.DType && v.DType != tensor.Invalid && !(t.DType().IsFloat() && v.DType.IsFloat() && float64) {
			return nil, fmt.Errorf("input %q has type %v, want %v", v.Name, t.DType(), v.DType)
		}
		if err := sizes.bind(v, t.Shape()); err != nil {
			return nil, err
		}
	}
	for name := range feeds {
		if !slices.ContainsFunc(g.Inputs, func(v graph.Value) bool { return v.Name == name }) {
			return nil, fmt.Errorf("the network has no input named %q", name)
		}
	}
	return sizes, nil
}

// bind compares a shape with a declared one and learns the sizes of its names.
func (s Sizes) bind(v graph.Value, shape []int) error {
	if v.Shape == nil {
		return nil
	}
	if len(shape) != len(v.Shape) {
		return fmt.Errorf("input %q has shape %v, want %d dimensions", v.Name, shape, len(v.Shape))
	}
	for i, d := range v.Shape {
		if d.Size >= 0 && d.Size != shape[i] {
			return fmt.Errorf("input %q has shape %v, want %d in dimension %d", v.Name, shape, d.Size, i)
		}
		if d.Size < 0 && d.Param != "" {
			s[d.Param] = shape[i]
		}
	}
	return nil
}

// Samples are the sizes for a number of samples, the first dimension of each input; other named dimensions
// have none and count as one.
func Samples(g *graph.Graph, n int) Sizes {
	s := Sizes{}
	for _, v := range g.Inputs {
		if len(v.Shape) > 0 && v.Shape[0].Size < 0 {
			s[v.Shape[0].Param] = n
		}
	}
	return s
}

// Bytes returns what a value takes, as far as its type and shape are known; with float64 any float takes 8.
func (s Sizes) Bytes(v graph.Value, float64 bool) int64 {
	if v.Shape == nil {
		return 0
	}
	size := int64(max(1, v.DType.Size()))
	if float64 && v.DType.IsFloat() {
		size = 8
	}
	for _, d := range v.Shape {
		n := d.Size
		if n < 0 {
			n = 1
			if bound, ok := s[d.Param]; ok {
				n = bound
			}
		}
		if n > 0 && size > 1<<60/int64(n) {
			return 1 << 60
		}
		size *= int64(n)
	}
	return size
}
