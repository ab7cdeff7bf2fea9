package similarity

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// FastError is the largest change of a similarity by bfloat16 that Options.Fast puts up with.
const FastError = 1e-4

// reduce decides whether bfloat16 will do: one block of samples is compared both ways. Rounding changes a
// similarity by about 2^-9 over the root of the number of samples, so the change over all of them is the smaller
// one.
func (p *Pairs) reduce(ctx context.Context, workers int, layers []source, seed uint64) error {
	order := infer.Rand(seed, "similarity", "reduced").Perm(p.N)
	rows := order[:min(p.N, blockRows)]
	L := len(layers)
	var forms [2]blockPart
	if err := each(ctx, workers, 2, func(i int) { forms[i] = blockSums(&tile{}, layers, make([]frame, L), rows, i == 1) }); err != nil {
		return err
	}
	exact, rounded := forms[0], forms[1]
	for a := range layers {
		for b := range a {
			x, y := exact.cka(b, a, L), rounded.cka(b, a, L)
			if exact.err[a] == nil && exact.err[b] == nil && !math.IsNaN(x-y) {
				p.Error = max(p.Error, math.Abs(x-y))
			}
		}
	}
	if p.Error <= FastError {
		p.Reduced = kernel.Reduced()
	}
	return nil
}
