package onnx_test

import (
	"fmt"
	"log"

	"github.com/stratascope/stratascope/onnx"
)

// Read a model, make sure of it, and look at what it consists of.
func Example() {
	m, err := onnx.Read("testdata/nested.onnx", onnx.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	if err := onnx.Check(m); err != nil {
		log.Fatal(err)
	}
	fmt.Println("opset", m.Opset(""))
	for _, v := range m.Graph.Inputs {
		fmt.Println("input", v.Name, v.Type)
	}
	for _, n := range m.Graph.Nodes {
		fmt.Println("node", n.OpType, n.Inputs, n.Outputs)
	}
	// Output:
	// opset 20
	// input x FLOAT[N,3]
	// input c BOOL[]
	// node If [c] [z]
	// node Soft [z] [y]
}
