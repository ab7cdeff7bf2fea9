package signal_test

import (
	"fmt"

	"github.com/stratascope/stratascope/signal"
)

// Weights of variance 1 over the inputs of a unit are too small for ReLU: gradients halve from layer to layer.
func ExampleMeanField() {
	chi, err := signal.MeanField{Activation: signal.ReLU, Weight: 1}.Chi(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	layers, err := signal.DepthScale(chi)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("chi %.1f, gone in %.1f layers\n", chi, layers)
	// Output: chi 0.5, gone in 1.4 layers
}
