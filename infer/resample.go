package infer

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// JackknifeGroups is the number of sample groups of the group jackknife (METHODS 3.2).
const JackknifeGroups = 20

// Jackknife returns the estimate with the standard error of its g leave-one-group-out values,
// SE^2 = (g-1)/g sum (theta_(-j) - mean)^2, and g-1 degrees of freedom (Tukey 1958; Efron &
// Stein 1981). It suits similarities, ranks and alignments, for which the bootstrap is wrong:
// its duplicated rows look like similarity.
func Jackknife(value float64, leaveOut []float64) (Estimate, error) {
	g := len(leaveOut)
	if g < 2 {
		return Estimate{}, fmt.Errorf("jackknife over %d groups, want at least 2: %w", g, ErrTooFew)
	}
	if !finite(value) {
		return Estimate{}, fmt.Errorf("estimate is %v: %w", value, ErrNotFinite)
	}
	if err := Finite(leaveOut); err != nil {
		return Estimate{}, fmt.Errorf("leave-one-out %w", err)
	}
	var sum Sum
	for _, v := range leaveOut {
		sum.Add(v)
	}
	mean := sum.Value() / float64(g)
	var ss float64
	for _, v := range leaveOut {
		ss += (v - mean) * (v - mean)
	}
	return Estimate{value, math.Sqrt(ss * float64(g-1) / float64(g)), float64(g - 1)}, nil
}

// JackknifePairs is Jackknife for estimates to which samples contribute in pairs, such as similarities: what two groups
// do together counts twice in its variance, V1 + 2 V2, and once in the true one (Efron & Stein 1981). together, g x g and
// symmetric with any diagonal, is what each pair of groups adds to the estimate; V2 is the variance of its sum beside
// what each group adds on average. At most half of the jackknife's variance is taken off, which is all of 2 V2.
func JackknifePairs(value float64, leaveOut, together []float64) (Estimate, error) {
	e, err := Jackknife(value, leaveOut)
	g := len(leaveOut)
	if err != nil || g < 4 {
		return e, err
	}
	if len(together) != g*g {
		return Estimate{}, fmt.Errorf("%d contributions of pairs of %d groups, want %d: %w", len(together), g, g*g, ErrRange)
	}
	if err := Finite(together); err != nil {
		return Estimate{}, fmt.Errorf("contributions of pairs: %w", err)
	}
	row, total := make([]float64, g), 0.0
	for a := range g {
		for b, v := range together[a*g : (a+1)*g] {
			if b != a {
				row[a] += v
			}
		}
		total += row[a]
	}
	var ss float64
	for a := range g {
		for b := range a {
			v := together[a*g+b] - (row[a]+row[b])/float64(g-2) + total/float64((g-1)*(g-2))
			ss += v * v
		}
	}
	second := ss * float64(g-1) / float64(g-3) // g (g-3) / 2 degrees of freedom for g (g-1) / 2 pairs
	e.SE = math.Sqrt(max(e.SE*e.SE/2, e.SE*e.SE-second))
	return e, nil
}

// PermutationP returns (b+1)/(B+1), b being how many of B permutations are at least as extreme
// as what was seen (Phipson & Smyth 2010); it is never 0.
func PermutationP(extreme, permutations int) (float64, error) {
	if permutations < 1 || extreme < 0 || extreme > permutations {
		return 0, fmt.Errorf("%d of %d permutations: %w", extreme, permutations, ErrRange)
	}
	return float64(extreme+1) / float64(permutations+1), nil
}

// Permutations returns how many permutations let m simultaneous tests reject at level q at all:
// at least m/q, and 999 or more.
func Permutations(m int, q float64) int { return max(999, int(math.Ceil(float64(m)/q))) }

// HalfSample writes to dst the indices of floor(n/2) of n samples, drawn without replacement, in
// rising order, and returns it.
func HalfSample(dst []int, r *rand.Rand, n int) []int {
	dst = dst[:0]
	need := n / 2
	for i := 0; i < n && need > 0; i++ {
		if r.IntN(n-i) < need {
			dst = append(dst, i)
			need--
		}
	}
	return dst
}

// HalfSampling returns the estimate with the standard error of its values on random halves. The
// variance of a half drawn without replacement about the whole is the variance of the whole, so
// nothing is rescaled (Politis, Romano & Wolf 1999, section 2). The sample must be the rows of
// whatever value computes; replicates of at least 50 are sensible.
func HalfSampling(r *rand.Rand, n, replicates int, value func(rows []int) (float64, error)) (Estimate, error) {
	if n < 4 || replicates < 2 {
		return Estimate{}, fmt.Errorf("%d replicates of half of %d samples, want 2 of 4: %w", replicates, n, ErrTooFew)
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	whole, err := value(rows)
	if err != nil {
		return Estimate{}, err
	}
	half := make([]int, 0, n)
	var ss float64
	for range replicates {
		half = HalfSample(half, r, n)
		v, err := value(half)
		if err != nil {
			return Estimate{}, fmt.Errorf("half of the samples: %w", err)
		}
		ss += (v - whole) * (v - whole)
	}
	e := Normal(whole, math.Sqrt(ss/float64(replicates)))
	return e, e.check()
}
