package canonical

import (
	"fmt"
	"math"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// evaluate runs a graph node by node with the operators' functions and returns every value: the slow,
// obvious engine that imports are compared on.
func evaluate(g *graph.Graph, feeds map[string]tensor.Tensor) (map[string]tensor.Tensor, error) {
	values := map[string]tensor.Tensor{}
	for name, w := range g.Weights {
		values[name] = w
	}
	for name, x := range feeds {
		values[name] = x
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		in := make([]tensor.Tensor, len(n.Inputs))
		for k, s := range n.Inputs {
			in[k] = values[s]
		}
		steps := int64(math.MaxInt64)
		out, err := shape.Run(n, in, 1<<30, &steps, nil)
		if err != nil {
			return nil, fmt.Errorf("node %d %q (%s): %w", i+1, n.Name, n.Op, err)
		}
		for k, s := range n.Outputs {
			if k < len(out) {
				values[s] = out[k]
			}
		}
	}
	return values, nil
}

// distance returns the largest difference of two tensors relative to the largest element wanted.
func distance(got, want tensor.Tensor) (float64, error) {
	if fmt.Sprint(got.Shape()) != fmt.Sprint(want.Shape()) {
		return 0, fmt.Errorf("shape %v, want %v", got.Shape(), want.Shape())
	}
	a, b := floats(got), floats(want)
	if a == nil || b == nil {
		if !shape.Equal(got, want) {
			return 0, fmt.Errorf("%v %v, want %v", got, got, want)
		}
		return 0, nil
	}
	worst, scale := 0.0, 1e-3
	for i := range b {
		if a[i] == b[i] || math.IsNaN(a[i]) && math.IsNaN(b[i]) {
			continue
		}
		worst = max(worst, math.Abs(a[i]-b[i]))
		if math.IsNaN(a[i] - b[i]) {
			worst = math.Inf(1)
		}
		if !math.IsInf(b[i], 0) {
			scale = max(scale, math.Abs(b[i]))
		}
	}
	return worst / scale, nil
}

func floats(t tensor.Tensor) []float64 {
	out := make([]float64, t.Len())
	switch t.DType() {
	case tensor.Float32:
		for i, v := range t.Float32s() {
			out[i] = float64(v)
		}
	case tensor.Float64:
		copy(out, t.Float64s())
	case tensor.Int64:
		for i, v := range t.Int64s() {
			out[i] = float64(v)
		}
	case tensor.Bool:
		for i, v := range tensor.Data[bool](t) {
			if v {
				out[i] = 1
			}
		}
	default:
		return nil
	}
	return out
}

// shapesHold fails where a value of a run does not have the shape that was inferred.
func shapesHold(t *testing.T, g *graph.Graph, values map[string]tensor.Tensor) {
	t.Helper()
	for _, n := range g.Nodes {
		for _, s := range n.Outputs {
			got, known := values[s], g.Values[s]
			if !got.Valid() || known.Shape == nil {
				continue
			}
			if known.DType != got.DType() || len(known.Shape) != got.Rank() {
				t.Errorf("%s %q: inferred %v %v, is %v", n.Op, s, known.DType, known.Shape, got)
				continue
			}
			for i, d := range known.Shape {
				if d.Size >= 0 && d.Size != got.Dim(i) {
					t.Errorf("%s %q: inferred %v, is %v", n.Op, s, known.Shape, got)
				}
			}
		}
	}
}
