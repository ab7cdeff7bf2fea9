package similarity

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// Significance returns the p of "no relation" for any measure that is larger for layers more alike, by
// measuring again with y's samples permuted, as often as draws, 0 meaning 999: exact for exchangeable
// samples, never 0. For a distance give its negative. CKA of many pairs has Permutation, which needs no
// draws.
func Significance(ctx context.Context, workers int, x, y Matrix, draws int, seed uint64, measure func(x, y Matrix) (float64, error)) (float64, error) {
	if draws == 0 {
		draws = 999
	}
	if draws < 1 {
		return 0, fmt.Errorf("%d permutations, want at least 1: %w", draws, infer.ErrRange)
	}
	both, err := inMemory([]Matrix{x, y})
	if err != nil {
		return 0, err
	}
	x, y = both[0], both[1]
	values, failed := make([]float64, draws+1), make([]error, draws+1)
	err = each(ctx, workers, len(values), func(b int) {
		shuffled := y
		if b > 0 {
			shuffled, _ = y.some(infer.Rand(seed, "similarity", "significance", fmt.Sprint(b)).Perm(y.N))
		}
		values[b], failed[b] = measure(x, shuffled)
	})
	if err != nil {
		return 0, err
	}
	extreme := 0
	for b, v := range values {
		if failed[b] != nil {
			return 0, failed[b]
		}
		if b > 0 && v >= values[0] {
			extreme++
		}
	}
	return infer.PermutationP(extreme, draws)
}
