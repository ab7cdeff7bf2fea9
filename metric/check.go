package metric

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

func sameLength(what string, a, b int) error {
	if a != b {
		return fmt.Errorf("%d labels and %d %s, want as many: %w", a, b, what, infer.ErrRange)
	}
	if a == 0 {
		return fmt.Errorf("no samples: %w", infer.ErrTooFew)
	}
	return nil
}

func checkClasses(what string, labels []int32, classes int) error {
	for i, c := range labels {
		if c < 0 || int(c) >= classes {
			return fmt.Errorf("%s of sample %d is %d, want 0 to %d: %w", what, i, c, classes-1, infer.ErrRange)
		}
	}
	return nil
}

// checkRows checks that p holds a row of class probabilities for every label.
func checkRows(labels []int32, p []float64, classes int) error {
	if classes < 1 || len(p) != len(labels)*classes {
		return fmt.Errorf("%d probabilities for %d samples of %d classes: %w", len(p), len(labels), classes, infer.ErrRange)
	}
	if err := sameLength("rows", len(labels), len(p)/classes); err != nil {
		return err
	}
	if err := checkProbabilities(p, classes); err != nil {
		return err
	}
	return checkClasses("label", labels, classes)
}

func checkProbabilities(p []float64, classes int) error {
	for i, v := range p {
		if !(v >= 0 && v <= 1+1e-6) {
			return fmt.Errorf("probability of class %d of sample %d is %v, want 0 to 1: %w", i%classes, i/classes, v, reasonOf(v))
		}
	}
	return nil
}

func reasonOf(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return infer.ErrNotFinite
	}
	return infer.ErrRange
}
