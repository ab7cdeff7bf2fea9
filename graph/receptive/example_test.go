package receptive_test

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/receptive"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// Two convolutions of 3, the first with a stride of 2: neighbours of the second's input lie two positions apart.
func ExampleOf() {
	g := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "N"}, {Size: 1}, {Size: 64}}}},
		Weights: map[string]tensor.Tensor{"w": tensor.New(tensor.Float32, 1, 1, 3)},
		Nodes: []graph.Node{
			{Op: "Conv", Inputs: []string{"x", "w"}, Outputs: []string{"a"}, Attributes: op.Attributes{"strides": []int64{2}}},
			{Op: "Conv", Inputs: []string{"a", "w"}, Outputs: []string{"b"}},
		},
		Outputs: []string{"b"},
	}
	g.Values = shape.Infer(g)
	for _, e := range receptive.Of(g).At("b") {
		if e.Axis == 2 {
			fmt.Printf("%v positions in steps of %v\n", e.Longest, e.Step)
		}
	}
	// Output: 7 positions in steps of 2
}
