package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestAddProducts64(t *testing.T) { eachSet(t, testAddProducts64) }

func testAddProducts64(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for _, s := range [][3]int{{1, 1, 1}, {6, 16, 128}, {7, 17, 129}, {40, 40, 500}, {150, 33, 20}} {
		m, n, k := s[0], s[1], s[2]
		for form := range 4 {
			crossed, upper := form&1 != 0, form&2 != 0
			lda, ldb, ldc := k+1, k+2, n+3
			if crossed {
				lda, ldb = m+1, n+2
			}
			a, b, before := random[float32](r, (max(m, k))*lda), random[float32](r, max(n, k)*ldb), random[float64](r, m*ldc)
			want, size := slowProduct(crossed, !crossed, m, n, k, a, lda, b, ldb)
			c := append([]float64(nil), before...)
			AddProducts64(1, crossed, upper, m, n, k, a, lda, b, ldb, c, ldc)
			d := append([]float64(nil), before...)
			AddProducts64(3, crossed, upper, m, n, k, a, lda, b, ldb, d, ldc)
			for i := range m {
				for j := range ldc {
					at := i*ldc + j
					if j >= n && c[at] != before[at] {
						t.Fatalf("%v form %d: wrote beyond row %d", s, form, i)
					}
					if j >= n || upper && j < i {
						continue
					}
					if w := before[at] + want[i*n+j]; !(math.Abs(c[at]-w) <= 6e-8*float64(min(k, MixedDepth))*size[i*n+j]+1e-14) {
						t.Fatalf("%v form %d: c[%d,%d] is %v, want %v", s, form, i, j, c[at], w)
					}
					if d[at] != c[at] {
						t.Fatalf("%v form %d: three workers give other bits", s, form)
					}
				}
			}
		}
	}
}
