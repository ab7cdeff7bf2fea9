package infer

import (
	"fmt"
	"math"
)

// McNemar counts two yes-or-no answers to the same samples, such as two classifiers' hits.
// OnlyFirst and OnlySecond are the discordant counts.
type McNemar struct{ Both, OnlyFirst, OnlySecond, Neither int }

// Pair counts a table from two answers to each sample.
func Pair(first, second []bool) (McNemar, error) {
	if len(first) != len(second) {
		return McNemar{}, fmt.Errorf("%d first answers and %d second, want as many: %w", len(first), len(second), ErrRange)
	}
	var t McNemar
	for i, a := range first {
		switch b := second[i]; {
		case a && b:
			t.Both++
		case a:
			t.OnlyFirst++
		case b:
			t.OnlySecond++
		default:
			t.Neither++
		}
	}
	return t, nil
}

// N returns the number of samples.
func (t McNemar) N() int { return t.Both + t.OnlyFirst + t.OnlySecond + t.Neither }

// Difference returns the first rate minus the second.
func (t McNemar) Difference() (float64, error) {
	if t.N() <= 0 {
		return 0, fmt.Errorf("paired table is empty: %w", ErrTooFew)
	}
	return float64(t.OnlyFirst-t.OnlySecond) / float64(t.N()), nil
}

// McNemarExact returns the exact two-sided p of "both rates are equal":
// min(1, 2 P(Bin(b+c, 1/2) <= min(b, c))) (McNemar 1947, exact form). Without discordant pairs
// it is 1.
func McNemarExact(onlyFirst, onlySecond int) (float64, error) {
	if onlyFirst < 0 || onlySecond < 0 {
		return 0, fmt.Errorf("discordant counts are %d and %d: %w", onlyFirst, onlySecond, ErrRange)
	}
	n := onlyFirst + onlySecond
	p, err := BinomialTail(max(onlyFirst, onlySecond), n, 0.5)
	return math.Min(1, 2*p), err
}

// McNemarGreater returns the exact one-sided p of "the first rate is not above the second".
func McNemarGreater(onlyFirst, onlySecond int) (float64, error) {
	if onlyFirst < 0 || onlySecond < 0 {
		return 0, fmt.Errorf("discordant counts are %d and %d: %w", onlyFirst, onlySecond, ErrRange)
	}
	return BinomialTail(onlyFirst, onlyFirst+onlySecond, 0.5)
}

// Tango returns the score interval of the difference of two paired rates (Tango 1998, eq. 3-6):
// the differences that the score test with the constrained estimate does not reject.
func Tango(t McNemar, level float64) (Interval, error) {
	if err := t.check(); err != nil {
		return Interval{}, err
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	z := NormalQuantile(1 - (1-level)/2)
	d, _ := t.Difference()
	low := bisect(-1, d, func(x float64) bool { return t.score(x) > z })
	high := bisect(d, 1, func(x float64) bool { return t.score(x) >= -z })
	return Interval{Low: low, High: high, Level: level}, nil
}

// TangoGreater returns the one-sided score p of "the first rate exceeds the second by at most
// floor".
func TangoGreater(t McNemar, floor float64) (float64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	if !(floor > -1 && floor < 1) {
		return 0, fmt.Errorf("floor of a difference of rates is %v, want between -1 and 1: %w", floor, ErrRange)
	}
	return NormalTail(t.score(floor)), nil
}

func (t McNemar) check() error {
	if t.Both < 0 || t.OnlyFirst < 0 || t.OnlySecond < 0 || t.Neither < 0 {
		return fmt.Errorf("paired table %+v has a negative count: %w", t, ErrRange)
	}
	if t.N() == 0 {
		return fmt.Errorf("paired table is empty: %w", ErrTooFew)
	}
	return nil
}

// score is Tango's statistic for the difference delta; it falls as delta rises.
func (t McNemar) score(delta float64) float64 {
	n, b, c := float64(t.N()), float64(t.OnlyFirst), float64(t.OnlySecond)
	// q is the constrained estimate of the probability of OnlySecond (Tango 1998, eq. 4).
	qb := -b - c + (2*n-b+c)*delta
	q := (math.Sqrt(math.Max(0, qb*qb+8*n*c*delta*(1-delta))) - qb) / (4 * n)
	v := n * (2*q + delta*(1-delta))
	num := b - c - n*delta
	if v <= 0 {
		// Only at a difference of 0 without discordant pairs, or at the ends -1 and 1.
		switch {
		case num > 0:
			return math.Inf(1)
		case num < 0:
			return math.Inf(-1)
		}
		return 0
	}
	return num / math.Sqrt(v)
}

// bisect returns the point of low..high where before turns from true to false.
func bisect(low, high float64, before func(float64) bool) float64 {
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if before(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2
}
