package similarity

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// gram is what the walk over all tiles leaves: per pair of layers the sum over i < j of the
// products of their Gram entries, by the two groups that samples i and j are of;
// per layer and sample the row sums of the off-diagonal Gram by segment, and its diagonal.
type gram struct {
	layout
	layers []source
	parts  int         // entries are products of values in so many bfloat16 parts; 0: float32
	packed [][]float32 // per layer: panels, span after span
	cross  []float64   // [pairs of groups][pairs], both in the order of triangle
	part   [][]float64 // per layer: [samples in order][segments]
	diag   [][]float64 // per layer: [samples in order]
	square [][]float64 // per layer: [samples in order] sums of squares of the off-diagonal Gram; nil if not asked for
	cube   []float64   // per layer: sum of cubes of all its entries
}

// exact walks the Gram matrices in full.
func (p *Pairs) exact(ctx context.Context, workers int, layers []source, groups []int, opt Options) error {
	if groups == nil {
		groups = dealt(p.N)
	}
	groups = pooled(groups)
	w := &blockWalk{layers: layers}
	for _, s := range layers {
		w.common = append(w.common, s.narrow())
	}
	some := infer.Rand(opt.Seed, "similarity", "reduced").Perm(p.N)
	if _, err := p.reduce(ctx, workers, w, some[:min(p.N, blockRows)], opt.Fast); err != nil {
		return err
	}
	g := &gram{layout: newLayout(byGroup(groups), groups), layers: layers, parts: p.parts}
	if err := p.checkGroups(g.layout); err != nil {
		return err
	}
	n, L, test := p.N, len(layers), opt.Test && !opt.Biased
	g.cross = make([]float64, g.groups*(g.groups+1)/2*L*(L+1)/2)
	g.part, g.diag = make([][]float64, L), make([][]float64, L)
	for l := range layers {
		g.part[l], g.diag[l] = make([]float64, n*len(g.segments)), make([]float64, n)
	}
	if test {
		g.square, g.cube = make([][]float64, L), make([]float64, L)
		for l := range layers {
			g.square[l] = make([]float64, n)
		}
	}
	if err := g.pack(ctx, workers); err != nil {
		return err
	}
	if err := g.walk(ctx, workers); err != nil {
		return err
	}
	all := make([]sums, 1+g.groups)
	err := each(ctx, workers, len(all), func(u int) { all[u] = g.sums(u-1, p.biased) })
	if err != nil {
		return err
	}
	together, err := g.together(ctx, workers, all[0], p.biased)
	if err != nil {
		return err
	}
	if err := p.finish(layers, all[0], all[1:], together); err != nil || !test {
		return err
	}
	return p.test(ctx, workers, g, all[0], opt.Seed)
}

// dealt deals n samples to the default number of groups by the hash of their places.
func dealt(n int) []int {
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = uint64(i)
	}
	return infer.Groups(0, ids, min(n, infer.JackknifeGroups))
}

// byGroup returns the samples ordered by group, and by place inside a group.
func byGroup(groups []int) []int {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return groups[a] - groups[b] })
	return order
}

// walk computes every tile of every Gram matrix once.
func (g *gram) walk(ctx context.Context, workers int) error {
	tiles := g.tiles()
	workers = min(workers, len(tiles))
	free := make(chan *tile, workers)
	for range workers {
		free <- &tile{}
	}
	turn := newTurnstile()
	return each(ctx, workers, len(tiles), func(i int) {
		t := <-free
		turn.pass(i, func() {
			g.visit(t, tiles[i])
		}, func() {
			g.addProducts(t, tiles[i])
			g.addPowers(t, tiles[i])
		})
		free <- t
	})
}

// tile is one worker's space: two strips of rows, their product, the products of all layers
// block after block, and the sums of pairs of layers for each block.
type tile struct {
	a, b, product, all []float32
	sum                []float64
	dots               []float64 // of all pairs of layers
	square, cube       []float64 // [layers][rows, columns], [layers]
	columns            []float32 // sums of squares of one layer's columns
	lanes              [32]float32
}

func (g *gram) visit(t *tile, at [2]int) {
	blocks, n := g.blocks(at)
	t.all = sized(t.all, len(g.layers)*n)
	for l := range g.layers {
		ld := g.multiply(t, l, at)
		g.scatter(t.all[l*n:(l+1)*n], t.product, ld, l, at, blocks)
		if g.square != nil {
			g.powers(t, l, at, ld)
		}
	}
	L := len(g.layers)
	P := L * (L + 1) / 2
	t.sum = cleared(t.sum, len(blocks)*P)
	for k, b := range blocks {
		t.dots = pairProducts(t.dots, t.all[b.off:], n, L, b.n, t.sum[k*P:(k+1)*P])
	}
}

