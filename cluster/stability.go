package cluster

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// StabilityHalves is how many half-samples a partition is tried on (METHODS 5.1).
const StabilityHalves = 20

// Stability is how well a partition of n points comes again when only half of the points are there: for
// every half, drawn without replacement, the adjusted Rand index of what group makes of it and what the
// whole partition says of the same points (Ben-Hur, Elisseeff & Guyon 2002). The mean of the values is
// near 1 for clusters that are there; below 0.6 a partition is not to be interpreted. group gets the rows
// of a half in rising order and returns their labels.
func Stability(ctx context.Context, whole []int, halves int, seed uint64, group func(ctx context.Context, rows []int) ([]int, error)) ([]float64, error) {
	if len(whole) < 4 || halves < 1 {
		return nil, fmt.Errorf("%d halves of %d points, want 1 of 4: %w", halves, len(whole), infer.ErrTooFew)
	}
	random := infer.Rand(seed, "stability")
	var out []float64
	var rows []int
	for h := range halves {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		rows = infer.HalfSample(rows, random, len(whole))
		labels, err := group(ctx, rows)
		if err != nil {
			return nil, fmt.Errorf("half %d: %w", h, err)
		}
		want := make([]int, len(rows))
		for k, i := range rows {
			want[k] = whole[i]
		}
		ari, err := AdjustedRand(labels, want)
		if err != nil {
			return nil, fmt.Errorf("half %d: %w", h, err)
		}
		out = append(out, ari)
	}
	return out, nil
}
