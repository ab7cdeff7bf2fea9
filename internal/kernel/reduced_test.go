package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Rounded values are multiplied exactly: what differs from float64 is the rounding of float32 sums alone.
func TestProductBF16(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		t.Logf("runs on %s", Reduced())
		r := rand.New(rand.NewPCG(5, 6))
		for _, s := range [][3]int{{1, 1, 1}, {5, 40, 31}, {32, 32, 32}, {33, 64, 65}, {70, 20, 500}} {
			m, n, k := s[0], s[1], s[2]
			for _, upper := range []bool{false, true} {
				lda, ldb, ldc := k+1, k+3, max(m, n)+2
				a, b, c := random[float32](r, m*lda), random[float32](r, n*ldb), make([]float32, m*ldc)
				if upper {
					b, ldb, n = a, lda, m
				}
				x, y := make([]float32, len(a)), make([]float32, len(b))
				roundPortable(x, a)
				roundPortable(y, b)
				want, size := slowProduct(false, true, m, n, k, x, lda, y, ldb)
				for i := range c {
					c[i] = 77
				}
				ProductBF16(upper, m, n, k, a, lda, b, ldb, c, ldc)
				for i := range m {
					for j := range ldc {
						if j >= n && c[i*ldc+j] != 77 {
							t.Fatalf("%v: wrote beyond row %d", s, i)
						}
						if j >= n || upper && j < i {
							continue
						}
						if d := math.Abs(float64(c[i*ldc+j]) - want[i*n+j]); !(d <= 6e-8*float64(k)*size[i*n+j]) {
							t.Fatalf("%v: entry (%d, %d) is %v, want %v", s, i, j, c[i*ldc+j], want[i*n+j])
						}
					}
				}
			}
		}
	})
}

// Halves go to the even neighbour, and 1 + 2^-8 lies half way between two bfloat16 values.
func TestRound(t *testing.T) {
	got := make([]float32, 5)
	roundPortable(got, []float32{1 + 1.0/256, 1 + 3.0/256, -1 - 1.0/200, 0, float32(math.Inf(1))})
	for i, want := range []float32{1, 1 + 2.0/128, -1 - 1.0/128, 0, float32(math.Inf(1))} {
		if got[i] != want {
			t.Errorf("value %d is %v, want %v", i, got[i], want)
		}
	}
}

func BenchmarkProductBF16(b *testing.B) {
	const n, k = 256, 512
	r := rand.New(rand.NewPCG(1, 2))
	x, c := random[float32](r, n*k), make([]float32, n*n)
	for name, f := range map[string]func(){"bfloat16": func() { ProductBF16(true, n, n, k, x, k, x, k, c, n) }, "float32": func() { Syrk32(n, k, x, k, c, n) }} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}
