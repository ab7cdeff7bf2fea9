package main

import (
	"math"
	"testing"
)

func TestRate(t *testing.T) {
	same := func(_, i, _, j int) float64 { return -math.Abs(float64(i - j)) }
	first := func(_, _, _, j int) float64 { return -float64(j) }
	last := func(_, _, _, j int) float64 { return float64(j) }
	one := func(a, i, _, j int) float64 { // network 0 is a stranger
		if a == 0 {
			return math.NaN()
		}
		return same(0, i, 0, j)
	}
	for _, c := range []struct {
		name    string
		similar func(a, i, b, j int) float64
		value   float64
	}{{"the same layer", same, 1}, {"always the first", first, 1.0 / 5}, {"always the last", last, 1.0 / 5}, {"one in four without a value", one, 3.0 / 4}} {
		got, err := rate(4, 5, c.similar)
		if err != nil || math.Abs(got.Value-c.value) > 1e-12 {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.value)
		}
	}
	if got, _ := rate(4, 5, one); got.SE < 0.1 {
		t.Errorf("networks that differ have a standard error of %v", got.SE)
	}
}
