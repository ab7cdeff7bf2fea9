package infer

import "math"

// An Interval is a confidence interval at a level such as 0.95.
type Interval struct{ Low, High, Level float64 }

// Contains reports whether v lies in the closed interval.
func (i Interval) Contains(v float64) bool { return i.Low <= v && v <= i.High }

// Within reports whether the whole interval lies strictly inside low..high. With a 90 % interval
// it is the two one-sided tests procedure at 5 % (Schuirmann 1987).
func (i Interval) Within(low, high float64) bool { return low < i.Low && i.High < high }

// Scale returns the interval of factor times the quantity, its ends in order.
func (i Interval) Scale(factor float64) Interval {
	a, b := i.Low*factor, i.High*factor
	return Interval{Low: math.Min(a, b), High: math.Max(a, b), Level: i.Level}
}
