package cluster

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/linalg"
)

const (
	blockPoints = 256
	// near is the squared distance, relative to the squared lengths, below which the matrix product
	// has lost too many digits and the distance is taken term by term.
	near = 1.0 / 256
)

// A frame holds points about their mean, scaled to sizes about 1 and arranged for many matrix
// products with few centres: arranging costs more than one product.
type frame struct {
	Points
	workers int
	mean    []float64
	scale   float64   // a power of two
	norm    []float64 // squared lengths of the arranged points
	blocks  []*kernel.Packed32
}

func newFrame(ctx context.Context, workers int, p Points) (*frame, error) {
	largest, err := p.check()
	if err != nil {
		return nil, err
	}
	_, power := math.Frexp(largest)
	f := &frame{Points: p, workers: workers, mean: linalg.ColumnMeans(workers, p.X, p.N, p.D), scale: math.Ldexp(1, -power), norm: make([]float64, p.N),
		blocks: make([]*kernel.Packed32, (p.N+blockPoints-1)/blockPoints)}
	return f, f.each(ctx, func(b, lo, hi int) {
		shifted := make([]float32, (hi-lo)*p.D)
		for i := lo; i < hi; i++ {
			out := shifted[(i-lo)*p.D : (i-lo+1)*p.D]
			f.shift(out, p.row(i))
			f.norm[i] = kernel.SumSq64(out)
		}
		f.blocks[b] = kernel.PackB32(true, p.D, hi-lo, shifted, p.D)
	})
}

func (f *frame) shift(dst, x []float32) {
	mean := f.mean[:len(dst)]
	x = x[:len(dst)]
	for j := range dst {
		dst[j] = float32((float64(x[j]) - mean[j]) * f.scale)
	}
}

// each calls work for the blocks of points, b holding [lo, hi).
func (f *frame) each(ctx context.Context, work func(b, lo, hi int)) error {
	return parallel.Each(ctx, f.workers, len(f.blocks), func(_ context.Context, b int) error {
		work(b, b*blockPoints, min((b+1)*blockPoints, f.N))
		return nil
	})
}

// targets are centres to measure distances from, as they are and as a frame wants them.
type targets struct {
	at      []float64 // count x d, in the coordinates of the points
	shifted []float32
	norm    []float64
}

func (f *frame) targets(at []float64) targets {
	t := targets{at: at, shifted: make([]float32, len(at)), norm: make([]float64, len(at)/f.D)}
	for c := range t.norm {
		out := t.shifted[c*f.D : (c+1)*f.D]
		for j := range out {
			out[j] = float32((at[c*f.D+j] - f.mean[j]) * f.scale)
		}
		t.norm[c] = kernel.SumSq64(out)
	}
	return t
}

// products gives the products of all targets with the points of block b, a row a target.
func (f *frame) products(b, lo, hi int, t targets) []float32 {
	out := make([]float32, len(t.norm)*(hi-lo))
	kernel.GemmPacked32(1, false, len(t.norm), t.shifted, f.D, f.blocks[b], out, hi-lo, kernel.Epilogue{})
	return out
}

// distances turns one row of products, of target c, into squared distances in units of the frame.
func (f *frame) distances(dst []float64, products []float32, lo int, t targets, c int) {
	own, norm := t.norm[c], f.norm[lo:lo+len(dst)]
	products = products[:len(dst)]
	for i := range dst {
		sum := norm[i] + own
		d := sum - 2*float64(products[i])
		if d < near*sum {
			d = f.exact(lo+i, t.at[c*f.D:(c+1)*f.D]) * f.scale * f.scale
		}
		dst[i] = d
	}
}

// exact is the squared distance of point i from a place, term by term.
func (f *frame) exact(i int, at []float64) float64 {
	var s, r float64
	row := f.row(i)
	at = at[:len(row)]
	j := 0
	for ; j+2 <= len(row); j += 2 {
		a, b := float64(row[j])-at[j], float64(row[j+1])-at[j+1]
		s += a * a
		r += b * b
	}
	if j < len(row) {
		a := float64(row[j]) - at[j]
		s += a * a
	}
	return s + r
}
