package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// MutualKNNPairs returns MutualKNN of all pairs of layers, with the interval of a group jackknife at a
// level such as 0.95: neighbours are found anew among the samples without each group, so the
// leave-one-group-out values are exact; its error is too large, see Jackknife. P is the permutation test in closed
// form: mean and variance of the overlap are exact, and its tail is that of Pearson III with the skewness of a count
// of that mean and variance. groups nil deals samples as AllPairs does. It costs n^2 d and about 3
// n^2 a layer and 63 n k a pair, and holds 170 n k bytes a layer beside the n x n distances of one for each
// worker; where many samples are alike, as many more as tie. The numbers are the same bits for any number
// of workers.
func MutualKNNPairs(ctx context.Context, workers int, layers []Matrix, k int, groups []int, level float64) (*Pairs, error) {
	if k == 0 {
		k = 10
	}
	n, err := common(layers, groups, Options{Level: level, Exact: GramSamples})
	if err != nil {
		return nil, err
	}
	group, count, err := numbered(n, groups)
	if err != nil {
		return nil, err
	}
	sizes := make([]int, count+1)
	sizes[0] = n
	for u := range count {
		sizes[1+u] = n
	}
	for _, g := range group {
		sizes[1+g]--
	}
	for _, m := range sizes {
		if k < 1 || k >= m {
			return nil, fmt.Errorf("%d neighbours of %d samples, want 1 to %d: %w", k, m, m-1, infer.ErrTooFew)
		}
	}
	L := len(layers)
	p := newPairs(L, n, Options{Level: level, Exact: n, Biased: true}) // whatever wants debiased CKA refuses it
	p.Units, p.P = count, fill(L*L, 1)
	graphs := make([]graphSums, L)
	lists := make([][]neighbourhoods, L)
	err = each(ctx, workers, L, func(l int) {
		if lists[l], p.Reason[l] = neighboursOf(layers[l], k, group, count); p.Reason[l] == nil {
			graphs[l] = lists[l][0].graphSums(k)
		}
	})
	if err != nil {
		return nil, err
	}
	failed := make([]error, L)
	quantile := infer.StudentQuantile(1-(1-level)/2, float64(count-1))
	err = each(ctx, workers, L, func(a int) {
		marked := make([]float32, n)
		for b := a; b < L && failed[a] == nil; b++ {
			if p.Reason[a] != nil || p.Reason[b] != nil {
				continue
			}
			values := make([]float64, count+1)
			for u := range values {
				values[u] = lists[a][u].overlap(lists[b][u], marked) / float64(sizes[u]*k)
			}
			failed[a] = p.set(a, b, values[0], values[1:], nil, quantile)
			if a != b {
				p.setP(a, b, overlapTail(values[0]*float64(n*k), n, k, graphs[a], graphs[b]))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return p, cmp.Or(failed...)
}

// neighbourhoods are the neighbours of every sample, those of sample i from ends[i] to ends[i+1], each with
// its share.
type neighbourhoods struct {
	ends  []int
	at    []int32
	share []float32
}

// neighboursOf returns the neighbourhoods among all samples, and among those without each group, which have
// none themselves.
func neighboursOf(m Matrix, k int, group []int, groups int) ([]neighbourhoods, error) {
	r, err := framed(m)
	if err != nil {
		return nil, err
	}
	square, err := r.squares()
	if err != nil {
		return nil, err
	}
	n := r.n
	s, wide := newNearest(k, r.d), newNearest(min(3*k, n-1), r.d)
	out := make([]neighbourhoods, groups+1)
	for u := range out {
		out[u] = neighbourhoods{make([]int, 1, n+1), make([]int32, 0, n*k), make([]float32, 0, n*k)}
	}
	all := func(int) bool { return true }
	var near []int // samples near enough to be neighbours without any group, in rising order
	var at []float64
	for i := range n {
		row := square[i*n : (i+1)*n]
		wide.find(row, i, all)
		near, at = near[:0], at[:0]
		for j, v := range row {
			if v <= wide.top && j != i {
				near, at = append(near, j), append(at, v)
			}
		}
		for u := range out {
			h := &out[u]
			if group[i] != u-1 {
				if !h.add(s, near, at, -1, wide.top, func(e int) bool { return group[near[e]] != u-1 }) {
					h.add(s, nil, row, i, math.Inf(1), func(j int) bool { return group[j] != u-1 })
				}
			}
			h.ends = append(h.ends, len(h.at))
		}
	}
	return out, nil
}

// add finds a sample's neighbours among those at the squared distances given, whose numbers are their places without
// names. It does nothing and returns false if samples beyond the reach might be among them.
func (h *neighbourhoods) add(s *nearest, names []int, square []float64, self int, reach float64, use func(int) bool) bool {
	k := 0
	for e := 0; e < len(square) && k < s.k; e++ {
		if e != self && use(e) {
			k++
		}
	}
	if k < s.k {
		return false
	}
	if s.find(square, self, use); s.top > reach {
		return false
	}
	for e, v := range square {
		if v <= s.top && e != self && use(e) {
			j := e
			if names != nil {
				j = names[e]
			}
			h.at, h.share = append(h.at, int32(j)), append(h.share, float32(s.share(v)))
		}
	}
	return true
}

// overlap returns the sum over samples of the neighbours in common; marked is all 0, before and after.
func (h neighbourhoods) overlap(o neighbourhoods, marked []float32) float64 {
	var sum infer.Sum
	for i := range len(h.ends) - 1 {
		lo, hi := h.ends[i], h.ends[i+1]
		for e := lo; e < hi; e++ {
			marked[h.at[e]] = h.share[e]
		}
		var s float64
		for e := o.ends[i]; e < o.ends[i+1]; e++ {
			s += float64(marked[o.at[e]]) * float64(o.share[e])
		}
		sum.Add(s)
		for e := lo; e < hi; e++ {
			marked[h.at[e]] = 0
		}
	}
	return sum.Value()
}
