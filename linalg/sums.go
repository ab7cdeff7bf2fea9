package linalg

import (
	"fmt"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/scratch"
)

const (
	stripUnit = 8 * kernel.MixedDepth // summands are copied in multiples of this many
	stripSize = 4 << 20               // values of the centred copy
)

// ColumnMeans is the mean of every column of x, n x d.
func ColumnMeans(workers int, x []float32, n, d int) []float64 {
	checkLength("data", len(x), n*d)
	mean := make([]float64, d)
	if n*d < 1<<16 {
		workers = 1
	}
	kernel.Parallel(workers, d, func(lo, hi int) {
		for i := range n {
			kernel.AddTo64(mean[lo:hi], x[i*d+lo:i*d+hi])
		}
	})
	for j := range mean {
		mean[j] /= float64(n)
	}
	return mean
}

// CovarianceSums is the d x d matrix of the sums over the rows of x, n x d, of products of two
// columns, each less its mean; divided by n or n-1 it is the covariance. With mean nil the
// columns' own means are taken. Values are centred in float64 before they are rounded, products
// summed in float32 over short panels and in float64 over those: the error stays below 2e-6 of
// the root of the product of the two diagonal entries, whatever the offsets.
func CovarianceSums(workers int, x []float32, n, d int, mean []float64) []float64 {
	checkLength("data", len(x), n*d)
	mean = meanOr(workers, x, n, d, mean)
	s := strips{workers: workers, size: d, depth: n, crossed: true}
	s.fill = func(strip []float32, k0, k int) {
		kernel.Parallel(workers, k, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				kernel.Centre32(strip[i*d:(i+1)*d], x[(k0+i)*d:(k0+i+1)*d], mean, 1)
			}
		})
	}
	return s.sum()
}

// Gram is the n x n matrix of the products of two rows of x, n x d, each less the row of means;
// with mean nil the columns' own means are taken. Its error is that of CovarianceSums.
func Gram(workers int, x []float32, n, d int, mean []float64) []float64 {
	checkLength("data", len(x), n*d)
	mean = meanOr(workers, x, n, d, mean)
	s := strips{workers: workers, size: n, depth: d}
	s.fill = func(strip []float32, k0, k int) {
		kernel.Parallel(workers, n, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				kernel.Centre32(strip[i*k:(i+1)*k], x[i*d+k0:i*d+k0+k], mean[k0:k0+k], 1)
			}
		})
	}
	return s.sum()
}

// GramTile sets out, (i1-i0) x (j1-j0), to the part of Gram with rows [i0, i1) and columns
// [j0, j1), bit for bit. It runs on one core: callers share out tiles.
func GramTile(x []float32, d int, mean []float64, i0, i1, j0, j1 int, out []float64) {
	m, n := i1-i0, j1-j0
	checkLength("tile", len(out), m*n)
	clear(out)
	left, right := buffers.Borrow(m*stripUnit), buffers.Borrow(n*stripUnit)
	defer buffers.Return(left, right)
	for k0 := 0; k0 < d; k0 += stripUnit {
		k := min(stripUnit, d-k0)
		centreRows(*left, x, d, mean, i0, i1, k0, k)
		if i0 == j0 && i1 == j1 {
			copy(*right, (*left)[:m*k])
		} else {
			centreRows(*right, x, d, mean, j0, j1, k0, k)
		}
		kernel.AddProducts64(1, false, false, m, n, k, *left, k, *right, k, out, n)
	}
}

func centreRows(dst, x []float32, d int, mean []float64, i0, i1, k0, k int) {
	for i := i0; i < i1; i++ {
		kernel.Centre32(dst[(i-i0)*k:(i-i0+1)*k], x[i*d+k0:i*d+k0+k], mean[k0:k0+k], 1)
	}
}

// strips sums products of centred vectors: size of them, depth long. A strip holds the values
// [k0, k0+k) of all vectors, vector by vector, or value by value if crossed.
type strips struct {
	workers, size, depth int
	crossed              bool
	fill                 func(strip []float32, k0, k int)
}

func (s *strips) sum() []float64 {
	out := make([]float64, s.size*s.size)
	if s.size == 0 {
		return out
	}
	most := max(1, min(stripSize/(s.size*stripUnit), (s.depth+stripUnit-1)/stripUnit)) * stripUnit
	strip := buffers.Borrow(s.size * most)
	defer buffers.Return(strip)
	for k0 := 0; k0 < s.depth; k0 += most {
		k := min(most, s.depth-k0)
		s.fill(*strip, k0, k)
		ld := k
		if s.crossed {
			ld = s.size
		}
		kernel.AddProducts64(s.workers, s.crossed, true, s.size, s.size, k, *strip, ld, *strip, ld, out, s.size)
	}
	mirror(s.workers, out, s.size)
	return out
}

// mirror copies the upper triangle to the lower one, a block at a time for the cache's sake.
func mirror(workers int, a []float64, n int) {
	const side = 32
	kernel.Parallel(workers, (n+side-1)/side, func(lo, hi int) {
		for i := lo * side; i < min(hi*side, n); i += side {
			for j := 0; j <= i; j += side {
				for r := i; r < min(i+side, n); r++ {
					for c := j; c < min(j+side, r); c++ {
						a[r*n+c] = a[c*n+r]
					}
				}
			}
		}
	})
}

func meanOr(workers int, x []float32, n, d int, mean []float64) []float64 {
	if mean == nil {
		return ColumnMeans(workers, x, n, d)
	}
	checkLength("means", len(mean), d)
	return mean
}

func checkLength(what string, got, want int) {
	if got < want {
		panic(fmt.Sprintf("linalg: %s has %d values, want %d", what, got, want))
	}
}

var buffers scratch.Pool[float32]
