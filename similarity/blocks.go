package similarity

import (
	"cmp"
	"context"
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

// blocks sums HSIC_u over blocks of samples, dealt at random so that an order by class does not
// make blocks of one class.
func (p *Pairs) blocks(ctx context.Context, workers int, layers []source, seed uint64) error {
	n, count := p.N, max(leastBlocks, p.N/blockRows)
	if n/count < 4 {
		return fmt.Errorf("%d samples in %d blocks, want at least 4 in each: %w", n, count, infer.ErrTooFew)
	}
	order := infer.Rand(seed, "similarity", "blocks").Perm(n)
	parts := make([]sums, count)
	failed := make([]error, count)
	free := make(chan *tile, workers)
	for range workers {
		free <- &tile{}
	}
	err := each(ctx, workers, count, func(b int) {
		t := <-free
		parts[b], failed[b] = blockSums(t, layers, order[n*b/count:n*(b+1)/count])
		free <- t
	})
	if err != nil {
		return err
	}
	if err := cmp.Or(failed...); err != nil {
		return err
	}
	whole := sums{make([]float64, len(parts[0].hsic)), make([]float64, len(layers)), nil}
	for _, s := range parts {
		addTo(whole.hsic, s.hsic, 1)
		addTo(whole.bulk, s.bulk, 1)
	}
	for b, s := range parts {
		parts[b] = sums{slices.Clone(whole.hsic), slices.Clone(whole.bulk), nil}
		addTo(parts[b].hsic, s.hsic, -1)
		addTo(parts[b].bulk, s.bulk, -1)
	}
	return p.finish(layers, whole, parts)
}

func addTo(dst, src []float64, factor float64) {
	for i, v := range src {
		dst[i] += factor * v
	}
}

// blockSums returns HSIC_u of all pairs of layers inside one block of samples.
func blockSums(t *tile, stored []source, rows []int) (sums, error) {
	m, L := len(rows), len(stored)
	layers := make([]source, L)
	order := make([]int, m)
	for i := range order {
		order[i] = i
	}
	for l, s := range stored {
		x, err := s.some(rows)
		if err != nil {
			return sums{}, err
		}
		layers[l] = source{x, s.frame, s.at}
	}
	g := &gram{layout: layout{order: order, segments: []segment{{0, m, 0}}, spans: []span{{0, 1}}, groups: 1}, layers: layers}
	g.part, g.diag = make([][]float64, L), make([][]float64, L)
	for l := range layers {
		g.part[l], g.diag[l] = make([]float64, m), make([]float64, m)
	}
	t.sum = make([]float64, 2*len(layers)*(len(layers)+1)/2)
	g.visit(t, [2]span{{0, 1}, {0, 1}})
	g.cross = t.sum
	return g.sums(-1, false), nil
}
