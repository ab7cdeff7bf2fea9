package leverage

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
)

// outermost splits rows by their distance from the mean of all; first is the largest one's share of the sum of
// squares.
func outermost(t capture.Table, keep []int) (out, within []int, first float64, err error) {
	x := t.Select(keep)
	mean, err := x.Means()
	if err != nil {
		return nil, nil, 0, err
	}
	square := make([]float64, x.N)
	err = x.Strips(func(lo int, m capture.Matrix) error {
		for i := range m.N {
			for u, v := range m.Row(i) {
				d := float64(v) - mean[u]
				square[lo+i] += d * d
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, 0, err
	}
	order := make([]int, x.N)
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(square[b], square[a]) })
	total := infer.Total(square)
	if !(total > 0) {
		return nil, nil, 0, statistic.Unavailable("constant", "the layer's values do not vary")
	}
	k := int(math.Ceil(Share * float64(x.N)))
	for _, i := range order[:k] {
		out = append(out, keep[i])
	}
	for _, i := range order[k:] {
		within = append(within, keep[i])
	}
	slices.Sort(within)
	return out, within, square[order[0]] / total, nil
}

// changes compares the first layer's similarities in two samples.
func changes(names []string, whole, part *similarity.Pairs) ([]Change, error) {
	var out []Change
	for j := 1; j < len(names); j++ {
		a, err := whole.Estimate(0, j)
		if err != nil {
			continue // a layer without similarity is named by the rules that compare all pairs
		}
		b, err := part.Estimate(0, j)
		if err != nil {
			continue
		}
		x, y := whole.LeaveOut(0, j), part.LeaveOut(0, j)
		if len(x) != len(y) {
			return nil, fmt.Errorf("%d groups of all samples, %d without the outermost", len(x), len(y))
		}
		left := make([]float64, len(x))
		for g := range left {
			left[g] = x[g] - y[g]
		}
		d, err := infer.Jackknife(a.Value-b.Value, left)
		if err != nil {
			return nil, err
		}
		out = append(out, Change{names[j], a.Value, b.Value, d})
	}
	if len(out) == 0 {
		return nil, statistic.Unavailable("no-similarity", "layer %s has no similarity to a neighbour", names[0])
	}
	return out, nil
}
