package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/stratascope/stratascope/infer"
)

// seed draws k points as first centres of every run by greedy k-means++: a point is drawn with probability
// proportional to its squared distance from the nearest centre so far, and of 2 + ln k such candidates the
// one that lowers the sum of those distances most is taken (Arthur & Vassilvitskii 2007). All runs go side
// by side, so that the points are read once for all. It costs n k (2 + ln k) d operations a run.
func (f *frame) seed(ctx context.Context, runs []*run, k int) error {
	trials := 2 + int(math.Log(float64(k)))
	closest := make([][]float64, len(runs)) // squared distance of each point from the nearest centre
	for r, s := range runs {
		closest[r] = make([]float64, f.N)
		for i := range closest[r] {
			closest[r][i] = math.Inf(1)
		}
		s.centres = make([]float64, 0, k*f.D)
	}
	drawn := make([][]int, len(runs))
	for c := range k {
		for r, s := range runs {
			if c == 0 {
				drawn[r] = []int{s.random.IntN(f.N)}
				continue
			}
			if drawn[r] = draw(s.random, closest[r], trials); drawn[r] == nil {
				return fmt.Errorf("%d distinct points, want at least one for each of %d clusters: %w", c, k, infer.ErrTooFew)
			}
		}
		if err := f.take(ctx, runs, closest, drawn); err != nil {
			return err
		}
	}
	return nil
}

// draw gives indices with probability proportional to weight, nil if all weights are zero.
func draw(random *rand.Rand, weight []float64, count int) []int {
	up, total := make([]float64, len(weight)), 0.0
	for i, w := range weight {
		total += w
		up[i] = total
	}
	if total == 0 {
		return nil
	}
	out := make([]int, count)
	for t := range out {
		u := random.Float64() * total
		// Rounding may put u at the total; the last point that has a weight takes it.
		out[t] = min(sort.Search(len(up), func(i int) bool { return up[i] > u }), sort.SearchFloat64s(up, total))
	}
	return out
}

// take adds the best of each run's candidates to its centres.
func (f *frame) take(ctx context.Context, runs []*run, closest [][]float64, drawn [][]int) error {
	trials := len(drawn[0])
	at := make([]float64, 0, len(runs)*trials*f.D)
	for _, candidates := range drawn {
		for _, i := range candidates {
			for _, v := range f.row(i) {
				at = append(at, float64(v))
			}
		}
	}
	t := f.targets(at)
	reached := make([]float64, len(t.norm)*f.N)
	potential := make([]float64, len(f.blocks)*len(t.norm))
	err := f.each(ctx, func(b, lo, hi int) {
		products, d := f.products(b, lo, hi, t), make([]float64, hi-lo)
		for c := range t.norm {
			f.distances(d, products[c*(hi-lo):], lo, t, c)
			was, now := closest[c/trials][lo:hi], reached[c*f.N+lo:c*f.N+hi]
			var sum float64
			for i, v := range d {
				v = min(v, was[i])
				now[i] = v
				sum += v
			}
			potential[b*len(t.norm)+c] = sum
		}
	})
	if err != nil {
		return err
	}
	for r, s := range runs {
		best, least := 0, math.Inf(1)
		for c := r * trials; c < (r+1)*trials; c++ {
			var sum float64
			for b := range f.blocks {
				sum += potential[b*len(t.norm)+c]
			}
			if sum < least {
				best, least = c, sum
			}
		}
		s.centres = append(s.centres, at[best*f.D:(best+1)*f.D]...)
		copy(closest[r], reached[best*f.N:])
	}
	return nil
}
