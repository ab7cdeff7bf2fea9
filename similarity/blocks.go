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
	leastBlocks = 16 // fewer make the jackknife's interval too short
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
// make blocks of one class. Every value is read once: a block of a layer has a frame of its own, since
// HSIC_u does not change with the shift, and its scale is taken out of the sums.
func (p *Pairs) blocks(ctx context.Context, workers int, layers []source, seed uint64) error {
	n, count := p.N, max(leastBlocks, (p.N+blockRows-1)/blockRows)
	if n/count < 4 {
		return fmt.Errorf("%d samples in %d blocks, want at least 4 in each: %w", n, count, infer.ErrTooFew)
	}
	order := infer.Rand(seed, "similarity", "blocks").Perm(n)
	parts := make([]blockPart, count)
	fast := p.Reduced != ""
	free := make(chan *tile, workers)
	for range workers {
		free <- &tile{}
	}
	err := each(ctx, workers, count, func(b int) {
		t := <-free
		parts[b] = blockSums(t, layers, order[n*b/count:n*(b+1)/count], fast)
		free <- t
	})
	if err != nil {
		return err
	}
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
	return p.finish(layers, whole, without)
}

// blockPart is what one block of samples gives: sums in the scale of its own frames, and per layer that scale, 0
// where it has none, with the reason.
type blockPart struct {
	sums
	scale []float64
	err   []error
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

// blockSums returns HSIC_u of all pairs of layers inside one block of samples.
func blockSums(t *tile, stored []source, rows []int, fast bool) blockPart {
	m, L := len(rows), len(stored)
	whole := [2]span{{0, 1}, {0, 1}}
	g := &gram{layout: layout{order: upTo(m), segments: []segment{{0, m, 0}}, spans: whole[:1], groups: 1}, layers: make([]source, L), fast: fast}
	g.part, g.diag = make([][]float64, L), make([][]float64, L)
	p := blockPart{scale: make([]float64, L), err: make([]error, L)}
	blocks, n := g.blocks(whole)
	t.all = sized(t.all, L*n)
	for l, s := range stored {
		g.part[l], g.diag[l] = make([]float64, m), make([]float64, m)
		x, f := Matrix{X: s.X, N: m, D: s.D, at: rows}, frame{}
		if s.gather != nil {
			t.b = sized(t.b, m*s.D)
			x = Matrix{X: t.b, N: m, D: s.D}
			p.err[l] = s.gather(t.b, rows)
		}
		if p.err[l] == nil {
			f, p.err[l] = frameOf(x)
		}
		if p.err[l] != nil {
			clear(t.all[l*n : (l+1)*n])
			continue
		}
		p.scale[l] = f.scale
		g.layers[l] = source{x, f, s.at}
		g.multiply(t, l, whole)
		g.scatter(t.all[l*n:(l+1)*n], t.product, l, whole, blocks)
	}
	g.cross = make([]float64, L*(L+1))
	t.dots = pairProducts(t.dots, t.all, n, L, n, [][]float64{g.cross[:L*(L+1)/2]})
	p.sums = g.sums(-1, false)
	return p
}
