package canonical

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/onnx"
)

// TestImportIsBounded: small files whose constants, or whose shapes, take long to calculate are imported all
// the same, with what was too much left as nodes. Pools of large windows went on for minutes: they were
// counted as one step an element.
func TestImportIsBounded(t *testing.T) {
	const side = 600
	repeated := func(op string, count int, attributes ...*onnx.Attribute) []*onnx.Node {
		var out []*onnx.Node
		last := ""
		for i := range count {
			y := fmt.Sprint("p", i)
			out = append(out, node(op, fmt.Sprint("n", i), "big", y, attributes...))
			if last != "" {
				out = append(out, node("Add", "", last+" "+y, fmt.Sprint("s", i)))
				y = fmt.Sprint("s", i)
			}
			last = y
		}
		return append(out, node("ReduceMax", "", last, "m", attr("keepdims", int64(0))), node("Add", "", "x m", "y"))
	}
	window := []*onnx.Attribute{attr("kernel_shape", []int64{side / 2, side / 2})}
	values := make([]float32, side*side)
	for i := range values {
		values[i] = float32(i*i%1009) - 500
	}
	for _, c := range []struct {
		op    string
		nodes []*onnx.Node
		shape []int64
	}{
		{"MaxPool", repeated("MaxPool", 40, window...), []int64{1, 1, side, side}},
		{"AveragePool", repeated("AveragePool", 40, window...), []int64{1, 1, side, side}},
		{"Det", repeated("Det", 4), []int64{side, side}},
	} {
		h := habit{model: model(18, c.nodes...)}.prepared()
		h.weights(onnx.NewFloatTensor("big", c.shape, values))
		g, err := Import(h.model, Options{MaxSteps: 1 << 24})
		if err != nil {
			t.Errorf("%s: %v", c.op, err)
		} else if !slices.Contains(ops(g), c.op) {
			t.Errorf("%s: all of it was folded: %v", c.op, ops(g))
		}
		// The same with the large value fed, so that nothing but its shape is known.
		fed := model(18, c.nodes...)
		var dims []onnx.Dim
		for _, d := range c.shape {
			dims = append(dims, onnx.Fixed(d))
		}
		fed.Graph.Inputs = append(fed.Graph.Inputs, onnx.NewValue("big", onnx.Float, dims...))
		if g, err = Import(fed, Options{}); err != nil || !slices.Contains(ops(g), c.op) {
			t.Errorf("%s, fed: %v", c.op, err)
		}
	}
}
