package grad_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// TestScan: states, rows in both directions along any axis and a weight from around, once and twice.
func TestScan(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	for axis := range 3 {
		for way := range 4 {
			read, give := way/2, way%2
			t.Run(fmt.Sprint("read ", read, " give ", give, " axis ", axis), func(t *testing.T) {
				node := func(operator, out string, in ...string) graph.Node {
					return graph.Node{Name: out, Op: operator, Inputs: in, Outputs: []string{out}}
				}
				v := func(name string, sizes ...int) graph.Value {
					v := graph.Value{Name: name, DType: tensor.Float32}
					for _, n := range sizes {
						v.Shape = append(v.Shape, graph.Dim{Size: n})
					}
					return v
				}
				count := graph.Value{Name: "n", DType: tensor.Int64, Shape: []graph.Dim{}}
				body := &graph.Graph{
					Inputs: []graph.Value{v("h", 2, 3), count, v("e", 2, 3)}, Outputs: []string{"next", "more", "o", "next"},
					Weights: map[string]tensor.Tensor{"one": tensor.Scalar(int64(1))},
					Nodes:   []graph.Node{node("MatMul", "p", "h", "w"), node("Add", "s", "p", "e"), node("Tanh", "next", "s"), node("Add", "more", "n", "one"), node("Mul", "o", "next", "e")},
				}
				g := &graph.Graph{
					Inputs: []graph.Value{v("x", 0, 2, 3), v("first", 2, 3), v("w", 3, 3)}, Outputs: []string{"last", "rows"},
					Weights: map[string]tensor.Tensor{"w": tensor.New(tensor.Float32, 3, 3), "zero": tensor.Scalar(int64(0))},
					Nodes: []graph.Node{{Name: "scan", Op: "Scan", Inputs: []string{"first", "zero", "x"}, Outputs: []string{"last", "count", "rows", "states"},
						Attributes: attr("num_scan_inputs", 1, "scan_input_directions", l{read}, "scan_output_directions", l{give, read}),
						Subgraphs:  map[string]*graph.Graph{"body": body}}},
				}
				sizes := slices.Insert([]int{2, 3}, axis, 4)
				g.Inputs[0] = v("x", sizes...)
				g.Inputs[0].Shape[axis] = graph.Dim{Size: -1, Param: "steps"}
				if axis > 0 {
					g.Nodes[0].Attributes["scan_input_axes"], g.Nodes[0].Attributes["scan_output_axes"] = []int64{int64(axis)}, []int64{int64(axis) - 3, 1}
				}
				g.Values = shape.Infer(g)
				feeds := map[string]tensor.Tensor{"x": random(r, sizes...), "first": random(r, 2, 3), "w": random(r, 3, 3)}
				wrt := []string{"x", "first", "w"}
				var seeds []grad.Seed
				out := run(t, g, feeds, []string{"states"}, true)
				for _, name := range []string{"last", "rows", "states"} {
					seeds = append(seeds, grad.Seed{Value: name, By: "by " + name})
					feeds["by "+name] = random(r, out[name].Shape()...)
				}
				first, err := grad.Of(t.Context(), g, grad.Request{Seeds: seeds, Values: wrt})
				if err != nil {
					t.Fatal(err)
				}
				forward := runner(t, g, []string{"states"}, true)
				agree(t, "first", 24, first, wrt, feeds, func(f map[string]tensor.Tensor) (sum float64) {
					out := forward(without(f, seeds))
					for _, s := range seeds {
						sum += dot(out[s.Value], f[s.By])
					}
					return sum
				})
				single(t, first, wrt, feeds)
				(&check{}).twice(t, first, wrt, feeds, true)
			})
		}
	}
}

// TestLoop: a fixed number of turns, whose number is read, and ends by a condition.
func TestLoop(t *testing.T) {
	node := func(operator, out string, in ...string) graph.Node {
		n := graph.Node{Name: out, Op: operator, Inputs: in, Outputs: []string{out}}
		if operator == "Cast" {
			n.Attributes = attr("to", 1)
		}
		return n
	}
	body := &graph.Graph{
		Inputs:  []graph.Value{{Name: "i", DType: tensor.Int64, Shape: []graph.Dim{}}, {Name: "goes", DType: tensor.Bool, Shape: []graph.Dim{}}, {Name: "h", DType: tensor.Float32}},
		Outputs: []string{"still", "next", "row"},
		Nodes:   []graph.Node{node("Identity", "still", "goes"), node("Cast", "number", "i"), node("Mul", "p", "h", "w"), node("Add", "q", "p", "number"), node("Sin", "next", "q"), node("Mul", "row", "q", "q")},
	}
	v := graph.Value{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}}}
	g := &graph.Graph{Inputs: []graph.Value{v, {Name: "w", DType: tensor.Float32, Shape: []graph.Dim{}}}, Outputs: []string{"last", "rows"},
		Weights: map[string]tensor.Tensor{"w": tensor.Scalar(float32(0)), "turns": tensor.Scalar(int64(4))},
		Nodes:   []graph.Node{{Name: "loop", Op: "Loop", Inputs: []string{"turns", "", "x"}, Outputs: []string{"last", "rows"}, Subgraphs: map[string]*graph.Graph{"body": body}}}}
	g.Values = shape.Infer(g)
	feeds := map[string]tensor.Tensor{"x": floats(0.5, -1.25), "w": scalar(0.75)}
	wrt := []string{"x", "w"}
	first, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "last"}, {Value: "rows"}}, Values: wrt})
	if err != nil {
		t.Fatal(err)
	}
	forward := runner(t, g, nil, true)
	agree(t, "first", 3, first, wrt, feeds, func(f map[string]tensor.Tensor) (sum float64) {
		for _, x := range forward(f) {
			for _, v := range x.Float64s() {
				sum += v
			}
		}
		return sum
	})
	single(t, first, wrt, feeds)
	(&check{}).twice(t, first, wrt, feeds, true)

	body.Nodes = append(body.Nodes[1:], node("ReduceMax", "most", "p"), node("Less", "still", "most", "bound"))
	g.Weights["bound"] = tensor.Scalar(float32(0.65))
	for _, count := range []string{"", "turns"} { // ends by a value, or by that or the number of turns
		g.Nodes[0].Inputs[0] = count
		feeds := map[string]tensor.Tensor{"x": feeds["x"], "w": feeds["w"]}
		g.Values = shape.Infer(g)
		conditioned, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "last"}, {Value: "rows"}}, Values: wrt})
		if err != nil {
			t.Fatal(err)
		}
		forward := runner(t, g, nil, true)
		if rows := forward(feeds)["rows"]; rows.Dim(0) < 2 || rows.Dim(0) > 3 {
			t.Errorf("%d turns, want 2 or 3", rows.Dim(0))
		}
		agree(t, "by a condition", 3, conditioned, wrt, feeds, func(f map[string]tensor.Tensor) (sum float64) {
			for _, x := range forward(f) {
				for _, v := range x.Float64s() {
					sum += v
				}
			}
			return sum
		})
		single(t, conditioned, wrt, feeds)
	}
}
