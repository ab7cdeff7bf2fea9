package infer

import (
	"errors"
	"fmt"
	"math"
)

// The reasons why a number is not to be had. Callers match them with errors.Is.
var (
	ErrTooFew    = errors.New("too few values")
	ErrConstant  = errors.New("all values are equal")
	ErrNotFinite = errors.New("value is not finite")
	ErrRange     = errors.New("value out of range")
)

// Finite returns an ErrNotFinite that names the first value which is NaN or infinite.
func Finite(values []float64) error {
	for i, v := range values {
		if !finite(v) {
			return fmt.Errorf("value %d is %v: %w", i, v, ErrNotFinite)
		}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("confidence level is %v, want between 0 and 1: %w", level, ErrRange)
	}
	return nil
}

func checkCounts(k, n int, level float64) error {
	if n <= 0 {
		return fmt.Errorf("%d trials, want at least 1: %w", n, ErrTooFew)
	}
	if k < 0 || k > n {
		return fmt.Errorf("%d successes of %d trials: %w", k, n, ErrRange)
	}
	return checkLevel(level)
}
