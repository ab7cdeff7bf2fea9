package native

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// What is joined into one step gives the bits of the separate steps, which stay where somebody wants the value
// in between, and where shapes are broadcast.
func TestJoined(t *testing.T) {
	wave := func(shape ...int) tensor.Tensor {
		v := tensor.New(tensor.Float32, shape...)
		for i := range v.Float32s() {
			v.Float32s()[i] = float32(math.Sin(float64(i*i + len(shape))))
		}
		return v
	}
	weights := map[string]tensor.Tensor{"zero": tensor.Scalar(float32(0)), "half": tensor.Scalar(float32(0.5))}
	mask := func(test, bound string) []graph.Node {
		return []graph.Node{{Name: "test", Op: test, Inputs: []string{"a", bound}, Outputs: []string{"between"}},
			{Name: "where", Op: "Where", Inputs: []string{"between", "b", "zero"}, Outputs: []string{"out"}}}
	}
	product := func(perm []int64, inputs ...string) []graph.Node {
		return []graph.Node{{Name: "turn", Op: "Transpose", Inputs: []string{"a"}, Outputs: []string{"between"}, Attributes: op.Attributes{"perm": perm}},
			{Name: "product", Op: "MatMul", Inputs: inputs, Outputs: []string{"out"}}}
	}
	whole := func(shape ...int) tensor.Tensor { // whose products have exact sums
		v := tensor.New(tensor.Float32, shape...)
		for i := range v.Float32s() {
			v.Float32s()[i] = float32(i*i%7 - 3)
		}
		return v
	}
	sum := func(reduce string, keep int64, axes ...int64) []graph.Node {
		weights["axes"+reduce+fmt.Sprint(axes)] = tensor.Of(axes, len(axes))
		return []graph.Node{{Name: "product", Op: "Mul", Inputs: []string{"a", "b"}, Outputs: []string{"between"}},
			{Name: "sum", Op: reduce, Inputs: []string{"between", "axes" + reduce + fmt.Sprint(axes)}, Outputs: []string{"out"}, Attributes: op.Attributes{"keepdims": keep}}}
	}
	for _, c := range []struct {
		name  string
		nodes []graph.Node
		a, b  tensor.Tensor
		steps int
	}{
		{"above", mask("Greater", "zero"), wave(3, 5), wave(3, 5), 1},
		{"below", mask("Less", "half"), wave(70, 500), wave(70, 500), 1},
		{"broadcast", mask("Greater", "zero"), wave(3, 1), wave(1, 5), 1},
		{"left", product([]int64{1, 0}, "between", "b"), wave(7, 5), wave(7, 3), 1},
		{"right", product([]int64{1, 0}, "b", "between"), wave(5, 7), wave(3, 7), 1},
		{"stack", product([]int64{0, 2, 1}, "between", "b"), wave(6, 7, 5), wave(7, 3), 1},
		{"stacks", product([]int64{0, 1, 3, 2}, "b", "between"), wave(2, 3, 5, 7), wave(2, 3, 4, 7), 1},
		{"another order", product([]int64{1, 0, 2}, "between", "b"), wave(3, 2, 7), wave(7, 3), 2},
		{"sum around channels", sum("ReduceSum", 1, 0, 2, 3), whole(3, 5, 9, 8), whole(3, 5, 9, 8), 1},
		{"mean of rows", sum("ReduceMean", 0, -1), whole(4, 70), whole(4, 70), 1},
		{"sum of all", sum("ReduceSum", 0, 0, 1), whole(4, 70), whole(4, 70), 1},
		{"sum of columns", sum("ReduceSum", 1, 1), whole(4, 7, 3), whole(4, 7, 3), 1},
		{"mean of what is broadcast", sum("ReduceMean", 1, 1), whole(4, 1), whole(1, 7), 1},
		{"with itself", product([]int64{1, 0}, "between", "between"), wave(4, 4), wave(1), 2},
	} {
		value := func(name string, v tensor.Tensor) graph.Value {
			out := graph.Value{Name: name, DType: tensor.Float32}
			for _, n := range v.Shape() {
				out.Shape = append(out.Shape, graph.Dim{Size: n})
			}
			return out
		}
		g := &graph.Graph{Inputs: []graph.Value{value("a", c.a), value("b", c.b)}, Nodes: c.nodes, Outputs: []string{"out"}, Weights: weights}
		run := func(wanted ...string) (out []float32, steps int) {
			p, err := compile(t.Context(), g, engine.Options{Values: wanted, Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(t.Context(), map[string]tensor.Tensor{"a": c.a, "b": c.b}, func(name string, v tensor.Tensor) error {
				if name == "out" {
					out = slices.Clone(v.Float32s())
				}
				return nil
			}); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			return out, len(p.steps)
		}
		joined, steps := run()
		apart, all := run("between")
		if steps != c.steps || all != 2 {
			t.Errorf("%s: %d steps, %d where the value between is wanted, want %d and 2", c.name, steps, all, c.steps)
		}
		if len(joined) == 0 || !slices.Equal(joined, apart) {
			t.Errorf("%s: %v, in separate steps %v", c.name, joined, apart)
		}
	}
}
