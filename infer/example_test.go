package infer_test

import (
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// Accuracy 95/100 on one split and 85/100 on another: is the gap more than 0.02?
func ExampleNewcombe() {
	gap, err := infer.Newcombe(95, 100, 85, 100, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("0.10 in %.3f..%.3f\n", gap.Low, gap.High)
	// Output: 0.10 in 0.016..0.188
}

func ExampleEstimate_Above() {
	similarity := infer.Estimate{Value: 0.82, SE: 0.01, DF: 19}
	p, err := similarity.Above(0.8)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("p = %.3f\n", p)
	// Output: p = 0.030
}
