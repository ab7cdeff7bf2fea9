package grad_test

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/tensor"
)

// The gradient of y = (x w)^2 with respect to its weight, and again of that: 2 x^2 w and 2 x^2.
func ExampleOf() {
	network := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{}}},
		Weights: map[string]tensor.Tensor{"w": tensor.Scalar(float32(5))},
		Nodes: []graph.Node{
			{Name: "product", Op: "Mul", Inputs: []string{"x", "w"}, Outputs: []string{"product"}},
			{Name: "square", Op: "Mul", Inputs: []string{"product", "product"}, Outputs: []string{"y"}},
		},
		Outputs: []string{"y"},
	}
	first, err := grad.Of(context.Background(), network, grad.Request{Seeds: []grad.Seed{{Value: "y"}}, Values: []string{"w"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := grad.Of(context.Background(), first.Graph, grad.Request{Seeds: []grad.Seed{{Value: first.Names["w"]}}, Values: []string{"w"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	values := []string{first.Names["w"], second.Names["w"]}
	program, err := native.Engine{}.Compile(context.Background(), second.Graph, engine.Options{Values: values})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer program.Close()
	feeds := map[string]tensor.Tensor{"x": tensor.Scalar(float32(3))}
	_ = program.Run(context.Background(), feeds, func(name string, t tensor.Tensor) error {
		fmt.Println(name, t.Float32s()[0])
		return nil
	})
	// Output:
	// y 225
	// w.grad 90
	// w.grad_2 18
}
