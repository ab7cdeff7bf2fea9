package density_test

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/density"
)

func ExampleProjection_Residual() {
	// Samples near a line; the fifth lies beside it.
	x := []float32{-2, -2, -1, -1, 1, 1, 2, 2, 1, -1}
	p, err := density.Project(context.Background(), 1, x[:8], 4, 2, 0, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := p.Residual(x, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", r)
	// Output: [0.00 0.00 0.00 0.00 1.00]
}
