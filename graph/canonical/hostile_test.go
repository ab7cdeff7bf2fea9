package canonical

import (
	"context"
	"errors"
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
		g, err := Import(context.Background(), h.model, Options{MaxSteps: 1 << 24})
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
		if g, err = Import(context.Background(), fed, Options{}); err != nil || !slices.Contains(ops(g), c.op) {
			t.Errorf("%s, fed: %v", c.op, err)
		}
	}
}

// TestImportStops: whatever an import is at when its context ends, it leaves off.
func TestImportStops(t *testing.T) {
	const side = 120
	window := attr("kernel_shape", []int64{side / 2, side / 2})
	pool := node("MaxPool", "pool", "big", "p", window)
	sum := []*onnx.Node{pool, node("ReduceMax", "", "p", "m", attr("keepdims", int64(0))), node("Add", "", "x m", "y")}
	values := make([]float32, side*side)
	h := habit{model: model(18, sum...)}.prepared()
	h.weights(onnx.NewFloatTensor("big", []int64{1, 1, side, side}, values))
	all := &asked{Context: context.Background()}
	if g, err := Import(all, h.model, Options{}); err != nil || len(ops(g)) > 1 {
		t.Fatalf("%v, %v: the pool was not folded", ops(g), err)
	}
	if all.times < 100 { // the pool alone is about 1600 blocks of work
		t.Errorf("asked %d times", all.times)
	}
	for _, after := range []int{0, 3, all.times / 2, all.times - 1} {
		ctx := &asked{Context: context.Background(), limit: after + 1}
		g, err := Import(ctx, h.model, Options{})
		if g != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after %d questions: %v, %v", after, g, err)
		}
		if more := ctx.times - ctx.limit; more > 20 {
			t.Errorf("cancelled after %d questions: %d more were asked", after, more)
		}
	}
}

// asked is a context that ends after so many questions; 0 is never.
type asked struct {
	context.Context
	times, limit int
}

func (a *asked) Err() error {
	if a.times++; a.limit > 0 && a.times >= a.limit {
		return context.Canceled
	}
	return nil
}
