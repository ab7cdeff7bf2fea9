package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/parallel"
)

// Neighbours are the K nearest other points of every point by Euclidean distance, nearest first; of equally
// near ones the point that stands earlier comes first.
type Neighbours struct {
	N, K int
	At   []int32   // N x K
	D2   []float64 // N x K: squared distances
}

// Nearest finds neighbours by all distances, each taken once: n^2 d operations, 12 nk bytes a
// worker. Distances that float32 products cannot tell from zero are taken term by term.
func Nearest(ctx context.Context, workers int, p Points, k int) (Neighbours, error) {
	if k < 1 {
		return Neighbours{}, fmt.Errorf("%d neighbours, want at least 1: %w", k, infer.ErrRange)
	}
	if p.N <= k {
		return Neighbours{}, fmt.Errorf("%d points, want more than the %d neighbours of each: %w", p.N, k, infer.ErrTooFew)
	}
	f, err := newFrame(ctx, workers, p)
	if err != nil {
		return Neighbours{}, err
	}
	n := len(f.blocks)
	free := make(chan *nearest, max(1, workers))
	for range cap(free) {
		free <- newNearest(p.N, k)
	}
	// Tile t is of blocks (row, col) with row <= col; long rows come first.
	err = parallel.Each(ctx, workers, n*(n+1)/2, func(_ context.Context, t int) error {
		row := 0
		for ; t >= n-row; row++ {
			t -= n - row
		}
		own := <-free
		f.tile(own, row, row+t)
		free <- own
		return nil
	})
	if err != nil {
		return Neighbours{}, err
	}
	all := <-free
	for range cap(free) - 1 {
		all.merge(<-free)
	}
	back := 1 / (f.scale * f.scale)
	for i := range all.d {
		all.d[i] *= back
	}
	return Neighbours{N: p.N, K: k, At: all.at, D2: all.d}, nil
}

// tile takes the distances of the points of two blocks.
func (f *frame) tile(own *nearest, row, col int) {
	lo, hi := row*blockPoints, min((row+1)*blockPoints, f.N)
	from, to := col*blockPoints, min((col+1)*blockPoints, f.N)
	own.room(hi-lo, f.D, to-from)
	for i := lo; i < hi; i++ {
		f.shift(own.rows[(i-lo)*f.D:(i-lo+1)*f.D], f.row(i))
	}
	kernel.GemmPacked32(1, false, hi-lo, own.rows, f.D, f.blocks[col], own.products, to-from, kernel.Epilogue{})
	for i := lo; i < hi; i++ {
		products := own.products[(i-lo)*(to-from) : (i-lo+1)*(to-from)]
		start := from
		if row == col {
			start = i + 1
		}
		worst, norm := own.worst(i), f.norm[i]
		for j := start; j < to; j++ {
			sum := norm + f.norm[j]
			d := sum - 2*float64(products[j-from])
			if d < near*sum {
				d = f.between(i, j)
			}
			if d <= worst {
				own.put(i, j, d)
				worst = own.worst(i)
			}
			if d <= own.d[(j+1)*own.k-1] {
				own.put(j, i, d)
			}
		}
	}
}

// between is the squared distance of two points term by term, in units of the frame.
func (f *frame) between(i, j int) float64 {
	var s float64
	a, b := f.row(i), f.row(j)
	for k, v := range a {
		d := (float64(v) - float64(b[k])) * f.scale
		s += d * d
	}
	return s
}

// nearest holds the nearest points found so far; which they are does not depend on the order in
// which they were seen.
type nearest struct {
	k              int
	at             []int32
	d              []float64
	rows, products []float32
}

func newNearest(n, k int) *nearest {
	s := &nearest{k: k, at: make([]int32, n*k), d: make([]float64, n*k)}
	for i := range s.d {
		s.at[i], s.d[i] = math.MaxInt32, math.Inf(1)
	}
	return s
}

func (s *nearest) room(rows, d, cols int) {
	if len(s.rows) < rows*d {
		s.rows = make([]float32, rows*d)
	}
	if len(s.products) < rows*cols {
		s.products = make([]float32, rows*cols)
	}
}

func (s *nearest) worst(i int) float64 { return s.d[(i+1)*s.k-1] }

// put adds point j at squared distance d to the neighbours of i, if it belongs there.
func (s *nearest) put(i, j int, d float64) {
	dist, at := s.d[i*s.k:(i+1)*s.k], s.at[i*s.k:(i+1)*s.k]
	p := s.k
	for p > 0 && (d < dist[p-1] || d == dist[p-1] && int32(j) < at[p-1]) {
		p--
	}
	if p == s.k {
		return
	}
	copy(dist[p+1:], dist[p:])
	copy(at[p+1:], at[p:])
	dist[p], at[p] = d, int32(j)
}

func (s *nearest) merge(o *nearest) {
	for i, j := range o.at {
		if j != math.MaxInt32 {
			s.put(i/s.k, int(j), o.d[i])
		}
	}
}
