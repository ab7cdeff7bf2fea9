package twin_test

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/twin"
	"github.com/stratascope/stratascope/tensor"
)

// Five twins of a network are drawn by its own law.
func ExampleOf() {
	weight := tensor.Of([]float32{0.5, -0.25, -0.5, 0.25, 0.5, 0.125, -0.375, 0.5}, 2, 4)
	g := &graph.Graph{Weights: map[string]tensor.Tensor{"fc.weight": weight}, Layers: []graph.Layer{{Name: "fc", Op: "Linear", Units: 2, Weight: "fc.weight"}}}
	fmt.Println(twin.Recognise(g)["Linear"].Name)
	for k := range twin.Least {
		t, err := twin.Of(g, 1, k, twin.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.2f\n", t.Weights["fc.weight"].Float32s()[0])
	}
	// Output:
	// He normal
	// 0.21
	// 0.61
	// 0.34
	// -0.28
	// -0.36
}
