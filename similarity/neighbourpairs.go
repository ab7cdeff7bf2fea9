package similarity

import (
	"cmp"
	"context"
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// MutualKNNPairs returns MutualKNN of all pairs of layers, with the interval of a group jackknife at a level such as
// 0.95. Its leave-one-group-out values are to first order: that a sample has k neighbours is put in as if a slightly
// larger ball were looked at where some are left out, which makes the overlap a sum over pairs of samples, and what two
// groups do together counts once (infer.JackknifePairs). More than 64 groups are dealt to 64. P is the permutation test
// in closed form: mean and variance of the overlap are exact, and its tail is that of Pearson III with the skewness of
// a count of that mean and variance. groups nil deals samples as AllPairs does. It costs n^2 d and about 3 n^2 a layer
// and 9 n k a pair, and holds 20 n k bytes a layer beside the n x n distances of one for each worker; where many
// samples are alike, as many more as tie. The numbers are the same bits for any number of workers.
func MutualKNNPairs(ctx context.Context, workers int, layers []Matrix, k int, groups []int, level float64) (*Pairs, error) {
	if k == 0 {
		k = 10
	}
	n, err := common(layers, groups, Options{Level: level, Exact: GramSamples})
	if err != nil {
		return nil, err
	}
	if groups != nil {
		groups = pooled(groups)
	}
	group, count, err := numbered(n, groups)
	if err != nil {
		return nil, err
	}
	if k < 1 || k >= n {
		return nil, fmt.Errorf("%d neighbours of %d samples, want 1 to %d: %w", k, n, n-1, infer.ErrTooFew)
	}
	L := len(layers)
	p := newPairs(L, n, Options{Level: level, Exact: n, Biased: true}) // whatever wants debiased CKA refuses it
	p.Units, p.P = count, fill(L*L, 1)
	graphs := make([]graphSums, L)
	lists := make([]neighbourhoods, L)
	err = each(ctx, workers, L, func(l int) {
		if lists[l], p.Reason[l] = neighboursOf(layers[l], k); p.Reason[l] == nil {
			graphs[l] = lists[l].graphSums(k)
		}
	})
	if err != nil {
		return nil, err
	}
	failed := make([]error, L)
	quantile := infer.StudentQuantile(1-(1-level)/2, float64(count-1))
	err = each(ctx, workers, L, func(a int) {
		o := newOverlap(k, group, count)
		for b := a; b < L && failed[a] == nil; b++ {
			if p.Reason[a] != nil || p.Reason[b] != nil {
				continue
			}
			o.measure(lists[a], lists[b])
			leave, together := o.withoutEach()
			failed[a] = p.set(a, b, o.value, leave, together, quantile)
			if a != b {
				p.setP(a, b, overlapTail(o.value*float64(n*k), n, k, graphs[a], graphs[b]))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return p, cmp.Or(failed...)
}

// neighbourhoods are the samples near every sample, those of sample i from ends[i] to ends[i+1] in rising order: share is
// the probability that one is among the k neighbours, band that it is among half as many before and behind the last.
type neighbourhoods struct {
	ends        []int
	at          []int32
	share, band []float32
}

func neighboursOf(m Matrix, k int) (neighbourhoods, error) {
	r, err := framed(m)
	if err != nil {
		return neighbourhoods{}, err
	}
	square, err := r.squares()
	if err != nil {
		return neighbourhoods{}, err
	}
	n, half := r.n, max(1, k/2)
	inner, own, outer := newNearest(k-half, r.d), newNearest(k, r.d), newNearest(min(k+half, n-1), r.d)
	width := float64(outer.k - inner.k)
	h := neighbourhoods{ends: make([]int, 1, n+1)}
	var near []int
	var at []float64
	for i := range n {
		row := square[i*n : (i+1)*n]
		outer.find(row, i)
		near, at = near[:0], at[:0]
		for j, v := range row {
			if v <= outer.top && j != i {
				near, at = append(near, j), append(at, v)
			}
		}
		own.find(at, -1)
		if inner.k > 0 {
			inner.find(at, -1)
		}
		for e, v := range at {
			h.at = append(h.at, int32(near[e]))
			h.share = append(h.share, float32(own.share(v)))
			h.band = append(h.band, float32((outer.share(v)-inner.share(v))/width))
		}
		h.ends = append(h.ends, len(h.at))
	}
	return h, nil
}
