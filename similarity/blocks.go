package similarity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
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
	block := func(b int) []int { return order[n*b/count : n*(b+1)/count] }
	common := make([]frame, len(layers))
	some := block(0)
	err := each(ctx, workers, len(layers), func(l int) {
		if x, err := layers[l].rowsAt(some[:min(len(some), typicalRows)], nil); err == nil {
			f, _ := frameOf(x) // a block of a layer without one takes its own
			common[l] = f.rounded()
		}
	})
	if err != nil {
		return err
	}
	first, err := p.reduce(ctx, workers, layers, common, some, opt.Fast)
	if err != nil {
		return err
	}
	parts := make([]blockPart, count)
	free := make(chan *tile, workers)
	for range workers {
		free <- &tile{}
	}
	err = each(ctx, workers, count, func(b int) {
		if b == 0 && first != nil {
			parts[b] = *first
			return
		}
		t := <-free
		parts[b] = blockSums(t, layers, common, block(b), p.parts, opt.Test && b > 0 && b <= thirdBlocks)
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

// blockSums returns HSIC_u of all pairs of layers inside one block of samples. A layer takes the common frame where
// that suits the block, else one of its own.
func blockSums(t *tile, layers []source, common []frame, rows []int, parts int, third bool) blockPart {
	m, L := len(rows), len(layers)
	panels := (m + kernel.PanelRows - 1) / kernel.PanelRows
	size := panels * (panels + 1) / 2 * kernel.PanelRows * kernel.PanelRows
	p := blockPart{samples: m, scale: make([]float64, L), err: make([]error, L)}
	if third {
		p.kept = make([][]float64, L)
	}
	r, d := make([]float64, L*m), make([]float64, L*m)
	t.all = sized(t.all, L*size)
	for l, s := range layers {
		products := t.all[l*size : (l+1)*size]
		x, err := s.rowsAt(rows, t.b)
		if s.gather != nil {
			t.b = x.X
		}
		f, fits := common[l], false
		if err == nil && f.scale > 0 {
			fits = t.triangle(x, f, parts, products, r[l*m:(l+1)*m], d[l*m:(l+1)*m])
		}
		if err == nil && !fits {
			if f, err = frameOf(x); err == nil {
				f = f.rounded()
				t.triangle(x, f, parts, products, r[l*m:(l+1)*m], d[l*m:(l+1)*m])
			}
		}
		if p.err[l] = err; err != nil {
			clear(products)
			continue
		}
		p.scale[l] = f.scale
		if third {
			p.kept[l] = keptByPermutations(products, r[l*m:(l+1)*m])
		}
	}
	cross := make([]float64, L*(L+1)/2)
	t.dots = pairProducts(t.dots, t.all, size, L, size, cross)
	p.sums = hsic(cross, r, d, L, m, false)
	return p
}

// triangle sets products to the Gram matrix of a block above the diagonal, r to its row sums without the diagonal and
// d to the diagonal, and tells whether the frame is near enough to the block's own.
func (t *tile) triangle(x Matrix, f frame, parts int, products []float32, r, d []float64) bool {
	const side, size = kernel.PanelRows, kernel.PanelRows * kernel.PanelRows
	panels := (x.N + side - 1) / side
	centre, scale := f.narrow()
	at := x.at
	if at == nil {
		at = upTo(x.N)
	}
	if parts > 0 {
		t.a = sized(t.a, panels*side*kernel.SizeBF16(parts, x.D))
		kernel.PanelsBF16(parts, t.a, x.X, at, x.D, centre, scale)
		kernel.TriangleBF16(false, parts, panels, x.D, t.a, products)
	} else {
		t.a = sized(t.a, panels*side*x.D)
		kernel.Panels32(t.a, x.X, at, x.D, centre, scale)
		kernel.PanelTriangle32(panels, x.D, t.a, products)
	}
	rows, columns := make([]float32, panels*side), make([]float32, panels*side)
	for j := range panels {
		for i := range j + 1 {
			block := products[(j*(j+1)/2+i)*size:][:size]
			if i == j {
				for k := range min(side, x.N-i*side) {
					d[i*side+k] = float64(block[k*side+k])
				}
				for k := range side {
					clear(block[k*side : k*side+k+1])
				}
			}
			kernel.PanelSums32(block, rows[i*side:], columns[j*side:])
		}
	}
	var square, total, most float64
	for i := range r {
		r[i] = float64(rows[i]) + float64(columns[i])
		square, total, most = square+d[i], total+r[i]+d[i], max(most, d[i])
	}
	n := float64(x.N)
	return square > drowned*n*float64(x.D) && most*n <= outlier*square && 4*total <= n*square
}
