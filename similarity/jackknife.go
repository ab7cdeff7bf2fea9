package similarity

import (
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// Jackknife returns any measure of two layers with its group-jackknife error, by measuring again without each
// group: exact, at as many times the cost as there are groups and one more. groups nil deals samples as
// AllPairs does. The bootstrap is wrong for all of these measures: its doubled rows look like similarity.
//
// The error is the spread over samples of one population for smooth measures (0.9 to 1.1 times it for RBF, RSA
// and Predict), and too large for others: 1.3 for shape distances, 1.4 for CCA, 1.6 for mutual k-NN and 1.7 for
// PWCCA (BenchmarkJackknifeError), whose intervals are wider than need be. workers measure side by side.
func Jackknife(ctx context.Context, workers int, x, y Matrix, groups []int, measure func(x, y Matrix) (float64, error)) (infer.Estimate, error) {
	both, err := inMemory([]Matrix{x, y})
	if err != nil {
		return infer.Estimate{}, err
	}
	x, y = both[0], both[1]
	subsets, err := withoutEach(x.N, groups)
	if err != nil {
		return infer.Estimate{}, err
	}
	values, failed := make([]float64, len(subsets)+1), make([]error, len(subsets)+1)
	err = each(ctx, workers, len(values), func(u int) {
		a, b := x, y
		if u > 0 {
			a, _ = x.some(subsets[u-1])
			b, _ = y.some(subsets[u-1])
		}
		if values[u], failed[u] = measure(a, b); failed[u] != nil && u > 0 {
			failed[u] = fmt.Errorf("without group %d of %d: %w", u, len(subsets), failed[u])
		}
	})
	if err != nil {
		return infer.Estimate{}, err
	}
	for _, err := range failed {
		if err != nil {
			return infer.Estimate{}, err
		}
	}
	return infer.Jackknife(values[0], values[1:])
}

// withoutEach returns the samples outside each group.
func withoutEach(n int, groups []int) ([][]int, error) {
	group, count, err := numbered(n, groups)
	if err != nil {
		return nil, err
	}
	out := make([][]int, count)
	for i, of := range group {
		for g := range out {
			if g != of {
				out[g] = append(out[g], i)
			}
		}
	}
	return out, nil
}

// mostGroups bounds what is kept for each two groups.
const mostGroups = 64

// pooled returns groups as they are, or dealt to mostGroups in the order of their names where there are more.
func pooled(groups []int) []int {
	names := slices.Compact(slices.Sorted(slices.Values(groups)))
	if len(names) <= mostGroups {
		return groups
	}
	out := make([]int, len(groups))
	for i, g := range groups {
		at, _ := slices.BinarySearch(names, g)
		out[i] = at % mostGroups
	}
	return out
}

// numbered gives groups the numbers 0, 1, ... in rising order of their names; nil deals samples as AllPairs
// does. At least 4 samples must be left without any of them.
func numbered(n int, groups []int) (number []int, count int, err error) {
	if groups == nil {
		groups = dealt(n)
	}
	if len(groups) != n {
		return nil, 0, fmt.Errorf("%d group numbers for %d samples: %w", len(groups), n, infer.ErrRange)
	}
	names := slices.Compact(slices.Sorted(slices.Values(groups)))
	size := make([]int, len(names))
	number = make([]int, n)
	for i, g := range groups {
		number[i], _ = slices.BinarySearch(names, g)
		size[number[i]]++
	}
	for g, k := range size {
		if n-k < 4 {
			return nil, 0, fmt.Errorf("%d samples without group %d, want at least 4: %w", n-k, names[g], infer.ErrTooFew)
		}
	}
	return number, len(names), nil
}
