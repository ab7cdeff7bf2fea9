package divergence_test

import (
	"fmt"

	"github.com/stratascope/stratascope/divergence"
)

func ExampleJS() {
	js, err := divergence.JS([]float64{0.5, 0.5}, []float64{1, 0})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f nats\n", js)
	// Output: 0.215762 nats
}
