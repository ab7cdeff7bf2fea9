package similarity

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/stratascope/stratascope/internal/kernel"
)

// blockWalk takes the sums of blocks of samples. Layers have the frames in common.
type blockWalk struct {
	layers  []source
	common  []shift
	rounded bool // Gram entries of values in one part are rounded, too
}

// Space is used again and again: fresh memory has to be cleared and mapped.
var (
	tiles  = sync.Pool{New: func() any { return &tile{} }}
	spaces = sync.Pool{New: func() any { return &blockSpace{} }}
)

// A job is a block of samples.
type job struct {
	rows    []int
	parts   int  // bfloat16 parts of values; 0: float32
	rounded bool // Gram entries are bfloat16, too
	third   bool // what permutations keep is wanted, too
}

// blockSpace holds the Gram entries of all layers above the diagonal, layer after layer, and their row sums.
type blockSpace struct {
	all []float32
	r   []float64
}

// roundedRows is how many samples a block has at least whose Gram entries may be rounded to bfloat16: that costs up to
// twice what rounding values does, and less by the number of samples.
const roundedRows = 128

// shares is how many pieces a block is cut into that several workers do together.
const shares = 8

// sums returns HSIC_u of all pairs of layers inside each block. Workers do whole blocks and share the last ones layer by
// layer, so that all are done at about the same time. Jobs of the same rows are done side by side, so that these come
// from memory once.
func (w *blockWalk) sums(ctx context.Context, workers int, jobs []job, same bool) ([]blockPart, error) {
	type piece struct{ first, last, lo, hi int } // jobs and layers
	var pieces []piece
	L, together := len(w.layers), 1
	if same {
		together = len(jobs)
	}
	open := make([]openBlock, len(jobs))
	for b := 0; b < len(jobs); b += together {
		cuts := 1
		if workers > 1 && b >= len(jobs)-workers*together {
			cuts = min(shares, L)
		}
		for c := range cuts {
			pieces = append(pieces, piece{b, b + together, L * c / cuts, L * (c + 1) / cuts})
		}
	}
	for b := range open {
		open[b].job = jobs[b]
		open[b].left.Store(int64(L))
	}
	parts := make([]blockPart, len(jobs))
	err := each(ctx, workers, len(pieces), func(i int) {
		at, t := pieces[i], tiles.Get().(*tile)
		defer tiles.Put(t)
		for l := at.lo; l < at.hi; l++ {
			for b := at.first; b < at.last; b++ {
				open[b].once.Do(func() { w.start(&open[b]) })
				w.layer(t, &open[b], l)
			}
		}
		for b := at.first; b < at.last; b++ {
			if open[b].left.Add(int64(at.lo-at.hi)) == 0 {
				parts[b] = w.close(t, &open[b])
			}
		}
	})
	return parts, err
}

// openBlock is a block that is worked on.
type openBlock struct {
	job
	once   sync.Once
	left   atomic.Int64 // layers
	space  *blockSpace
	stride int // of a layer's entries
	blockPart
}

// entries is how many entries the panels of so many samples have above the diagonal.
func entries(samples int) int {
	panels := (samples + kernel.PanelRows - 1) / kernel.PanelRows
	return panels * (panels + 1) / 2 * kernel.PanelRows * kernel.PanelRows
}

func (w *blockWalk) start(b *openBlock) {
	L, m := len(w.layers), len(b.rows)
	b.stride = entries(m)
	if b.rounded {
		b.stride = kernel.RoundedSize(b.stride)
	}
	b.blockPart = blockPart{samples: m, scale: make([]float64, L), err: make([]error, L)}
	if b.third {
		b.kept = make([][]float64, L)
	}
	b.space = spaces.Get().(*blockSpace)
	b.space.all, b.space.r = sized(b.space.all, L*b.stride), cleared(b.space.r, L*m)
}

