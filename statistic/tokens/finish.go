package tokens

import (
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
)

// Least is the smallest sample tokens are judged on (METHODS 2).
const Least = 100

// A Result says how alike the tokens of a sample are; errors are by the group jackknife.
type Result struct {
	N        int
	Directed int            // samples with two tokens that are not zero, which Cosine and Residual are of
	Cosine   infer.Estimate // mean cosine of two tokens of a sample, as they are
	// Residual is the mean of |X - 1x'| / |X|, x being the mean token of a sample (Dong 2021): 0 for tokens that are
	// all the same.
	Residual infer.Estimate
	// Centred is the mean product of two tokens of a sample over the mean product of a token with itself, both less
	// the mean of all samples: of what differs in the layer at all, how much all tokens of a sample have in common.
	// What every token has, such as a large mean, does not count.
	Centred infer.Estimate
}

// Result finishes the sums.
func (s *State) Result() (*Result, error) {
	all := merged(s, -1)
	if all.n < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d finite samples with two tokens or more, tokens need %d", all.n, Least)
	}
	values := func(g group) (cosine, residual, centred float64, ok bool) {
		n, mean := float64(g.n), 0.0
		for _, m := range g.mean {
			mean += m.Value() / n * m.Value() / n
		}
		square := g.square.Value() / n
		own := square - mean
		k := float64(g.directed)
		return g.cosine.Value() / k, g.residual.Value() / k, (g.pair.Value()/n - mean) / own, own > 1e-12*square && k > 0
	}
	cosine, residual, centred, ok := values(all)
	if !ok {
		return nil, statistic.Unavailable("constant", "the layer's tokens do not vary")
	}
	var left [3][]float64
	for g := range s.groups {
		a, b, c, ok := values(merged(s, g))
		if !ok {
			return nil, statistic.Unavailable("constant", "the layer's tokens vary in few samples only")
		}
		left[0], left[1], left[2] = append(left[0], a), append(left[1], b), append(left[2], c)
	}
	out := &Result{N: int(all.n), Directed: int(all.directed)}
	for i, e := range []*infer.Estimate{&out.Cosine, &out.Residual, &out.Centred} {
		var err error
		if *e, err = infer.Jackknife([]float64{cosine, residual, centred}[i], left[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// merged adds up all groups but one.
func merged(s *State, without int) group {
	out := group{mean: make([]infer.Sum, s.units)}
	for g := range s.groups {
		if g == without {
			continue
		}
		out.n, out.directed = out.n+s.groups[g].n, out.directed+s.groups[g].directed
		to, from := out.sums(), s.groups[g].sums()
		for i := range to {
			to[i].Merge(*from[i])
		}
	}
	return out
}
