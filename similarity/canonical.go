package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// Canonical holds the canonical correlations of two layers, in falling order.
type Canonical struct {
	Rho          []float64
	RankX, RankY int // dimensions compared
	N            int // samples
}

// Mean returns the mean canonical correlation, 0 to 1 (Raghu et al. 2017).
func (c *Canonical) Mean() float64 { return infer.Total(c.Rho) / float64(len(c.Rho)) }

// MeanSquared returns the mean squared canonical correlation (Kornblith et al. 2019). For independent
// layers it is about max(RankX, RankY) / (N - 1), which is what to compare it with.
func (c *Canonical) MeanSquared() float64 { return dot(c.Rho, c.Rho) / float64(len(c.Rho)) }

// Enough returns the reason why the correlations say little: fewer than 10 samples a dimension make layers alike
// that have nothing in common.
func (c *Canonical) Enough() error {
	if least := 10 * max(c.RankX, c.RankY); c.N < least {
		return fmt.Errorf("%d samples in %d and %d dimensions, want at least %d: %w", c.N, c.RankX, c.RankY, least, infer.ErrTooFew)
	}
	return nil
}

// CCA returns the canonical correlations of two layers, the singular values of Qx'Qy with orthonormal bases Qx and
// Qy of their centred columns (Bjoerck & Golub 1973). They do not change under any invertible linear map of
// either layer, nor an offset. Units that do not vary are left out, and so are directions that others determine.
// A layer that spans all samples has a reason instead: it would correlate fully with anything. The cost is
// n d^2 + d^3.
func CCA(x, y Matrix) (*Canonical, error) {
	return canonical(x, y, func(r rows) (rows, error) { return r.normalised().basis(1) })
}

// SVCCA is CCA of the leading principal components that hold a share of each layer's variance, 0 meaning
// 0.99 (Raghu et al. 2017). It ignores rotation, scale and offset. A few units of huge variance are then
// all that is compared.
func SVCCA(x, y Matrix, share float64) (*Canonical, error) {
	if share == 0 {
		share = 0.99
	}
	if !(share > 0 && share <= 1) {
		return nil, fmt.Errorf("share of the variance is %v, want above 0 to 1: %w", share, infer.ErrRange)
	}
	return canonical(x, y, func(r rows) (rows, error) { return r.basis(share) })
}

func canonical(x, y Matrix, basis func(rows) (rows, error)) (*Canonical, error) {
	a, b, err := two(func(m Matrix) (rows, error) {
		r, err := centred(m)
		if err != nil {
			return rows{}, err
		}
		return basis(r)
	}, x, y)
	if err != nil {
		return nil, err
	}
	rho, err := linalg.SVDValues(products(a, b), a.d, b.d)
	if err != nil {
		return nil, err
	}
	for i, v := range rho {
		rho[i] = math.Min(1, v)
	}
	return &Canonical{rho, a.d, b.d, a.n}, nil
}

// PWCCA returns the projection-weighted mean of the canonical correlations, 0 to 1: each counts by
// sum_j |<h_i, x_j>|, what its variate h_i shares with the units x_j of the layer of fewer dimensions, the first of
// equal ones (Morcos et al. 2018). Correlations are those of CCA; the weights change with the units,
// so it ignores rotation, scale and offset only of the other layer, and scale and offset of this one.
func PWCCA(x, y Matrix) (float64, error) {
	a, b, err := two(centred, x, y)
	if err != nil {
		return 0, err
	}
	qa, err := a.normalised().basis(1)
	if err != nil {
		return 0, fmt.Errorf("first layer: %w", err)
	}
	qb, err := b.normalised().basis(1)
	if err != nil {
		return 0, fmt.Errorf("second layer: %w", err)
	}
	if qa.d > qb.d {
		a, qa, qb = b, qb, qa
	}
	m := products(qa, qb)
	mm := linalg.Mul(1, false, true, qa.d, qa.d, qb.d, m, m)
	_, u, err := linalg.EigenSym(1, mm, qa.d, true)
	if err != nil {
		return 0, err
	}
	um := linalg.Mul(1, false, false, qa.d, qb.d, qa.d, u, m)
	shares := linalg.Mul(1, false, false, qa.d, a.d, qa.d, u, products(qa, a)) // <h_i, x_j>
	var total, sum float64
	for i := range qa.d {
		var weight float64
		for _, v := range shares[i*a.d : (i+1)*a.d] {
			weight += math.Abs(v)
		}
		row := um[i*qb.d : (i+1)*qb.d]
		total += weight
		sum += weight * math.Min(1, math.Sqrt(dot(row, row)))
	}
	return sum / total, nil
}

// collinear is the share of the largest eigenvalue below which a direction is float32 rounding of others.
const collinear = 1e-12

// basis returns orthonormal columns that span the leading principal components with a share of the variance.
func (r rows) basis(share float64) (rows, error) {
	if r.d > r.n {
		r = r.narrow()
	}
	values, vectors, err := linalg.EigenSym(1, products(r, r), r.d, true)
	if err != nil {
		return rows{}, err
	}
	var total float64
	for _, v := range values {
		total += math.Max(0, v)
	}
	rank, held := 0, 0.0
	for rank < r.d && values[rank] > collinear*values[0] && (share == 1 || held < share*total) {
		held += values[rank]
		rank++
	}
	if rank >= r.n-1 {
		return rows{}, fmt.Errorf("%d samples in %d dimensions, want at least %d: %w", r.n, rank, rank+2, infer.ErrTooFew)
	}
	for k := range rank {
		for j := range r.d {
			vectors[k*r.d+j] /= math.Sqrt(values[k])
		}
	}
	q := rows{r.n, rank, linalg.Mul(1, false, true, r.n, rank, r.d, r.v, vectors)}
	return q, q.orthonormalise()
}

// orthonormalise takes what rounding left out of nearly orthonormal columns (Yamamoto et al. 2015, CholeskyQR).
func (r rows) orthonormalise() error {
	c := products(r, r)
	if err := linalg.Cholesky(1, c, r.d); err != nil {
		return err
	}
	t := make([]float64, r.d*r.n)
	for i := range r.n {
		for j, v := range r.row(i) {
			t[j*r.n+i] = v
		}
	}
	linalg.TriSolve(1, c, r.d, false, t, r.n)
	for i := range r.n {
		for j := range r.d {
			r.v[i*r.d+j] = t[j*r.n+i]
		}
	}
	return nil
}
