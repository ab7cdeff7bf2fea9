package similarity

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// MutualKNN returns the mean share of the k nearest neighbours, 0 meaning 10, that each sample has in both
// layers, itself excluded (Huh et al. 2024, appendix A), 0 to 1; layers that have nothing in common reach
// k/(n-1). Distances are Euclidean, so it ignores rotation, scale and offset of either layer. It depends on
// n: compare only values of as many samples. Where equally distant samples compete for the last places each
// counts by the probability that a fair draw takes it, so the order of samples does not matter. The cost is
// n^2 (d + k), n at most GramSamples.
func MutualKNN(x, y Matrix, k int) (float64, error) {
	if k == 0 {
		k = 10
	}
	if k < 1 || k >= x.N {
		return 0, fmt.Errorf("%d neighbours of %d samples, want 1 to %d: %w", k, x.N, x.N-1, infer.ErrTooFew)
	}
	a, b, err := two(framed, x, y)
	if err != nil {
		return 0, err
	}
	da, err := a.squares()
	if err != nil {
		return 0, err
	}
	db, err := b.squares()
	if err != nil {
		return 0, err
	}
	n := a.n
	na, nb := newNearest(k, a.d), newNearest(k, b.d)
	var sum infer.Sum
	for i := range n {
		na.find(da[i*n:(i+1)*n], i)
		nb.find(db[i*n:(i+1)*n], i)
		for j := range n {
			if j != i {
				sum.Add(na.share(da[i*n+j]) * nb.share(db[i*n+j]))
			}
		}
	}
	return sum.Value() / float64(n*k), nil
}

// nearest knows the squared distance of the k-th neighbour of one sample and how places at that distance are shared.
type nearest struct {
	k        int
	size     float64 // mean square of a row: what rounding is relative to
	best     []float64
	low, top float64 // distances between which places are shared
	each     float64 // share of each
}

func newNearest(k, units int) *nearest {
	return &nearest{k: k, size: float64(units), best: make([]float64, 0, k+1)}
}

// find looks among all samples but self.
func (s *nearest) find(square []float64, self int) {
	s.best = s.best[:0]
	for j, v := range square {
		if len(s.best) == s.k && v >= s.best[s.k-1] || j == self {
			continue
		}
		at, _ := slices.BinarySearch(s.best, v)
		s.best = slices.Insert(s.best, at, v)
		s.best = s.best[:min(len(s.best), s.k)]
	}
	last := s.best[s.k-1]
	tie := rounding * math.Max(last, s.size)
	s.low, s.top = last-tie, last+tie
	nearer, tied := 0, 0
	for j, v := range square {
		if v > s.top || j == self {
			continue
		}
		if v < s.low {
			nearer++
		} else {
			tied++
		}
	}
	s.each = float64(s.k-nearer) / float64(tied)
}

// share returns the probability that a sample at this squared distance is among the neighbours.
func (s *nearest) share(square float64) float64 {
	switch {
	case square < s.low:
		return 1
	case square <= s.top:
		return s.each
	}
	return 0
}
