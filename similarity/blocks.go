package similarity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

const (
	blockRows   = 256
	leastBlocks = 16  // fewer make the jackknife's interval too short
	typicalRows = 128 // of which layers have their frames
)

// checkGroups refuses groups that leave too little when one of them is left out.
func (p *Pairs) checkGroups(l layout) error {
	if l.groups < 2 {
		return fmt.Errorf("%d sample group, want at least 2: %w", l.groups, infer.ErrTooFew)
	}
	for g, n := range l.count {
		if p.N-n < 4 {
			return fmt.Errorf("%d samples without group %d, want at least 4: %w", p.N-n, g, infer.ErrTooFew)
		}
	}
	return nil
}

// blocks sums HSIC_u over blocks of at most 256 samples, dealt at random so that an order by class does not
// make blocks of one class. Every value is read once: all blocks of a layer have the frame of some samples, since
// HSIC_u does not change with the shift, or one of their own where they are far from it, whose scale is taken out of
// the sums.
func (p *Pairs) blocks(ctx context.Context, workers int, layers []source, opt Options) error {
	n, count := p.N, max(leastBlocks, (p.N+blockRows-1)/blockRows)
	if n/count < 4 {
		return fmt.Errorf("%d samples in %d blocks, want at least 4 in each: %w", n, count, infer.ErrTooFew)
	}
	order := infer.Rand(opt.Seed, "similarity", "blocks").Perm(n)
	jobs := make([]job, count)
	for b := range jobs {
		jobs[b].rows = order[n*b/count : n*(b+1)/count]
	}
	some := jobs[0].rows
	w := &blockWalk{layers: layers, common: make([]shift, len(layers)), rounded: n/count >= roundedRows}
	err := each(ctx, workers, len(layers), func(l int) {
		if x, err := layers[l].rowsAt(some[:min(len(some), typicalRows)], nil); err == nil {
			f, _ := frameOf(x) // a block of a layer without one takes its own
			w.common[l] = f.rounded().narrow()
		}
	})
	if err != nil {
		return err
	}
	first, err := p.reduce(ctx, workers, w, some, opt.Fast)
	if err != nil {
		return err
	}
	for b := range jobs {
		jobs[b].parts, jobs[b].rounded, jobs[b].third = p.parts, p.parts == 1 && w.rounded, opt.Test && b > 0 && b <= thirdBlocks
	}
	var parts []blockPart
	if first != nil {
		parts, jobs = append(parts, *first), jobs[1:]
	}
	rest, err := w.sums(ctx, workers, jobs, false)
	if err != nil {
		return err
	}
	parts = append(parts, rest...)
	for l, s := range layers {
		p.Reason[s.at] = reasonOf(s, l, parts)
	}
	align(parts, len(layers))
	whole := sums{make([]float64, len(parts[0].hsic)), make([]float64, len(layers)), nil}
	for _, s := range parts {
		addTo(whole.hsic, s.hsic, 1)
		addTo(whole.bulk, s.bulk, 1)
	}
	without := make([]sums, count)
	for b, s := range parts {
		without[b] = sums{slices.Clone(whole.hsic), slices.Clone(whole.bulk), nil}
		addTo(without[b].hsic, s.hsic, -1)
		addTo(without[b].bulk, s.bulk, -1)
	}
	if err := p.finish(layers, whole, without, nil); err != nil || !opt.Test {
		return err
	}
	p.testBlocks(layers, parts, whole)
	return nil
}

// blockPart is what one block of samples gives: sums in the scale of its own frames, and per layer that scale, 0
// where it has none, with the reason, and in some blocks what permutations keep.
type blockPart struct {
	sums
	samples int
	scale   []float64
	err     []error
	kept    [][]float64
}

// reasonOf returns why a layer cannot be compared, where values are to blame as a frame of all its samples says it.
func reasonOf(s source, l int, parts []blockPart) error {
	var reason error
	same := 0
	for _, b := range parts {
		if errors.Is(b.err[l], infer.ErrConstant) {
			same++
		} else if b.err[l] != nil {
			reason = b.err[l]
		}
	}
	if errors.Is(reason, infer.ErrNotFinite) || errors.Is(reason, ErrDominated) || same == len(parts) {
		if _, err := frameOf(s.Matrix); err != nil {
			return err
		}
	}
	return reason
}

// align brings the sums of all blocks to the scale that a layer has in the first block where it has one.
func align(parts []blockPart, layers int) {
	factor, common := make([]float64, layers), make([]float64, layers)
	for _, b := range parts {
		for l, s := range b.scale {
			if common[l] == 0 {
				common[l] = s
			}
			factor[l] = 0
			if s > 0 {
				factor[l] = common[l] / s * common[l] / s
			}
		}
		at := 0
		for i := range layers {
			b.bulk[i] *= factor[i] * factor[i]
			for j := i; j < layers; j++ {
				b.hsic[at] *= factor[i] * factor[j]
				at++
			}
		}
	}
}

func addTo(dst, src []float64, factor float64) {
	for i, v := range src {
		dst[i] += factor * v
	}
}
