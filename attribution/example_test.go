package attribution_test

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/attribution"
)

// What two elements add to their product, beside a baseline of zeros.
func ExampleExact() {
	product := func(_ context.Context, x []float64, n int) ([]float64, error) {
		y := make([]float64, n)
		for i := range y {
			y[i] = x[2*i] * x[2*i+1]
		}
		return y, nil
	}
	game, players, err := attribution.Masked(product, []float64{2, 3}, []float64{0, 0}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	shares, err := attribution.Exact(context.Background(), game, players)
	if err != nil {
		fmt.Println(err)
		return
	}
	for p, v := range shares.Values {
		fmt.Printf("element %d adds %.0f\n", p, v.Value)
	}
	// Output:
	// element 0 adds 3
	// element 1 adds 3
}
