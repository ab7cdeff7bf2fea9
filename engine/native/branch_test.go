package native

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// chooser is h = x w, y = the mean of x above 0 ? relu(h + b) of a branch within a branch : h, and the
// product is read by the branches alone.
func chooser() *graph.Graph {
	inner := &graph.Graph{Outputs: []string{"r"}, Nodes: []graph.Node{{Op: "Relu", Inputs: []string{"a"}, Outputs: []string{"r"}}}}
	never := &graph.Graph{Outputs: []string{"b"}, Weights: map[string]tensor.Tensor{"b": tensor.Scalar(float32(-7))}}
	then := &graph.Graph{Outputs: []string{"out"}, Weights: map[string]tensor.Tensor{"b": tensor.Of([]float32{1, -1}, 2)}, Nodes: []graph.Node{
		{Op: "Add", Inputs: []string{"h", "b"}, Outputs: []string{"a"}},
		{Op: "If", Inputs: []string{"c"}, Outputs: []string{"out"}, Subgraphs: map[string]*graph.Graph{"then_branch": inner, "else_branch": never}},
	}}
	otherwise := &graph.Graph{Outputs: []string{"h"}}
	return &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 2}}}},
		Outputs: []string{"y"},
		Weights: map[string]tensor.Tensor{"w": tensor.Of([]float32{1, 2, 3, 4}, 2, 2), "zero": tensor.Scalar(float32(0))},
		Nodes: []graph.Node{
			{Op: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"h"}},
			{Op: "ReduceMean", Inputs: []string{"x"}, Outputs: []string{"m"}, Attributes: map[string]any{"keepdims": int64(0)}},
			{Op: "Greater", Inputs: []string{"m", "zero"}, Outputs: []string{"c"}},
			{Op: "If", Name: "choose", Inputs: []string{"c"}, Outputs: []string{"s"}, Subgraphs: map[string]*graph.Graph{"then_branch": then, "else_branch": otherwise}},
			{Op: "Neg", Inputs: []string{"s"}, Outputs: []string{"y"}},
		},
	}
}

// TestIf runs both branches, one after the other, so that memory of the first is reused.
func TestIf(t *testing.T) {
	for _, wide := range []bool{false, true} {
		p, err := Engine{}.Compile(context.Background(), chooser(), engine.Options{Float64: wide, Memory: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ x, want []float32 }{
			{[]float32{1, -0.5, 0, 1}, []float32{-0.5, 0, -4, -3}}, // h = -0.5 0, 3 4
			{[]float32{-1, 0, 0, -1}, []float32{1, 2, 3, 4}},
			{[]float32{1, 1, 2, 0}, []float32{-5, -5, -3, -3}},
		} {
			var got []float64
			err := p.Run(context.Background(), map[string]tensor.Tensor{"x": tensor.Of(c.x, 2, 2)}, func(_ string, y tensor.Tensor) error {
				got = widened(y.Clone()).Float64s()
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range c.want {
				if math.Abs(got[i]-float64(w)) > 1e-6 {
					t.Errorf("x %v (wide %v): %v, want %v", c.x, wide, got, c.want)
					break
				}
			}
		}
		p.Close()
	}
}

// TestIfRefused: what a branch cannot run is said at compile time, at the place of the If; a condition of
// several elements is an error of the run.
func TestIfRefused(t *testing.T) {
	g := chooser()
	g.Nodes[3].Subgraphs["then_branch"].Nodes[1].Subgraphs["else_branch"].Nodes = []graph.Node{{Op: "Frobnicate", Inputs: []string{"a"}, Outputs: []string{"b2"}}}
	g.Nodes[3].Subgraphs["then_branch"].Nodes[1].Subgraphs["else_branch"].Outputs = []string{"b2"}
	var u *engine.UnsupportedError
	if _, err := (Engine{}).Compile(context.Background(), g, engine.Options{}); !errors.As(err, &u) || u.Op != "Frobnicate" || u.Index != 4 {
		t.Errorf("an unknown operator two branches deep gives %v", err)
	}
	g = chooser()
	delete(g.Nodes[3].Subgraphs, "else_branch")
	if _, err := (Engine{}).Compile(context.Background(), g, engine.Options{}); !errors.As(err, &u) || u.Op != "If" {
		t.Errorf("an If without an else gives %v", err)
	}
	g = chooser()
	g.Nodes[1].Op, g.Nodes[1].Attributes = "Identity", nil
	p, err := Engine{}.Compile(context.Background(), g, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	feeds := map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, 4, 2)}
	if err := p.Run(context.Background(), feeds, nil); err == nil {
		t.Error("a condition of eight elements was taken")
	}
}

// TestNamesAroundBranches: a branch may give what an Identity around it renamed, and may use a name again
// that an Identity around it has, for a value of its own.
func TestNamesAroundBranches(t *testing.T) {
	graphOf := func(out string, nodes ...*onnx.Node) *onnx.Graph {
		return &onnx.Graph{Name: out, Nodes: nodes, Outputs: []*onnx.ValueInfo{onnx.NewValue(out, onnx.Float)}}
	}
	node := func(op, in, out string) *onnx.Node {
		return &onnx.Node{OpType: op, Inputs: []string{in}, Outputs: []string{out}}
	}
	choose := node("If", "c", "y")
	choose.Attributes = []*onnx.Attribute{onnx.NewAttribute("then_branch", graphOf("a")),
		onnx.NewAttribute("else_branch", graphOf("e", node("Neg", "x", "b"), node("Relu", "b", "e")))}
	m := &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.Opset{{Version: 16}}, Graph: &onnx.Graph{Name: "g",
		Nodes:   []*onnx.Node{node("Identity", "x", "a"), node("Identity", "x", "b"), choose},
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("x", onnx.Float, onnx.Fixed(2)), onnx.NewValue("c", onnx.Bool)},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("y", onnx.Float)}}}
	g, err := canonical.Import(context.Background(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Engine{}.Compile(context.Background(), g, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for c, want := range map[bool]float32{true: -3, false: 3} {
		feeds := map[string]tensor.Tensor{"x": tensor.Of([]float32{-3, -3}, 2), "c": tensor.Scalar(c)}
		if err := p.Run(context.Background(), feeds, func(_ string, y tensor.Tensor) error {
			if got := y.Float32s()[0]; got != want {
				t.Errorf("condition %v gives %v, want %v", c, got, want)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
}
