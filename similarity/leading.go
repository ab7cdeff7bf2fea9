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
	drowned = 1e-6 // variance, relative to the largest, that float32 products cannot tell from rounding
)

// leadingOf returns at most so many directions of centred rows x, n x d, as few as hold a share of the variance. The
// covariance of a layer of hardly more units is decomposed; of a wider layer the rows' subspace is iterated from a
// random one (linalg.RandomRange). Products are float32.
func leadingOf(x []float32, n, d, most int, share float64, seed uint64) (leading, error) {
	narrow := d <= most+spare
	basis, w := x, d
	if !narrow {
		basis, w = linalg.RandomRange(x, n, d, most+spare, infer.Rand(seed, "similarity", "subspace"))
	}
	projected, rows := basis, n // columns whose products are decomposed
	if !narrow {
		projected, rows = linalg.Mul32(1, true, false, d, w, n, x, basis), d
	}
	values, v, err := linalg.EigenProducts(projected, rows, w)
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
	l.scores = linalg.Mul32(1, false, false, n, l.r, w, basis, turn)
	l.share = min(1, held/l.total)
	return l, nil
}
