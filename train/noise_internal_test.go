package train

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// Draws of Beta(a, a) have the mean 1/2 and the variance 1 / (4 (2a + 1)), on both sides of a = 1.
func TestBeta(t *testing.T) {
	for _, a := range []float64{0.05, 0.2, 1, 3} {
		r := infer.Rand(1, "beta")
		const n = 40000
		sum, squares := 0.0, 0.0
		for range n {
			v := beta(r, a)
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%v outside of 0 to 1", v)
			}
			sum += v
			squares += (v - 0.5) * (v - 0.5)
		}
		want := 1 / (4 * (2*a + 1))
		if math.Abs(sum/n-0.5) > 4*math.Sqrt(want/n) || math.Abs(squares/n-want) > 0.04*want {
			t.Errorf("a = %v: mean %v and variance %v, want 0.5 and %v", a, sum/n, squares/n, want)
		}
	}
}

// Noise has the share of the root mean square that was asked for.
func TestNoise(t *testing.T) {
	v, out := make([]float32, 20000), make([]float32, 20000)
	for i := range v {
		v[i] = float32(i%3) - 1
	}
	noisy(out, v, 0.1, infer.Rand(1, "noise"))
	for i := range out {
		out[i] -= v[i]
	}
	if got, want := rms(out), 0.1*rms(v); math.Abs(got-want) > 0.02*want {
		t.Errorf("noise of %v, want %v", got, want)
	}
}
