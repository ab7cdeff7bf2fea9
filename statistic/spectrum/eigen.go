package spectrum

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
)

// measure computes the eigenvalues and what follows from them. The jackknife leaves each group out of
// the eigenvalues to first order: without group g, lambda_i is the mean of the squared scores
// (v_i'(x - mean))^2 over the other samples, since the vectors' own change adds terms of second order
// only (Kato 1966, II.2). One decomposition serves all groups. Against leaving the groups out in fact the
// errors are right to a few percent; with fewer samples than units they are up to a quarter too small.
func (r *Result) measure(x capture.Table, groups []int) error {
	n := x.N
	sums, values, err := squaredScores(x, groups)
	if err != nil {
		return err
	}
	r.Values = values
	counts := make([]int, len(sums))
	for _, g := range groups {
		counts[g]++
	}
	var ranks, parts []float64
	left := make([]float64, len(values))
	for g := range sums {
		for i := range left {
			left[i] = max(0, (values[i]*float64(n)-sums[g][i])/float64(n-counts[g]))
		}
		rank, err := similarity.RankMe(left)
		if err != nil {
			return reason(err)
		}
		part, err := similarity.ParticipationRatio(left)
		if err != nil {
			return reason(err)
		}
		ranks, parts = append(ranks, math.Log(rank)), append(parts, part)
	}
	rank, err := similarity.RankMe(values)
	if err != nil {
		return reason(err)
	}
	if r.LogRank, err = infer.Jackknife(math.Log(rank), ranks); err != nil {
		return err
	}
	r.RankMe = infer.Estimate{Value: rank, SE: rank * r.LogRank.SE, DF: r.LogRank.DF}
	part, err := similarity.ParticipationRatio(values)
	if err != nil {
		return reason(err)
	}
	if r.Participation, err = infer.Jackknife(part, parts); err != nil {
		return err
	}
	if r.StableRank, err = similarity.StableRank(values); err != nil {
		return err
	}
	r.FirstShare, err = similarity.FirstShare(values)
	return err
}

func reason(err error) error {
	return statistic.Unavailable("constant", "the layer's values do not vary: %v", err)
}

// strip is the number of units whose products are taken at once.
const strip = 256

// squaredScores returns for each group of samples the sum of their squared scores along each eigenvector,
// and the eigenvalues of the covariance with n in the denominator. Where there are fewer samples than
// units both come from the n x n Gram. All products are taken in double precision: RankMe adds up the
// roots of eigenvalues, so that errors of 1e-8 in directions which do not exist count as 1e-4 each.
func squaredScores(x capture.Table, groups []int) (sums [][]float64, values []float64, err error) {
	n, d := x.N, x.D
	c := centred{Table: x}
	if c.mean, err = x.Means(); err != nil {
		return nil, nil, err
	}
	k := min(n, d)
	sums = make([][]float64, infer.JackknifeGroups)
	for g := range sums {
		sums[g] = make([]float64, k)
	}
	a := make([]float64, k*k)
	if d > n {
		m, err := x.Matrix() // n rows, which are few
		if err != nil {
			return nil, nil, err
		}
		for u := 0; u < d; u += strip {
			w := min(strip, d-u)
			b := c.less(m, u, u+w)
			kernel.Gemm64(1, false, true, n, n, w, 1, b, w, b, w, 1, a, n)
		}
	} else {
		err = c.Strips(func(_ int, rows capture.Matrix) error {
			b := c.less(rows, 0, d)
			kernel.Gemm64(1, true, false, d, d, rows.N, 1, b, d, b, d, 1, a, d)
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	e, v, err := linalg.EigenSym(1, a, k, true) // eigenvectors are rows
	if err != nil {
		return nil, nil, fmt.Errorf("spectrum: %w", err)
	}
	for i := range e {
		e[i] = max(0, e[i])
	}
	if d > n {
		for i := range n {
			for s, g := range groups {
				sums[g][i] += v[i*n+s] * v[i*n+s] * e[i]
			}
		}
	} else if err := c.score(v, groups, sums); err != nil {
		return nil, nil, err
	}
	for i := range e {
		e[i] /= float64(n)
	}
	return sums, e, nil
}

// centred is an n x d matrix seen less its column means.
type centred struct {
	capture.Table
	mean []float64
}

// less returns columns u0 to u1 of some rows, less their means.
func (c centred) less(rows capture.Matrix, u0, u1 int) []float64 {
	out := make([]float64, 0, rows.N*(u1-u0))
	for i := range rows.N {
		for u, v := range rows.Row(i)[u0:u1] {
			out = append(out, float64(v)-c.mean[u0+u])
		}
	}
	return out
}

// score adds the squared scores of the samples along the rows of v to the sums of their groups.
func (c centred) score(v []float64, groups []int, sums [][]float64) error {
	p := make([]float64, capture.Strip*c.D)
	return c.Strips(func(first int, rows capture.Matrix) error {
		kernel.Gemm64(1, false, true, rows.N, c.D, c.D, 1, c.less(rows, 0, c.D), c.D, v, c.D, 0, p, c.D)
		for i := range rows.N {
			to := sums[groups[first+i]]
			for k, q := range p[i*c.D : (i+1)*c.D] {
				to[k] += q * q
			}
		}
		return nil
	})
}
