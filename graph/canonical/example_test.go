package canonical_test

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
)

// A linear layer as exporters of opset 11 may write it: a product, a bias apart, a clip for its
// activation, and a dropout that means nothing any more.
func ExampleImport() {
	m := &onnx.Model{IRVersion: 7, OpsetImports: []*onnx.Opset{{Version: 11}}, Graph: &onnx.Graph{
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("x", onnx.Float, onnx.Param("N"), onnx.Fixed(2))},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("y", onnx.Float)},
		Initializers: []*onnx.Tensor{
			onnx.NewFloatTensor("fc.weight", []int64{2, 3}, []float32{1, 0, 1, 0, 1, 1}),
			onnx.NewFloatTensor("fc.bias", []int64{3}, []float32{0, 0, -1}),
			onnx.NewFloatTensor("low", nil, []float32{0}), onnx.NewFloatTensor("high", nil, []float32{6})},
		Nodes: []*onnx.Node{
			{OpType: "MatMul", Inputs: []string{"x", "fc.weight"}, Outputs: []string{"a"}},
			{OpType: "Add", Inputs: []string{"fc.bias", "a"}, Outputs: []string{"b"}},
			{OpType: "Clip", Inputs: []string{"b", "low", "high"}, Outputs: []string{"c"}},
			{OpType: "Dropout", Inputs: []string{"c"}, Outputs: []string{"y"}}}}}
	g, err := canonical.Import(context.Background(), m, canonical.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range g.Layers {
		fmt.Println(l.Name, l.Op, l.Activation, l.Shape, l.Parameters, "after", l.After)
	}
	// Output:
	// fc Linear Relu6 [3] 9 after [input]
}
