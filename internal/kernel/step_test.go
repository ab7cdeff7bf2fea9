package kernel

import (
	"math"
	"slices"
	"testing"
)

// Gates keep what stands where another value is beyond a bound, in every length, NaN and signed zeros included.
func TestGates(t *testing.T) {
	x := patterns(1<<26 + 12345)
	v := make([]float32, len(x))
	for i := range v {
		v[i] = float32(i) - 7.5
	}
	eachSet(t, func(t *testing.T) {
		for _, s := range []float32{0, 6, -1, float32(math.NaN())} {
			for _, n := range []int{0, 1, 7, 8, 9, len(x)} {
				above, below := make([]float32, n), make([]float32, n)
				Above32(above, v[:n], x[:n], s)
				Below32(below, v[:n], x[:n], s)
				for i := range n {
					var over, under float32
					if x[i] > s {
						over = v[i]
					}
					if x[i] < s {
						under = v[i]
					}
					if above[i] != over || below[i] != under {
						t.Fatalf("beside %v and the bound %v, %v gives %v and %v", x[i], s, v[i], above[i], below[i])
					}
				}
			}
		}
	})
}

// A step of Adam is that of the formula in float64, and the same bits in every set.
func TestAdam(t *testing.T) {
	const n = 1003
	c := Adam{Keep: 0.99, Decay: 0.1, B1: 0.9, C1: 1 - 0.9, B2: 0.999, C2: 1 - 0.999, Rate: 0.02 / (1 - 0.81), Root: 22.366, Epsilon: 1e-8}
	fill := func(by float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(math.Sin(by * float64(i+1)))
		}
		return v
	}
	var first []float32
	eachSet(t, func(t *testing.T) {
		w, g, mean, square := fill(0.3), fill(0.7), fill(1.1), fill(1.9)
		for i := range square {
			square[i] *= square[i]
		}
		was := slices.Concat(w, mean, square)
		c.Step32(w, g, mean, square)
		for i := range n {
			x, m, s := float64(was[i]), float64(was[n+i]), float64(was[2*n+i])
			d := float64(g[i]) + float64(c.Decay)*x
			m = float64(c.B1)*m + float64(c.C1)*d
			s = float64(c.B2)*s + float64(c.C2)*d*d
			x = float64(c.Keep)*x - float64(c.Rate)*m/(math.Sqrt(s)*float64(c.Root)+float64(c.Epsilon))
			if math.Abs(float64(w[i])-x) > 1e-6 || math.Abs(float64(mean[i])-m) > 1e-6 || math.Abs(float64(square[i])-s) > 1e-6 {
				t.Fatalf("element %d becomes %v, %v, %v, want %v, %v, %v", i, w[i], mean[i], square[i], x, m, s)
			}
		}
		all := slices.Concat(w, mean, square)
		if first == nil {
			first = all
		}
		if !slices.Equal(all, first) {
			t.Error("the bits differ from those of another set")
		}
	})
}
