package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// eachSet runs a test under every kernel that this processor can run.
func eachSet(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was := current
	defer func() { current = was }()
	for _, s := range available() {
		current = s
		t.Run(s.name, f)
	}
}

func random[T float](r *rand.Rand, n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(r.NormFloat64())
	}
	return v
}

// slowProduct is the definition in float64, and the sum of absolute products, which bounds the
// rounding error.
func slowProduct[T float](transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int) (c, size []float64) {
	c, size = make([]float64, m*n), make([]float64, m*n)
	for i := range m {
		for j := range n {
			for p := range k {
				x, y := a[i*lda*btoi(!transA)+p*btoi(!transA)+btoi(transA)*(p*lda+i)], b[btoi(transB)*(j*ldb+p)+btoi(!transB)*(p*ldb+j)]
				c[i*n+j] += float64(x) * float64(y)
				size[i*n+j] += math.Abs(float64(x) * float64(y))
			}
		}
	}
	return c, size
}

func sliceOf[T any](p *T, n int) []T { return unsafe.Slice(p, n) }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func testProduct[T float](t *testing.T, unit float64, f func(workers int, transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{1, 1, 1}, {1, 7, 3}, {7, 1, 9}, {6, 16, 8}, {12, 32, 16}, {13, 33, 17}, {5, 15, 400}, {70, 45, 801}, {150, 70, 33}, {29, 300, 64}} {
		m, n, k := s[0], s[1], s[2]
		for form := range 8 {
			transA, transB := form&1 != 0, form&2 != 0
			alpha, beta := T(1), T(0)
			if form&4 != 0 {
				alpha, beta = 0.5, -2
			}
			lda, ldb, ldc := k+2, n+3, n+1
			if transA {
				lda = m + 2
			}
			if transB {
				ldb = k + 1
			}
			a, b, before := random[T](r, lda*max(m, k)), random[T](r, ldb*max(n, k)), random[T](r, ldc*m)
			want, size := slowProduct(transA, transB, m, n, k, a, lda, b, ldb)
			c := append([]T(nil), before...)
			f(1, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
			for i := range m {
				for j := range ldc {
					got := float64(c[i*ldc+j])
					if j >= n {
						if c[i*ldc+j] != before[i*ldc+j] {
							t.Fatalf("%v form %d: wrote beyond row %d", s, form, i)
						}
						continue
					}
					w := float64(alpha)*want[i*n+j] + float64(beta)*float64(before[i*ldc+j])
					bound := unit * (float64(k)*size[i*n+j] + 8*math.Abs(w) + 8)
					if !(math.Abs(got-w) <= bound) {
						t.Fatalf("%v form %d: c[%d,%d] is %v, want %v", s, form, i, j, got, w)
					}
				}
			}
			for _, workers := range []int{2, 3, 8} {
				d := append([]T(nil), before...)
				f(workers, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, d, ldc)
				for i := range d {
					if d[i] != c[i] {
						t.Fatalf("%v form %d: %d workers give other bits at %d: %v, %v", s, form, workers, i, d[i], c[i])
					}
				}
			}
		}
	}
}

func TestGemm32(t *testing.T) {
	eachSet(t, func(t *testing.T) { testProduct(t, 6e-8, Gemm32) })
}

func TestGemm64(t *testing.T) {
	eachSet(t, func(t *testing.T) { testProduct(t, 1.2e-16, Gemm64) })
}

func BenchmarkGemm32(b *testing.B) {
	for _, n := range []int{256, 512, 1024, 2048} {
		for workers := 1; workers <= 2; workers++ {
			b.Run(fmt.Sprintf("n=%d/workers=%d", n, workers), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				x, y, z := random[float32](r, n*n), random[float32](r, n*n), make([]float32, n*n)
				for b.Loop() {
					Gemm32(workers, false, false, n, n, n, 1, x, n, y, n, 0, z, n)
				}
				b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(b.N)/1e9/b.Elapsed().Seconds(), "GF/s")
			})
		}
	}
}

func BenchmarkGemm64(b *testing.B) {
	for _, n := range []int{512, 1024} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			x, y, z := random[float64](r, n*n), random[float64](r, n*n), make([]float64, n*n)
			for b.Loop() {
				Gemm64(1, false, false, n, n, n, 1, x, n, y, n, 0, z, n)
			}
			b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(b.N)/1e9/b.Elapsed().Seconds(), "GF/s")
		})
	}
}