// addProducts adds a tile's to those of all.
func (g *gram) addProducts(t *tile, at [2]int) {
	P := len(g.layers) * (len(g.layers) + 1) / 2
	blocks, _ := g.blocks(at)
	for k, b := range blocks {
		addTo(g.products(g.segments[b.a].group, g.segments[b.b].group), t.sum[k*P:(k+1)*P], 1)
	}
}

// products are the sums of all pairs of layers over samples of group a with those of group b >= a.
func (g *gram) products(a, b int) []float64 {
	P := len(g.layers) * (len(g.layers) + 1) / 2
	return g.cross[triangle(a, b, g.groups)*P:][:P]
}

// pack makes the panels of all layers.
func (g *gram) pack(ctx context.Context, workers int) error {
	g.packed = make([][]float32, len(g.layers))
	failed := make([]error, len(g.layers))
	err := each(ctx, workers, len(g.layers), func(l int) { g.packed[l], failed[l] = g.packLayer(l, g.parts) })
	return cmp.Or(err, errors.Join(failed...))
}

// packLayer reads a layer that is stored, and keeps its panels alone.
func (g *gram) packLayer(l, parts int) ([]float32, error) {
	in, err := inMemory([]Matrix{g.layers[l].Matrix})
	if err != nil {
		return nil, err
	}
	m := in[0]
	width := widthOf(m.D, parts)
	packed := make([]float32, g.panels(len(g.spans))*kernel.PanelRows*width)
	f := g.layers[l].frame.narrow()
	for s, at := range g.spans {
		lo, hi := g.rows(at)
		dst := packed[g.panels(s)*kernel.PanelRows*width:]
		if parts > 0 {
			kernel.PanelsBF16(parts, dst, m.X, g.order[lo:hi], m.D, f.centre, f.scale)
		} else {
			kernel.Panels32(dst, m.X, g.order[lo:hi], m.D, f.centre, f.scale)
		}
	}
	return packed, nil
}

// widthOf is how much room a row of panels takes.
func widthOf(d, parts int) int {
	if parts > 0 {
		return kernel.SizeBF16(parts, d)
	}
	return d
}

// span returns the panels of a span of layer l.
func (g *gram) span(l, s int) []float32 {
	panel := kernel.PanelRows * widthOf(g.layers[l].D, g.parts)
	return g.packed[l][g.panels(s)*panel : g.panels(s+1)*panel]
}

// multiply leaves layer l's Gram tile in t.product, whose rows are as long as it says.
func (g *gram) multiply(t *tile, l int, at [2]int) (ld int) {
	const side = kernel.PanelRows
	d, same := g.layers[l].D, at[0] == at[1]
	var sides [2][]float32
	var count [2]int
	for k, s := range at {
		count[k], sides[k] = g.panels(s+1)-g.panels(s), g.span(l, s)
	}
	ld = count[1] * side
	t.product = sized(t.product, count[0]*side*ld)
	if g.parts > 0 {
		kernel.ProductsBF16(g.parts, same, count[0], count[1], d, sides[0], sides[1], t.product, ld)
	} else {
		kernel.PanelProducts32(same, count[0], count[1], d, sides[0], sides[1], t.product, ld)
	}
	if same {
		lo, hi := g.rows(g.spans[at[0]])
		for i := range hi - lo {
			g.diag[l][lo+i] = float64(t.product[i*ld+i])
		}
	}
	return ld
}

// scatter copies a tile's entries block after block and adds up its rows and columns. Each row
// sum by segment is written by one tile only, so tiles may run side by side.
func (g *gram) scatter(dst, product []float32, ld, l int, at [2]int, blocks []block) {
	i0, _ := g.rows(g.spans[at[0]])
	j0, _ := g.rows(g.spans[at[1]])
	S, part := len(g.segments), g.part[l]
	var column [segmentRows]float64
	for _, b := range blocks {
		out := dst[b.off : b.off+b.n]
		a, c := g.segments[b.a], g.segments[b.b]
		columns := column[:c.len()]
		clear(columns)
		for i := a.lo; i < a.hi; i++ {
			lo := c.lo
			if b.a == b.b {
				lo = i + 1
			}
			row := product[(i-i0)*ld+lo-j0 : (i-i0)*ld+c.hi-j0]
			out = out[copy(out, row):]
			kernel.AddTo64(columns[lo-c.lo:], row)
			part[i*S+b.b] += kernel.Sum64(row)
		}
		for k, v := range columns {
			part[(c.lo+k)*S+b.a] += v
		}
	}
}

func sized[T float32 | float64](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
