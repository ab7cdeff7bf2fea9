package infer

import "math"

// A Sum adds float64 values in double-double arithmetic, about 32 digits: Hi is the sum rounded
// to float64, Lo what the rounding left. The zero value is an empty sum. Error-free
// transformations keep what a plain sum drops (Knuth 1997, section 4.2.2; Dekker 1971), so the
// rounded value is in practice the same for any order and any sharding. An infinite or NaN term
// makes Hi infinite or NaN: callers look before they add.
type Sum struct{ Hi, Lo float64 }

// Add adds x.
func (s *Sum) Add(x float64) {
	h, e := twoSum(s.Hi, x)
	s.Hi, s.Lo = fastTwoSum(h, e+s.Lo)
}

// AddProduct adds x*y without rounding the product.
func (s *Sum) AddProduct(x, y float64) {
	p := float64(x * y) // the conversion keeps the compiler from fusing it with what follows
	if !finite(p) {
		s.Add(p)
		return
	}
	s.Merge(Sum{p, math.FMA(x, y, -p)})
}

// Merge adds another sum.
func (s *Sum) Merge(o Sum) {
	h, e := twoSum(s.Hi, o.Hi)
	l, f := twoSum(s.Lo, o.Lo)
	h, e = fastTwoSum(h, e+l)
	s.Hi, s.Lo = fastTwoSum(h, e+f)
}

// Value returns the sum, rounded.
func (s Sum) Value() float64 { return s.Hi }

// Total returns the sum of the values, added in double-double.
func Total(values []float64) float64 {
	var s Sum
	for _, v := range values {
		s.Add(v)
	}
	return s.Value()
}

// twoSum returns the rounded sum and its exact error (Knuth).
func twoSum(a, b float64) (sum, err float64) {
	sum = a + b
	if !finite(sum) {
		return sum, 0
	}
	bb := sum - a
	return sum, (a - (sum - bb)) + (b - bb)
}

// fastTwoSum is twoSum for |a| >= |b| (Dekker).
func fastTwoSum(a, b float64) (sum, err float64) {
	sum = a + b
	if !finite(sum) {
		return sum, 0
	}
	return sum, b - (sum - a)
}
