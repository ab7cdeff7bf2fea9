package infer

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ClopperPearson returns the exact two-sided interval of a rate from k successes in n trials
// (Clopper & Pearson 1934): the use is rates near 0 or 1; elsewhere Wilson is shorter.
func ClopperPearson(k, n int, level float64) (Interval, error) {
	if err := checkCounts(k, n, level); err != nil {
		return Interval{}, err
	}
	a := (1 - level) / 2
	return Interval{Low: betaLow(k, n, a), High: betaHigh(k, n, a), Level: level}, nil
}

// ClopperPearsonUpper returns the exact one-sided upper bound of a rate.
func ClopperPearsonUpper(k, n int, level float64) (float64, error) {
	if err := checkCounts(k, n, level); err != nil {
		return 0, err
	}
	return betaHigh(k, n, 1-level), nil
}

// ClopperPearsonLower returns the exact one-sided lower bound of a rate.
func ClopperPearsonLower(k, n int, level float64) (float64, error) {
	if err := checkCounts(k, n, level); err != nil {
		return 0, err
	}
	return betaLow(k, n, 1-level), nil
}

func betaLow(k, n int, a float64) float64 {
	if k == 0 {
		return 0
	}
	return mathext.InvRegIncBeta(float64(k), float64(n-k+1), a)
}

func betaHigh(k, n int, a float64) float64 {
	if k == n {
		return 1
	}
	// 1 minus the lower bound of the failures, which is exact where the rate is near 0.
	return 1 - mathext.InvRegIncBeta(float64(n-k), float64(k+1), a)
}

// Wilson returns the score interval of a rate from k successes in n trials (Wilson 1927).
func Wilson(k, n int, level float64) (Interval, error) {
	if err := checkCounts(k, n, level); err != nil {
		return Interval{}, err
	}
	i := wilson(k, n, NormalQuantile(1-(1-level)/2))
	i.Level = level
	return i, nil
}

func wilson(k, n int, z float64) (i Interval) {
	N, p := float64(n), float64(k)/float64(n)
	mid := p + z*z/(2*N)
	half := z * math.Sqrt(p*(1-p)/N+z*z/(4*N*N))
	i.Low, i.High = (mid-half)/(1+z*z/N), (mid+half)/(1+z*z/N)
	if k == 0 {
		i.Low = 0
	}
	if k == n {
		i.High = 1
	}
	return i
}

// Newcombe returns the interval of the difference k1/n1 - k2/n2 of two independent rates from
// their Wilson intervals (Newcombe 1998, method 10).
func Newcombe(k1, n1, k2, n2 int, level float64) (Interval, error) {
	if err := checkTwo(k1, n1, k2, n2, level); err != nil {
		return Interval{}, err
	}
	i := newcombe(k1, n1, k2, n2, NormalQuantile(1-(1-level)/2))
	i.Level = level
	return i, nil
}

// NewcombeGreater returns the one-sided p of "the first rate exceeds the second by at most
// floor": the level at which Newcombe's interval just reaches the floor.
func NewcombeGreater(k1, n1, k2, n2 int, floor float64) (float64, error) {
	if err := checkTwo(k1, n1, k2, n2, 0.5); err != nil {
		return 0, err
	}
	if !(floor > -1 && floor < 1) {
		return 0, fmt.Errorf("floor of a difference of rates is %v, want between -1 and 1: %w", floor, ErrRange)
	}
	const widest = 38 // beyond it the tail is 0 in float64
	if float64(k1)/float64(n1)-float64(k2)/float64(n2) >= floor {
		return NormalTail(bisect(0, widest, func(z float64) bool { return newcombe(k1, n1, k2, n2, z).Low > floor })), nil
	}
	return NormalTail(-bisect(0, widest, func(z float64) bool { return newcombe(k1, n1, k2, n2, z).High < floor })), nil
}

func checkTwo(k1, n1, k2, n2 int, level float64) error {
	if err := checkCounts(k1, n1, level); err != nil {
		return fmt.Errorf("first rate: %w", err)
	}
	if err := checkCounts(k2, n2, level); err != nil {
		return fmt.Errorf("second rate: %w", err)
	}
	return nil
}

func newcombe(k1, n1, k2, n2 int, z float64) Interval {
	a, b := wilson(k1, n1, z), wilson(k2, n2, z)
	p, q := float64(k1)/float64(n1), float64(k2)/float64(n2)
	return Interval{
		Low:  p - q - math.Hypot(p-a.Low, b.High-q),
		High: p - q + math.Hypot(a.High-p, q-b.Low),
	}
}

// BinomialTail returns P(X >= k) for X binomial with n trials of probability p.
func BinomialTail(k, n int, p float64) (float64, error) {
	if n < 0 || !(p >= 0 && p <= 1) {
		return 0, fmt.Errorf("binomial with %d trials of probability %v: %w", n, p, ErrRange)
	}
	switch {
	case k <= 0:
		return 1, nil
	case k > n:
		return 0, nil
	}
	return mathext.RegIncBeta(float64(k), float64(n-k+1), p), nil
}
