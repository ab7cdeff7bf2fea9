package train_test

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// A line through four points.
func ExampleRun() {
	network := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 1}}}},
		Weights: map[string]tensor.Tensor{"slope": tensor.Of([]float32{0}, 1, 1), "offset": tensor.Of([]float32{0}, 1)},
		Nodes:   []graph.Node{{Name: "line", Op: "Gemm", Inputs: []string{"x", "slope", "offset"}, Outputs: []string{"y"}}},
		Outputs: []string{"y"},
	}
	points := train.Tensors{
		"x":      tensor.Of([]float32{0, 1, 2, 3}, 4, 1),
		"height": tensor.Of([]float32{1, 3, 5, 7}, 4),
	}
	result, err := train.Run(context.Background(), network, points, train.Options{
		Losses:    []train.Term{{Loss: train.MSE{}, Target: "height"}},
		Optimiser: train.SGD{Momentum: 0.9},
		Schedule:  train.Cosine{Start: 0.05},
		Batch:     4,
		Steps:     300,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := result.Graph.Weights
	fmt.Printf("%.3f x + %.3f\n", w["slope"].Float32s()[0], w["offset"].Float32s()[0])
	// Output: 2.000 x + 1.000
}
