package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Parts of a product with an operand that was packed in parts add up to the whole, bit for bit as one part does.
func TestShared64(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	eachSet(t, func(t *testing.T) {
		unit := SharedUnit()
		if unit%8 != 0 || unit%current.p64.cols != 0 {
			t.Fatalf("columns are counted in %d, want a multiple of 8 and %d", unit, current.p64.cols)
		}
		const rows, k, alpha = 37, 9, -0.5
		n := 3*unit + 5
		lda, ldb, ldc := rows+2, n+1, n+3
		a, b, before := random[float64](r, k*lda), random[float64](r, k*ldb), random[float64](r, rows*ldc)
		multiply := func(packs, adds [][2]int) []float64 {
			c, s := append([]float64(nil), before...), NewShared64(k, n)
			for _, p := range packs {
				s.Pack(b, ldb, p[0], p[1])
			}
			for _, p := range adds {
				s.AddTo(p[1]-p[0], unit, alpha, a[p[0]:], lda, c[p[0]*ldc+unit:], ldc)
			}
			return c
		}
		whole := multiply([][2]int{{0, n}}, [][2]int{{0, rows}})
		cut := multiply([][2]int{{2 * unit, n}, {unit, 2 * unit}}, [][2]int{{20, rows}, {0, 20}})
		for i := range rows {
			for j := range ldc {
				at, want := i*ldc+j, before[i*ldc+j]
				for p := 0; p < k && j >= unit && j < n; p++ {
					want += alpha * a[p*lda+i] * b[p*ldb+j]
				}
				if math.Abs(whole[at]-want) > 1e-14 || cut[at] != whole[at] {
					t.Fatalf("(%d, %d): %v in one, %v in parts, want %v", i, j, whole[at], cut[at], want)
				}
			}
		}
	})
}

func TestAddRows64(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	eachSet(t, func(t *testing.T) {
		for _, rows := range []int{0, 1, 3, 4, 5, 7, 8, 11} {
			for _, n := range []int{1, 3, 8, 21} {
				lda := n + 2
				a, c, dst := random[float64](r, rows*lda), random[float64](r, rows), random[float64](r, n)
				want := append([]float64(nil), dst...)
				for q := range rows {
					for i := range want {
						want[i] += c[q] * a[q*lda+i]
					}
				}
				AddRows64(dst, c, a, lda)
				for i := range want {
					if math.Abs(dst[i]-want[i]) > 1e-14 {
						t.Fatalf("%d rows: value %d is %v, want %v", rows, i, dst[i], want[i])
					}
				}
			}
		}
	})
}
