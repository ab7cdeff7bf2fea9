package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

// leading is what a layer varies along most: its centred rows in the directions of largest variance.
type leading struct {
	n, r   int
	scores []float32 // n x r
	values []float64 // eigenvalues of the centred Gram matrix, in falling order: r or a few more
	total  float64   // sum of all of them
	share  float64   // of the total in the r directions
}

const (
	spare   = 8    // directions sought beside those wanted
	rounds  = 2    // of the subspace iteration
	drowned = 1e-6 // variance, relative to the largest, that float32 products cannot tell from rounding
)

// leadingOf returns at most so many directions of centred rows x, n x d, as few as hold a share of the variance. The
// covariance of a layer of hardly more units is decomposed; of a wider layer the rows' subspace is iterated from a
// random one (Halko et al. 2011, algorithm 4.4). Products are float32.
func leadingOf(x []float32, n, d, most int, share float64, seed uint64) (leading, error) {
	narrow := d <= most+spare
	basis, w := x, d
	if !narrow {
		basis, w = subspace(x, n, d, most+spare, seed)
	}
	projected, rows := basis, n // columns whose products are decomposed
	if !narrow {
		projected, rows = product32(true, x, basis, d, w, n), d
	}
	values, v, err := eigenProducts(projected, rows, w)
	if err != nil {
		return leading{}, err
	}
	l := leading{n: n, total: kernel.SumSq64(x)}
	held := 0.0
	for _, e := range values {
		if e <= drowned*values[0] {
			break
		}
		l.values = append(l.values, e)
		if l.r < most && held < share*l.total {
			held += e
			l.r++
		}
	}
	if l.r == 0 {
		return leading{}, fmt.Errorf("%d samples are alike: %w", n, infer.ErrConstant)
	}
	turn := make([]float32, w*l.r)
	for k := range l.r {
		size := 1.0
		if !narrow {
			size = math.Sqrt(values[k])
		}
		for j := range w {
			turn[j*l.r+k] = float32(v[k*w+j] * size)
		}
	}
	l.scores = product32(false, basis, turn, n, l.r, w)
	l.share = min(1, held/l.total)
	return l, nil
}

// subspace returns w columns, or as many as there are, that span about the leading left directions of x, n x d.
func subspace(x []float32, n, d, w int, seed uint64) ([]float32, int) {
	random := infer.Rand(seed, "similarity", "subspace")
	y := make([]float32, n*w)
	for i := range y {
		y[i] = float32(random.NormFloat64())
	}
	for range rounds {
		var b []float32
		b, w = orthonormal(product32(true, x, y, d, w, n), d, w)
		y, w = orthonormal(product32(false, x, b, n, w, d), n, w)
	}
	return y, w
}

// orthonormal returns columns of unit length that span those of y, n x w, without the directions that are rounding.
func orthonormal(y []float32, n, w int) ([]float32, int) {
	values, v, err := eigenProducts(y, n, w)
	if err != nil {
		return y, w
	}
	k := 0
	for k < w && values[k] > drowned*values[0] {
		k++
	}
	turn := make([]float32, w*k)
	for c := range k {
		for j := range w {
			turn[j*k+c] = float32(v[c*w+j] / math.Sqrt(values[c]))
		}
	}
	return product32(false, y, turn, n, k, w), k
}

// eigenProducts decomposes y'y, y being n x w.
func eigenProducts(y []float32, n, w int) (values, rows []float64, err error) {
	p := product32(true, y, y, w, w, n)
	a := make([]float64, len(p))
	for i, v := range p {
		a[i] = float64(v)
	}
	return linalg.EigenSym(1, a, w, true)
}

// product32 returns op(a) b, m x n, over k.
func product32(transpose bool, a, b []float32, m, n, k int) []float32 {
	c := make([]float32, m*n)
	lda := k
	if transpose {
		lda = m
	}
	kernel.Gemm32(1, transpose, false, m, n, k, 1, a, lda, b, n, 0, c, n)
	return c
}
