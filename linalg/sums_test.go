package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// features are n x d values as networks make them: offsets, a few massive dimensions, or neither.
func features(r *rand.Rand, kind string, n, d int) []float32 {
	x := make([]float32, n*d)
	for i := range x {
		v := r.NormFloat64()
		switch {
		case kind == "offset":
			v += 1e4
		case kind == "massive" && i%d < 2:
			v = 3000 + v
		case kind == "huge" && i%d == 0:
			v = 1e4 + 300*v
		}
		x[i] = float32(v)
	}
	return x
}

// slowSums is the definition of both matrices in float64.
func slowSums(x []float32, n, d int) (covariance, gram []float64) {
	centred := make([]float64, n*d)
	for j := range d {
		var mean float64
		for i := range n {
			mean += float64(x[i*d+j]) / float64(n)
		}
		for i := range n {
			centred[i*d+j] = float64(x[i*d+j]) - mean
		}
	}
	covariance, gram = make([]float64, d*d), make([]float64, n*n)
	for i := range n {
		for j := range d {
			for k := range d {
				covariance[j*d+k] += centred[i*d+j] * centred[i*d+k]
			}
			for k := range n {
				gram[i*n+k] += centred[i*d+j] * centred[k*d+j]
			}
		}
	}
	return covariance, gram
}

// worst is the largest error beside the root of the product of the diagonal entries.
func worst(got, want []float64, n int) float64 {
	var w float64
	for i := range n {
		for j := range n {
			w = max(w, math.Abs(got[i*n+j]-want[i*n+j])/math.Sqrt(want[i*n+i]*want[j*n+j]))
		}
	}
	return w
}

func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []string{"plain", "offset", "massive", "huge"} {
		for _, s := range [][2]int{{5, 3}, {300, 40}, {70, 600}} {
			n, d := s[0], s[1]
			x := features(r, kind, n, d)
			covariance, gram := slowSums(x, n, d)
			c, g := CovarianceSums(1, x, n, d, nil), Gram(1, x, n, d, nil)
			if w := worst(c, covariance, d); w > 2e-6 {
				t.Errorf("%s %v: covariance is off by %.2g, want at most 2e-6", kind, s, w)
			}
			if w := worst(g, gram, n); w > 2e-6 {
				t.Errorf("%s %v: gram is off by %.2g, want at most 2e-6", kind, s, w)
			}
			if !equal(c, CovarianceSums(3, x, n, d, nil)) || !equal(g, Gram(3, x, n, d, nil)) {
				t.Errorf("%s %v: three workers give other bits", kind, s)
			}
			tile := make([]float64, (n-2)*(n-3))
			GramTile(x, d, ColumnMeans(1, x, n, d), 1, n-1, 2, n-1, tile)
			for i := 1; i < n-1; i++ {
				for j := 2; j < n-1; j++ {
					if v := tile[(i-1)*(n-3)+j-2]; v != g[i*n+j] {
						t.Fatalf("%s %v: tile has %v at (%d, %d), want %v", kind, s, v, i, j, g[i*n+j])
					}
				}
			}
		}
	}
}

// Several strips and tiles give what one product in float64 gives.
func TestSumsLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, d = 1100, 530
	x := features(r, "offset", n, d)
	mean := ColumnMeans(2, x, n, d)
	centred := make([]float64, n*d)
	for i := range centred {
		centred[i] = float64(x[i]) - mean[i%d]
	}
	if w := worst(CovarianceSums(2, x, n, d, mean), Mul(2, true, false, d, d, n, centred, centred), d); w > 2e-6 {
		t.Errorf("covariance is off by %.2g, want at most 2e-6", w)
	}
	if w := worst(Gram(2, x, n, d, mean), Mul(2, false, true, n, n, d, centred, centred), n); w > 2e-6 {
		t.Errorf("gram is off by %.2g, want at most 2e-6", w)
	}
}

func equal(a, b []float64) bool {
	for i, v := range a {
		if v != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func BenchmarkSums(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][2]int{{5000, 512}, {2048, 2048}} {
		n, d := s[0], s[1]
		x := features(r, "offset", n, d)
		b.Run(fmt.Sprintf("covariance/n=%d/d=%d", n, d), func(b *testing.B) {
			for b.Loop() {
				CovarianceSums(1, x, n, d, nil)
			}
			b.ReportMetric(float64(n)*float64(d)*float64(d)*float64(b.N)/1e9/b.Elapsed().Seconds(), "GF/s")
		})
		if n <= 2048 {
			b.Run(fmt.Sprintf("gram/n=%d/d=%d", n, d), func(b *testing.B) {
				for b.Loop() {
					Gram(1, x, n, d, nil)
				}
				b.ReportMetric(float64(n)*float64(n)*float64(d)*float64(b.N)/1e9/b.Elapsed().Seconds(), "GF/s")
			})
		}
	}
}
