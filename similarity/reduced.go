package similarity

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
)

const (
	// FastError is the largest change of a similarity by bfloat16 that Options.Fast puts up with.
	FastError = 1e-4
	// SplitError is the largest change of a few samples' similarity by splitting values in two that is put up with unasked.
	// That of all samples changes less, as rounding averages out.
	SplitError = 5e-7

	splitRows    = 64  // samples on which that is measured
	splitSamples = 256 // fewer are not worth it
)

// reduce chooses the arithmetic. bfloat16, on request, and values in two bfloat16 parts, where tile registers multiply
// them faster, will do if they change no similarity of some samples by more than their limit. Rounding changes one by
// about 2^-9 or 2^-17 over the root of the number of samples, so the change over all of them is the smaller one.
func (p *Pairs) reduce(ctx context.Context, workers int, w *blockWalk, rows []int, fast bool) (*blockPart, error) {
	if fast {
		finer := 0
		if kernel.Tiles() {
			finer = 2
		}
		rounded, gap, err := w.apart(ctx, workers, rows, 1, finer)
		if err != nil {
			return nil, err
		}
		if p.Error = gap; gap <= FastError {
			p.Reduced, p.parts = kernel.Reduced(), 1
			return &rounded, nil
		}
	}
	if !splits(p.N, p.biased) || len(rows) < splitRows {
		return nil, nil
	}
	_, gap, err := w.apart(ctx, workers, rows[:splitRows], 2, 0)
	if err != nil {
		return nil, err
	}
	if p.Error = max(p.Error, gap); gap <= SplitError {
		p.Split, p.parts = true, 2
	}
	return nil, nil
}

// splits says whether values of n samples may be split. The diagonal, which makes the biased form, would be off by more.
func splits(n int, biased bool) bool { return kernel.Tiles() && n >= splitSamples && !biased }

// apart returns the sums of rows in one number of parts, and how far a similarity is off by them at most from that in
// another.
func (w *blockWalk) apart(ctx context.Context, workers int, rows []int, parts, than int) (first blockPart, most float64, err error) {
	forms, err := w.sums(ctx, workers, []job{{rows: rows, parts: parts, rounded: w.rounded && parts == 1}, {rows: rows, parts: than}}, true)
	if err != nil {
		return first, 0, err
	}
	L := len(w.layers)
	for a := range L {
		for b := range a {
			x, y := forms[0].cka(b, a, L), forms[1].cka(b, a, L)
			if forms[1].err[a] == nil && forms[1].err[b] == nil && !math.IsNaN(x-y) {
				most = max(most, math.Abs(x-y))
			}
		}
	}
	return forms[0], most, nil
}
