package spectra_test

import (
	"fmt"

	"github.com/stratascope/stratascope/spectra"
)

func ExampleNoise() {
	noise := spectra.Noise{Rows: 100, Columns: 25, Variance: 1}
	low, high, err := noise.Edges()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("noise lies between %.2f and %.2f\n", low, high)
	// Output: noise lies between 0.25 and 2.25
}