// layer takes a layer's entries. It has the common frame where that suits the block, else one of its own.
func (w *blockWalk) layer(t *tile, b *openBlock, l int) {
	s, m := w.layers[l], len(b.rows)
	products, r := b.space.all[l*b.stride:(l+1)*b.stride], b.space.r[l*m:(l+1)*m]
	x, err := s.rowsAt(b.rows, t.b)
	if s.gather != nil {
		t.b = x.X
	}
	whole, rounded := products, []float32(nil)
	if b.rounded {
		t.product = sized(t.product, entries(m))
		whole, rounded = t.product, products
	}
	f, fits := w.common[l], false
	if err == nil && f.scale > 0 {
		fits = t.triangle(x, f, b.parts, whole, rounded, r)
	}
	if err == nil && !fits {
		var own frame
		if own, err = frameOf(x); err == nil {
			f = own.rounded().narrow()
			t.triangle(x, f, b.parts, whole, rounded, r)
		}
	}
	if b.err[l] = err; err != nil {
		clear(products)
		clear(r)
		return
	}
	b.scale[l] = float64(f.scale)
	if b.kept != nil {
		b.kept[l] = keptByPermutations(whole, r)
	}
}

// close sums a block's products of all pairs of layers.
func (w *blockWalk) close(t *tile, b *openBlock) blockPart {
	L, m := len(w.layers), len(b.rows)
	add := kernel.AddPairs64
	if b.rounded {
		add = kernel.AddPairsBF16
	}
	cross := make([]float64, L*(L+1)/2)
	t.dots = cleared(t.dots, L*L)
	add(L, entries(m), b.space.all, b.stride, t.dots)
	addUpper(cross, t.dots, L)
	b.sums = debiased(cross, b.space.r, L, m)
	spaces.Put(b.space)
	return b.blockPart
}

// triangle sets products to the Gram matrix of a block above the diagonal, rounded to the same unless it is nil, and r to
// the row sums without the diagonal, and tells whether the frame is near enough to the block's own.
func (t *tile) triangle(x Matrix, f shift, parts int, products, rounded []float32, r []float64) bool {
	const side, size = kernel.PanelRows, kernel.PanelRows * kernel.PanelRows
	panels := (x.N + side - 1) / side
	at := x.at
	if at == nil {
		at = upTo(x.N)
	}
	t.columns = cleared(t.columns, 3*panels*side)
	rows, columns, diagonal := t.columns[:panels*side], t.columns[panels*side:2*panels*side], t.columns[2*panels*side:]
	column := func(j int) {
		for i := range j + 1 {
			block := products[(j*(j+1)/2+i)*size:][:size]
			if i == j {
				for k := range side {
					diagonal[i*side+k] = block[k*side+k]
					clear(block[k*side : k*side+k+1])
				}
			}
			kernel.PanelSums32(block, rows[i*side:], columns[j*side:])
		}
		if lo, hi := j*(j+1)/2*size, (j+1)*(j+2)/2*size; rounded != nil {
			kernel.RoundBF16(rounded[kernel.RoundedSize(lo):], products[lo:hi])
		}
	}
	if parts > 0 {
		t.a = sized(t.a, panels*side*kernel.SizeBF16(parts, x.D))
		kernel.RowsTriangleBF16(parts, t.a, x.X, at, x.D, f.centre, f.scale, products, column)
	} else {
		t.a = sized(t.a, panels*side*x.D)
		kernel.Panels32(t.a, x.X, at, x.D, f.centre, f.scale)
		kernel.PanelTriangle32(panels, x.D, t.a, products)
		for j := range panels {
			column(j)
		}
	}
	for i := range r {
		r[i] = float64(rows[i]) + float64(columns[i])
	}
	square, most := kernel.Sum64(diagonal), float64(kernel.Max32(diagonal))
	total := kernel.Sum64(rows) + kernel.Sum64(columns) + square
	n := float64(x.N)
	return square > drowned*n*float64(x.D) && most*n <= outlier*square && 4*total <= n*square
}
