package spectrum

import (
	"fmt"
	"math"

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
func (r *Result) measure(x []float32, n, d int, groups []int) error {
	sums, values, err := squaredScores(x, n, d, groups)
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

// strip is the number of samples, or units, whose products are taken at once.
const strip = 256

// squaredScores returns for each group of samples the sum of their squared scores along each eigenvector,
// and the eigenvalues of the covariance with n in the denominator. Where there are fewer samples than
// units both come from the n x n Gram. All products are taken in double precision: RankMe adds up the
// roots of eigenvalues, so that errors of 1e-8 in directions which do not exist count as 1e-4 each.
func squaredScores(x []float32, n, d int, groups []int) (sums [][]float64, values []float64, err error) {
	c := centred{x, linalg.ColumnMeans(1, x, n, d), n, d}
	k := min(n, d)
	sums = make([][]float64, infer.JackknifeGroups)
	for g := range sums {
		sums[g] = make([]float64, k)
	}
	a := make([]float64, k*k)
	if d > n {
		for u := 0; u < d; u += strip {
			w := min(strip, d-u)
			b := c.block(0, n, u, u+w)
			kernel.Gemm64(1, false, true, n, n, w, 1, b, w, b, w, 1, a, n)
		}
	} else {
		for s := 0; s < n; s += strip {
			w := min(strip, n-s)
			b := c.block(s, s+w, 0, d)
			kernel.Gemm64(1, true, false, d, d, w, 1, b, d, b, d, 1, a, d)
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
	} else {
		c.score(v, groups, sums)
	}
	for i := range e {
		e[i] /= float64(n)
	}
	return sums, e, nil
}

// centred is an n x d matrix seen less its column means.
type centred struct {
	x    []float32
	mean []float64
	n, d int
}

// block returns rows s0 to s1 and columns u0 to u1.
func (c centred) block(s0, s1, u0, u1 int) []float64 {
	out := make([]float64, 0, (s1-s0)*(u1-u0))
	for s := s0; s < s1; s++ {
		for u, v := range c.x[s*c.d+u0 : s*c.d+u1] {
			out = append(out, float64(v)-c.mean[u0+u])
		}
	}
	return out
}

// score adds the squared scores of the samples along the rows of v to the sums of their groups.
func (c centred) score(v []float64, groups []int, sums [][]float64) {
	p := make([]float64, strip*c.d)
	for s := 0; s < c.n; s += strip {
		w := min(strip, c.n-s)
		kernel.Gemm64(1, false, true, w, c.d, c.d, 1, c.block(s, s+w, 0, c.d), c.d, v, c.d, 0, p, c.d)
		for i := range w {
			to := sums[groups[s+i]]
			for k, q := range p[i*c.d : (i+1)*c.d] {
				to[k] += q * q
			}
		}
	}
}
