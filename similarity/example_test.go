package similarity_test

import (
	"fmt"

	"github.com/stratascope/stratascope/similarity"
)

func ExampleCKA() {
	x := similarity.Matrix{X: []float32{1, 0, 0, 1, -1, 0, 0, -1}, N: 4, D: 2}
	first := similarity.Matrix{X: []float32{1, 0, -1, 0}, N: 4, D: 1}
	v, err := similarity.CKA(x, first)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f\n", v)
	// Output: 0.707107
}
