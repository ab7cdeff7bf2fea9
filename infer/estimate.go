package infer

import (
	"fmt"
	"math"
)

// An Estimate is a value with its standard error; DF are the degrees of freedom of the error,
// infinite for a normal one. A standard error of 0 is allowed: the value is then certain.
type Estimate struct{ Value, SE, DF float64 }

// Normal returns an Estimate whose error is normal.
func Normal(value, se float64) Estimate { return Estimate{value, se, math.Inf(1)} }

// MeanOf returns the mean of independent values with its standard error.
func MeanOf(values []float64) (Estimate, error) {
	n := float64(len(values))
	if n < 2 {
		return Estimate{}, fmt.Errorf("mean of %d values, want at least 2: %w", len(values), ErrTooFew)
	}
	if err := Finite(values); err != nil {
		return Estimate{}, err
	}
	mean := Total(values) / n
	var ss float64
	for _, v := range values {
		ss += (v - mean) * (v - mean)
	}
	e := Estimate{mean, math.Sqrt(ss / (n - 1) / n), n - 1}
	return e, e.check()
}

// Interval returns the symmetric t interval of the estimate.
func (e Estimate) Interval(level float64) (Interval, error) {
	if err := e.check(); err != nil {
		return Interval{}, err
	}
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	half := 0.0
	if e.SE > 0 {
		half = e.SE * StudentQuantile(1-(1-level)/2, e.DF)
	}
	return Interval{Low: e.Value - half, High: e.Value + half, Level: level}, nil
}

// Above returns the one-sided p of the null "the true value is at most floor": the test of
// record, since with many samples every null of exactly zero falls.
func (e Estimate) Above(floor float64) (float64, error) {
	if err := e.check(); err != nil {
		return 0, err
	}
	if !finite(floor) {
		return 0, fmt.Errorf("floor is %v: %w", floor, ErrNotFinite)
	}
	d := e.Value - floor
	if e.SE == 0 {
		if d > 0 {
			return 0, nil
		}
		return 1, nil
	}
	return StudentTail(d/e.SE, e.DF), nil
}

// Below returns the one-sided p of the null "the true value is at least ceiling".
func (e Estimate) Below(ceiling float64) (float64, error) {
	return Estimate{-e.Value, e.SE, e.DF}.Above(-ceiling)
}

// Equivalent returns the p of the two one-sided tests of "the true value lies outside
// -margin..margin" (Schuirmann 1987): at most 0.05 allows to claim "no difference".
func (e Estimate) Equivalent(margin float64) (float64, error) {
	if !(margin > 0) {
		return 0, fmt.Errorf("margin of equivalence is %v, want above 0: %w", margin, ErrRange)
	}
	low, err := e.Above(-margin)
	if err != nil {
		return 0, err
	}
	high, err := e.Below(margin)
	return math.Max(low, high), err
}

// Minus returns the difference of two independent estimates; the degrees of freedom are those of
// Welch (1947).
func (e Estimate) Minus(o Estimate) Estimate {
	a, b := e.SE*e.SE, o.SE*o.SE
	d := Estimate{e.Value - o.Value, math.Sqrt(a + b), math.Inf(1)}
	if w := a*a/e.DF + b*b/o.DF; w > 0 {
		d.DF = (a + b) * (a + b) / w
	}
	return d
}

func (e Estimate) check() error {
	switch {
	case !finite(e.Value) || !finite(e.SE):
		return fmt.Errorf("estimate %v with standard error %v: %w", e.Value, e.SE, ErrNotFinite)
	case e.SE < 0:
		return fmt.Errorf("standard error is %v: %w", e.SE, ErrRange)
	case !(e.DF > 0):
		return fmt.Errorf("degrees of freedom are %v, want above 0: %w", e.DF, ErrTooFew)
	}
	return nil
}
