package grad_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// TestIf: the gradient is that of the graph that the condition chooses, in the second derivative too.
func TestIf(t *testing.T) {
	node := func(operator string, out string, in ...string) graph.Node {
		return graph.Node{Name: out, Op: operator, Inputs: in, Outputs: []string{out}}
	}
	inner := map[string]*graph.Graph{
		"then_branch": {Nodes: []graph.Node{node("Mul", "square", "h", "w"), node("Exp", "a", "square")}, Outputs: []string{"a"}},
		"else_branch": {Nodes: []graph.Node{node("Sin", "b", "x")}, Outputs: []string{"b"}, Weights: map[string]tensor.Tensor{}},
	}
	v := func(name string) graph.Value {
		return graph.Value{Name: name, DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "n"}}}
	}
	g := &graph.Graph{
		Inputs: []graph.Value{v("x"), {Name: "c", DType: tensor.Bool, Shape: []graph.Dim{}}}, Outputs: []string{"y"},
		Weights: map[string]tensor.Tensor{"w": tensor.Of([]float32{0.5, -0.25, 0.75}, 3)}, Values: map[string]graph.Value{"x": v("x"), "z": v("z")},
		Nodes: []graph.Node{node("Tanh", "h", "x"), {Name: "choose", Op: "If", Inputs: []string{"c"}, Outputs: []string{"z"}, Subgraphs: inner}, node("Mul", "y", "z", "h")},
	}
	for i := range g.Inputs[:1] {
		g.Inputs[i].Shape = []graph.Dim{{Size: 3}}
	}
	g.Inputs = append(g.Inputs, graph.Value{Name: "w", DType: tensor.Float32, Shape: []graph.Dim{{Size: 3}}})
	for _, c := range []bool{true, false} {
		feeds := map[string]tensor.Tensor{"x": random(rand.New(rand.NewPCG(1, 2)), 3), "c": tensor.Scalar(c), "w": floats(0.5, -0.25, 0.75)}
		wrt := []string{"x", "w"}
		first, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "y"}}, Values: wrt})
		if err != nil {
			t.Fatal(err)
		}
		total := func(values map[string]tensor.Tensor, names ...string) (sum float64) {
			for _, name := range names {
				for _, v := range values[name].Float64s() {
					sum += v
				}
			}
			return sum
		}
		agree(t, "first", 3, first, wrt, feeds, func(f map[string]tensor.Tensor) float64 { return total(run(t, g, f, nil, true), "y") })
		single(t, first, wrt, feeds)
		second, err := grad.Of(t.Context(), first.Graph, grad.Request{Seeds: []grad.Seed{{Value: first.Names["x"]}, {Value: first.Names["w"]}}, Values: wrt})
		if err != nil {
			t.Fatal(err)
		}
		agree(t, "second", 3, second, wrt, feeds, func(f map[string]tensor.Tensor) float64 {
			return total(run(t, first.Graph, f, names(first, wrt), true), names(first, wrt)...)
		})
		if d := run(t, first.Graph, feeds, []string{first.Names["w"]}, true)[first.Names["w"]].Float64s()[0]; (d == 0) == c || math.IsNaN(d) {
			t.Errorf("condition %v: the weight of the first graph has the gradient %g", c, d)
		}
	}
}

// TestIfOfSizes: a condition on sizes is known once they are fixed; the graph that it never chooses needs
// no gradient, and the rank of what the other gives is known.
func TestIfOfSizes(t *testing.T) {
	node := func(operator string, out string, in ...string) graph.Node {
		return graph.Node{Name: out, Op: operator, Inputs: in, Outputs: []string{out}}
	}
	of := func(last graph.Dim) *graph.Graph {
		g := &graph.Graph{
			Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: 2}, {Size: 3}, last}}}, Outputs: []string{"y"},
			Weights: map[string]tensor.Tensor{"one": ints(1), "two": ints(2), "three": ints(3), "last": ints(-1)},
			Nodes: []graph.Node{node("Shape", "sizes", "x"), node("Slice", "size", "sizes", "two", "three"), node("Equal", "single", "size", "one"),
				{Name: "choose", Op: "If", Inputs: []string{"single"}, Outputs: []string{"z"}, Subgraphs: map[string]*graph.Graph{
					"then_branch": {Nodes: []graph.Node{node("Squeeze", "a", "x", "two")}, Outputs: []string{"a"}},
					"else_branch": {Nodes: []graph.Node{node("Unique", "b", "x")}, Outputs: []string{"b"}},
				}}, node("Sin", "s", "z"), node("Slice", "y", "s", "one", "three", "last")},
		}
		g.Values = shape.Infer(g)
		return g
	}
	r := grad.Request{Seeds: []grad.Seed{{Value: "y"}}, Values: []string{"x"}}
	if _, err := grad.Of(t.Context(), of(graph.Dim{Size: -1, Param: "steps"}), r); err == nil {
		t.Error("a condition on a size that is not fixed chose a graph")
	}
	g := of(graph.Dim{Size: 1})
	first, err := grad.Of(t.Context(), g, r)
	if err != nil {
		t.Fatal(err)
	}
	agree(t, "fixed sizes", 6, first, r.Values, map[string]tensor.Tensor{"x": random(rand.New(rand.NewPCG(1, 3)), 2, 3, 1)}, func(f map[string]tensor.Tensor) (sum float64) {
		for _, v := range run(t, g, f, nil, true)["y"].Float64s() {
			sum += v
		}
		return sum
	})
}
