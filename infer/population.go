package infer

import (
	"fmt"
	"math"
)

// efficiency is the share of values that the standard deviation needs for the certainty that the MAD has of normal ones
// (Rousseeuw & Croux 1993).
const efficiency = 0.37

// Deviation returns how far x lies from a population of healthy values:
// z = (x - median) / (1.4826 MAD + 0.02 |median| + 1e-12), and the two-sided predictive p from
// Student's t with factor sqrt(1 + 1/K) (METHODS 3.7) and 0.37 K degrees of freedom. The K-1 of METHODS are those of a
// standard deviation: by them 11 % of further normal values lie beyond the 5 % point of eight, and 8 % of twenty. It needs K >= 3.
func Deviation(x float64, population []float64) (z, p float64, err error) {
	return DeviationWithin(x, 0, population)
}

// DeviationWithin is Deviation of a value with a standard error, which is added to the population's spread in
// quadrature (METHODS 5.3).
func DeviationWithin(x, se float64, population []float64) (z, p float64, err error) {
	k := len(population)
	if k < 3 {
		return 0, 0, fmt.Errorf("reference of %d values, want at least 3: %w", k, ErrTooFew)
	}
	if !finite(x) || !finite(se) || se < 0 {
		return 0, 0, fmt.Errorf("value is %v with standard error %v: %w", x, se, ErrNotFinite)
	}
	median, err := Quantile(population, 0.5)
	if err != nil {
		return 0, 0, fmt.Errorf("reference: %w", err)
	}
	away := make([]float64, k)
	for i, v := range population {
		away[i] = math.Abs(v - median)
	}
	mad, err := Quantile(away, 0.5)
	if err != nil {
		return 0, 0, fmt.Errorf("reference: %w", err)
	}
	z = (x - median) / math.Hypot(1.4826*mad+0.02*math.Abs(median)+1e-12, se)
	K := float64(k)
	return z, 2 * StudentTail(math.Abs(z)/math.Sqrt(1+1/K), efficiency*K), nil
}
