package shape

import (
	"fmt"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// nest is loops within loops. In each the first value grows, so that nothing is known of it after a turn, nor of
// the second, which the first is added to, after two, nor of the third: followed without a bound they take
// 4^depth turns.
func nest(depth int) *graph.Graph {
	name := func(s string) string { return fmt.Sprint(s, depth) }
	g := &graph.Graph{Outputs: []string{name("goes"), name("a2"), name("b2"), name("c2")}}
	for _, s := range []string{"i", "goes", "a", "b", "c"} {
		g.Inputs = append(g.Inputs, graph.Value{Name: name(s)})
	}
	if depth > 0 {
		g.Nodes = []graph.Node{{Op: "Loop", Inputs: []string{"", "", "x", "x", "x"}, Outputs: []string{name("p"), name("q"), name("r")},
			Subgraphs: map[string]*graph.Graph{"body": nest(depth - 1)}}}
	}
	g.Nodes = append(g.Nodes,
		graph.Node{Op: "Concat", Inputs: []string{name("a"), name("a")}, Outputs: []string{name("a2")}, Attributes: map[string]any{"axis": int64(0)}},
		graph.Node{Op: "Add", Inputs: []string{name("b"), name("a")}, Outputs: []string{name("b2")}},
		graph.Node{Op: "Add", Inputs: []string{name("c"), name("b")}, Outputs: []string{name("c2")}})
	return g
}

// TestNestedLoopsAreBounded: what following loops may cost is bounded, and their types are lost at worst.
func TestNestedLoopsAreBounded(t *testing.T) {
	body := nest(24)
	g := &graph.Graph{Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: 2}}}}, Outputs: []string{"a", "b", "c"},
		Nodes: []graph.Node{{Op: "Loop", Inputs: []string{"", "", "x", "x", "x"}, Outputs: []string{"a", "b", "c"}, Subgraphs: map[string]*graph.Graph{"body": body}}}}
	if v := Infer(g)["a"]; v.Shape != nil {
		t.Errorf("what grows from turn to turn is inferred as %v", v.Shape)
	}
}

// TestBranchesAgree: what both branches of a condition give is known, and what differs is not.
func TestBranchesAgree(t *testing.T) {
	branch := func(out string, width int) *graph.Graph {
		return &graph.Graph{Outputs: []string{"same", out}, Weights: map[string]tensor.Tensor{out: tensor.New(tensor.Float32, width)},
			Nodes: []graph.Node{{Op: "Relu", Inputs: []string{"x"}, Outputs: []string{"same"}}}}
	}
	g := &graph.Graph{Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 3}}}, {Name: "c", DType: tensor.Bool, Shape: []graph.Dim{}}},
		Nodes: []graph.Node{{Op: "If", Inputs: []string{"c"}, Outputs: []string{"y", "z"}, Subgraphs: map[string]*graph.Graph{"then_branch": branch("p", 4), "else_branch": branch("q", 5)}}}}
	v := Infer(g)
	if y := v["y"]; len(y.Shape) != 2 || y.Shape[0].Param != "batch" || y.Shape[1].Size != 3 || y.DType != tensor.Float32 {
		t.Errorf("both branches give batch x 3, inferred is %v %v", y.DType, y.Shape)
	}
	if z := v["z"]; z.Shape != nil || z.DType != tensor.Float32 {
		t.Errorf("branches give 4 and 5, inferred is %v %v", z.DType, z.Shape)
	}
	for c, want := range map[bool]int{true: 4, false: 5} {
		g.Inputs, g.Weights = g.Inputs[:1], map[string]tensor.Tensor{"c": tensor.Scalar(c)}
		if z := Infer(g)["z"]; len(z.Shape) != 1 || z.Shape[0].Size != want {
			t.Errorf("the branch of %v gives %d, inferred is %v", c, want, z.Shape)
		}
	}
}

// TestOddSizes: a remainder of 0 of the sizes that are tried first is not one of every size; and what only fits
// even sizes stays known.
func TestOddSizes(t *testing.T) {
	open := func(name string) graph.Dim { return graph.Dim{Size: -1, Param: name} }
	g := &graph.Graph{Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{open("batch"), {Size: 3}, open("height"), open("width")}}},
		Weights: map[string]tensor.Tensor{"two": tensor.Of([]int64{2}, 1), "32": tensor.Of([]int64{32}, 1), "up": tensor.Of([]float32{1, 1, 2, 2}, 4)},
		Nodes: []graph.Node{
			{Op: "Shape", Inputs: []string{"x"}, Outputs: []string{"sizes"}},
			{Op: "Gather", Inputs: []string{"sizes", "two"}, Outputs: []string{"height"}},
			{Op: "Mod", Inputs: []string{"height", "32"}, Outputs: []string{"rest"}},
			{Op: "MaxPool", Inputs: []string{"x"}, Outputs: []string{"half"}, Attributes: map[string]any{"kernel_shape": []int64{2, 2}, "strides": []int64{2, 2}}},
			{Op: "Resize", Inputs: []string{"half", "", "up"}, Outputs: []string{"whole"}},
			{Op: "Concat", Inputs: []string{"x", "whole"}, Outputs: []string{"both"}, Attributes: map[string]any{"axis": int64(1)}},
		}}
	tracer := NewTracer(g.Inputs)
	for name, w := range g.Weights {
		tracer.Constant(name, w)
	}
	for i := range g.Nodes {
		tracer.Step(&g.Nodes[i])
		if w, ok := tracer.Fixed("rest"); ok {
			t.Errorf("the remainder is taken for %v", w)
		}
	}
	if v := tracer.Value("both"); len(v.Shape) != 4 || v.Shape[1].Size != 6 || v.Shape[2].Param != "height" {
		t.Errorf("both together have the shape %v, want batch x 6 x height x width", v.Shape)
	}
}
