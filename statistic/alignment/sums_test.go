package alignment

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s is %.9g, want %.9g", what, got, want)
	}
}

func floats(v []float64, scale, shift float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(scale*x + shift)
	}
	return out
}

// slow returns tr(W S W'), tr(S) and the unbiased |S|^2 of some samples by their definitions: the
// latter from all products of two samples that are different, without ties to how sums are shared.
func slow(w, x []float64, rows []int, d int) (read, values, square float64) {
	n := float64(len(rows))
	mean := make([]float64, d)
	for _, i := range rows {
		for j := range d {
			mean[j] += x[i*d+j] / n
		}
	}
	s := make([]float64, d*d)
	for _, i := range rows {
		for j := range d {
			for k := range d {
				s[j*d+k] += (x[i*d+j] - mean[j]) * (x[i*d+k] - mean[k]) / (n - 1)
			}
		}
	}
	ws := linalg.Mul(1, false, false, len(w)/d, d, d, w, s)
	for i := range w {
		read += ws[i] * w[i]
	}
	for j := range d {
		values += s[j*d+j]
	}
	// The mean over four different samples of (x1-x2)'(x3-x4) squared is 4 |S|^2.
	var total, lines, trace float64
	for a, i := range rows {
		var line float64
		for b, j := range rows {
			if a == b {
				continue
			}
			var k float64
			for c := range d {
				k += x[i*d+c] * x[j*d+c]
			}
			line += k
			trace += k * k
		}
		total += line
		lines += line * line
	}
	return read, values, trace/(n*(n-3)) + total*total/(n*(n-1)*(n-2)*(n-3)) - 2*lines/(n*(n-2)*(n-3))
}

// TestSums: what is summed by groups equals the definitions on the samples that are left, where a row is
// shorter than there are samples and where it is longer.
func TestSums(t *testing.T) {
	for _, d := range []int{5, 70} {
		const n, o, parts = 41, 7, 4
		w, x := statistictest.Uniform(1, o, d), statistictest.Uniform(2, n, d)
		for i := range x {
			x[i] *= 1 + float64(i%d)
		}
		groups := make([]int, n)
		for i := range groups {
			groups[i] = i * i % parts
		}
		s := newSums(parts + 1)
		s.add(1, floats(w, 1, 0), newInputs(1, floats(x, 1, 0), groups, n, d, len(s.parts)-1))
		var size float64
		for _, v := range w {
			size += v * v
		}
		for k, p := range s.parts {
			var rows []int
			for i, g := range groups {
				if g != k-1 {
					rows = append(rows, i)
				}
			}
			read, values, square := slow(w, x, rows, d)
			near(t, "tr(WSW')", p.read, read, 1e-5)
			near(t, "tr(S)", p.values, values, 1e-5)
			near(t, "its mean under turning", p.turned, size*values/float64(d), 1e-5)
			near(t, "|S|^2", p.spread, square-values*values/float64(d), 1e-5)
		}
	}
}

// TestUnbiased: the mean of |S|^2 over samples of an isotropic normal distribution is that of the
// distribution, however few they are; the plug-in estimate would be 5 times too large.
func TestUnbiased(t *testing.T) {
	const n, d, draws = 12, 48, 400
	r := rand.New(rand.NewPCG(3, 3))
	var sum float64
	for range draws {
		x := make([]float32, n*d)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		sum += newProducts(1, x, make([]int, n), n, d, 1).without(-1) / draws
	}
	near(t, "mean of |S|^2", sum, d, 0.05)
}

// TestTurned is TV-10 of METHODS: W = (1, 0), S = diag(3, 1).
func TestTurned(t *testing.T) {
	m, s := 0.5, 2.0 // |W'W - 1/2|^2 and |S - 2|^2
	near(t, "sd", math.Sqrt(turnedVariance(m, s, 2)), 0.707107, 1e-6)
	near(t, "z", (3-1.0*4/2)/math.Sqrt(turnedVariance(m, s, 2)), 1.414214, 1e-6)
	near(t, "A", (3/1.0)/(4.0/2), 1.5, 1e-12)
}

// TestTurnedAtRandom: over weights turned at random, the spread of the cosine is the one that is stated and 1 %
// of the probabilities are below 0.01, also where one direction carries nearly all variance and the
// law is far from normal.
func TestTurnedAtRandom(t *testing.T) {
	const n, d, o, draws = 100, 32, 8, 500
	for _, first := range []float64{1, 30} {
		r := rand.New(rand.NewPCG(5, 5))
		x := make([]float32, n*d)
		for i := range x {
			x[i] = float32(r.NormFloat64() / float64(1+i%d))
			if i%d == 0 {
				x[i] *= float32(first)
			}
		}
		in := newInputs(1, x, make([]int, n), n, d, 1)
		var mean, square, stated float64
		small := 0
		for range draws {
			w := make([]float32, o*d) // a normal matrix is turned at random as it is
			for i := range w {
				w[i] = float32(r.NormFloat64())
			}
			s := newSums(2)
			s.add(1, w, in)
			p := s.parts[0]
			c := Result{Gain: infer.Normal(p.read/p.turned, 0), Cosine: infer.Normal((p.read-p.turned)/math.Sqrt(s.weights*p.spread), 0), Spread: math.Sqrt(s.null / (s.weights * p.spread))}
			mean += c.Cosine.Value / draws
			square += c.Cosine.Value * c.Cosine.Value / draws
			stated += c.Spread / draws
			if c.Random() < 0.01 {
				small++
			}
		}
		near(t, "mean", mean, 0, 3*stated/math.Sqrt(draws))
		near(t, "spread", math.Sqrt(square), stated, 0.1*stated)
		near(t, "share of probabilities below 0.01", float64(small)/draws, 0.01, 0.014)
	}
}
