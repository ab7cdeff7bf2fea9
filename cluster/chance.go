package cluster

import (
	"context"

	"github.com/stratascope/stratascope/infer"
)

// AgreementP is the p-value of two partitions' adjusted Rand index when the points of one are permuted
// (METHODS 3.1, 5.1): the sizes of clusters stay, so that the index rises with the sum of the squared cells
// alone, which is what is counted. It costs O(n) a permutation.
func AgreementP(ctx context.Context, a, b []int, permutations int, seed uint64) (float64, error) {
	t, err := newTable(a, b)
	if err != nil {
		return 0, err
	}
	rows, _ := numbered(a)
	cols, _ := numbered(b)
	seen := 0
	for _, c := range t.cells {
		seen += c.n * c.n
	}
	random, wide, extreme := infer.Rand(seed, "agreement"), len(t.cols), 0
	cells := make([]int, len(t.rows)*wide)
	for range permutations {
		if err := ctx.Err(); err != nil {
			return 0, context.Cause(ctx)
		}
		clear(cells)
		for i := len(cols) - 1; i > 0; i-- { // Fisher & Yates, each point counted once it has its place
			j := random.IntN(i + 1)
			cols[i], cols[j] = cols[j], cols[i]
			cells[rows[i]*wide+cols[i]]++
		}
		cells[rows[0]*wide+cols[0]]++
		sum := 0
		for _, n := range cells {
			sum += n * n
		}
		if sum >= seen {
			extreme++
		}
	}
	return infer.PermutationP(extreme, permutations)
}
