package metric_test

import (
	"fmt"

	"github.com/stratascope/stratascope/metric"
)

func ExampleReliability() {
	confidence := []float64{0.95, 0.85, 0.75, 0.65}
	correct := []bool{true, true, false, true}
	bins, err := metric.Reliability(confidence, correct, metric.Bins{Count: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range bins {
		fmt.Printf("%d samples, confidence %.2f, %d correct\n", b.N, b.Confidence, b.Correct)
	}
	// Output:
	// 2 samples, confidence 0.70, 1 correct
	// 2 samples, confidence 0.90, 2 correct
}
