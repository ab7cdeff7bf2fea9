package cluster

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// Cosines is a symmetric matrix of cosines, row after row, 1 on its diagonal; Kept holds the places
// of its rows among what was given, for what has no direction is left out.
type Cosines struct {
	C    []float64
	Kept []int
}

// Cosine compares points: C_ij = z_i.z_j with z of Points.Directions, -1..1 within 2e-6. Centred
// removes what all points share, which makes raw cosines of features large (Ethayarajh 2019). It
// costs n^2 d operations and 8 n^2 bytes.
func Cosine(workers int, p Points, centred bool) (Cosines, error) {
	z, kept, err := p.Directions(centred)
	if err != nil {
		return Cosines{}, err
	}
	if z.N == 0 {
		return Cosines{}, fmt.Errorf("none of %d points has a direction: %w", p.N, infer.ErrConstant)
	}
	return Cosines{unitDiagonal(linalg.Gram(workers, z.X, z.N, z.D, make([]float64, z.D)), z.N), kept}, nil
}

// UnitCosine compares the columns of p, n x d, in the way Cosine compares rows; centred, it is their
// Pearson correlation. Columns shorter than 1e-12, or whose centred length is below the rounding of
// float32, are left out. It costs n d^2 operations and 8 d^2 bytes.
func UnitCosine(workers int, p Points, centred bool) (Cosines, error) {
	if _, err := p.check(); err != nil {
		return Cosines{}, err
	}
	if p.N == 0 {
		return Cosines{}, fmt.Errorf("no samples: %w", infer.ErrTooFew)
	}
	mean := make([]float64, p.D)
	if centred {
		mean = linalg.ColumnMeans(workers, p.X, p.N, p.D)
	}
	sums := linalg.CovarianceSums(workers, p.X, p.N, p.D, mean)
	var kept []int
	for j, m := range mean {
		if v := sums[j*p.D+j]; v >= shortest*shortest && v > 1e-14*float64(p.N)*m*m {
			kept = append(kept, j)
		}
	}
	if len(kept) == 0 {
		return Cosines{}, fmt.Errorf("none of %d units varies: %w", p.D, infer.ErrConstant)
	}
	k := len(kept)
	c := make([]float64, k*k)
	for a, i := range kept {
		for b, j := range kept {
			c[a*k+b] = sums[i*p.D+j] / math.Sqrt(sums[i*p.D+i]) / math.Sqrt(sums[j*p.D+j])
		}
	}
	return Cosines{unitDiagonal(c, k), kept}, nil
}

// unitDiagonal takes the rounding out of what is known: 1 on the diagonal and no size above 1.
func unitDiagonal(c []float64, n int) []float64 {
	for i, v := range c {
		c[i] = max(-1, min(v, 1))
	}
	for i := range n {
		c[i*n+i] = 1
	}
	return c
}

// MeanCosine is the mean cosine of two different points, (|sum z|^2 - n)/(n(n-1)), in O(nd) and
// without the matrix: near 1 all features point one way (anisotropy).
func MeanCosine(p Points, centred bool) (float64, error) {
	z, _, err := p.Directions(centred)
	if err != nil {
		return 0, err
	}
	if z.N < 2 {
		return 0, fmt.Errorf("%d of %d points have a direction, want at least 2: %w", z.N, p.N, infer.ErrTooFew)
	}
	n, square, own := float64(z.N), 0.0, 0.0
	for _, m := range linalg.ColumnMeans(1, z.X, z.N, z.D) {
		square += m * n * m * n
	}
	for _, v := range z.X {
		own += float64(v) * float64(v)
	}
	return (square - own) / (n * (n - 1)), nil
}
