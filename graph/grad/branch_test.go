package grad_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
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
