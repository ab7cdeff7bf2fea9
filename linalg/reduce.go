package linalg

import (
	"time"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/parallel"
)

// A triangle is the upper triangle of an n x n matrix in bands of rows, each with columns from its first row's on,
// rounded down, to width, n rounded up: one piece of memory, so that the cache has room for all of it. What lies below
// the diagonal means nothing.
type triangle struct {
	n, width, unit int
	bands          [][]float64
}

const bandRows = 28 // two tiles of the widest kernel, and fours for products with vectors

func newTriangle(workers int, a []float64, n int, scale float64) triangle {
	unit := kernel.SharedUnit()
	t := triangle{n, (n + unit - 1) / unit * unit, unit, make([][]float64, (n+bandRows-1)/bandRows)}
	size := 0
	for b := range t.bands {
		size += bandRows * (t.width - t.column(b))
	}
	room := make([]float64, size)
	for b := range t.bands {
		size := bandRows * (t.width - t.column(b))
		t.bands[b], room = room[:size], room[size:]
	}
	kernel.Parallel(workers, n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernel.AddScaled64(t.row(i), scale, a[i*n+i:(i+1)*n])
		}
	})
	return t
}

// column is the first one of a band.
func (t *triangle) column(band int) int { return band * bandRows / t.unit * t.unit }

// from is row i of the matrix from column j on, and the distance to the next row of its band.
func (t *triangle) from(i, j int) (a []float64, stride int) {
	b := i / bandRows
	first := t.column(b)
	stride = t.width - first
	return t.bands[b][i%bandRows*stride+j-first:], stride
}

// row is row i from the diagonal on.
func (t *triangle) row(i int) []float64 {
	a, _ := t.from(i, i)
	return a[:t.n-i]
}

// sharedRows is how many rows must be left for several workers: with fewer, what one writes takes longer to reach
// another than the work takes.
const sharedRows = 320

// parts is how many sums make a product with the matrix, whatever the workers: so that they are added in one order.
const parts = 4

// part is whose sum a band belongs to: the two halves of the parts, and the parts, have about equal shares.
func part(band int) int { return [parts]int{0, 2, 3, 1}[band%parts] }

// A reduction is the work on the panels. Each worker owns the bands of some parts, which stay in its own cache, and
// in each step a range of columns.
type reduction struct {
	*tridiagonal
	x, y     []float64 // the panel's V and then W, and the other way round
	next     []float64 // the row in turn, brought up to date
	sums     [parts][]float64
	along    [parts]float64 // products of sums with v
	vv, wv   []float64      // products of the panel's V and W with v
	products *kernel.Shared64
	began    time.Time
	alone    bool // the first worker goes on, the others leave
}

// panels takes the first rows, a whole number of panels.
func (t *tridiagonal) panels(rows int) {
	workers, width := max(1, min(t.workers, parts)), t.a.width
	if t.n <= sharedRows {
		workers = 1
	}
	r, barrier := &reduction{tridiagonal: t, began: time.Now()}, parallel.NewBarrier(workers)
	r.x, r.y, r.next = make([]float64, 2*panelWidth*width), make([]float64, 2*panelWidth*width), make([]float64, width)
	for p := range r.sums {
		r.sums[p] = make([]float64, width)
	}
	r.vv, r.wv = make([]float64, panelWidth), make([]float64, panelWidth)
	r.products = kernel.NewShared64(2*panelWidth, width)
	parallel.Run(workers, func(id int) {
		whole := false
		defer func() {
			if !whole { // a panic is under way
				barrier.Break()
			}
		}()
		w := reducer{reduction: r, id: id, workers: workers, barrier: barrier, v: make([]float64, width)}
		for p := 0; p < rows && w.panel(p); p += panelWidth {
		}
		whole = true
	})
}

// A reducer is one worker, with its own copy of the reflection's vector.
type reducer struct {
	*reduction
	id, workers int
	barrier     *parallel.Barrier
	v           []float64
	tau         float64
	ofV, ofW    [panelWidth]float64 // what w takes of the panel's V and W
	ofOwn       float64             // and of v
	edge        [8]float64
	rowV, rowW  [panelWidth]float64
}

// share is the worker's range of the columns from that of i on, counted in units.
func (r *reducer) share(i, unit int) (lo, hi int) {
	first, last := i/unit, r.a.width/unit
	return (first + (last-first)*r.id/r.workers) * unit, (first + (last-first)*(r.id+1)/r.workers) * unit
}

// panel makes the reflections of rows p and following, and takes them off the rows after those. It is false if the
// worker leaves.
func (r *reducer) panel(p int) bool {
	for j := range panelWidth {
		r.update(p+j, j)
		r.barrier.Wait()
		r.reflect(p+j, j)
		r.multiply(p+j, j)
		if !r.meet(p + j) {
			return false
		}
	}
	at, unit := p+panelWidth, r.a.unit
	r.finish(panelWidth-1, at)
	r.barrier.Wait()
	lo, hi := r.share(at, unit)
	r.products.Pack(r.y, r.a.width, lo, hi)
	r.barrier.Wait()
	for b := at / bandRows; b < len(r.a.bands); b++ {
		if part(b)*r.workers/parts == r.id {
			i, first := max(at, b*bandRows), max(r.a.column(b), at/unit*unit)
			c, stride := r.a.from(i, first)
			r.products.AddTo(min(r.n, (b+1)*bandRows)-i, first, -1, r.x[i:], r.a.width, c, stride)
		}
	}
	r.barrier.Wait()
	return true
}

// meet is the barrier after row i where workers leave all to the first once few rows are left, or where they mostly
// wait for each other, as others have the cores. It is false for those that leave.
func (r *reducer) meet(i int) bool {
	if lost := r.barrier.Lost(); r.id == 0 && lost > time.Millisecond+time.Since(r.began)/3*time.Duration(r.workers-1) {
		r.alone = true
	}
	r.barrier.Wait()
	if r.workers == 1 || !r.alone && r.n-i > sharedRows {
		return true
	}
	r.workers, r.barrier = 1, parallel.NewBarrier(1)
	return r.id == 0
}

// update finishes w of the reflection before and brings row i, the j-th of the panel, up to date, in the worker's
// columns.
func (r *reducer) update(i, j int) {
	width := r.a.width
	lo, hi := r.share(i, 8)
	next := r.next[lo:hi]
	u, _ := r.a.from(i, lo)
	copy(next, u)
	if j == 0 {
		return
	}
	r.finish(j-1, i)
	for q := range j {
		r.rowV[q], r.rowW[q] = -r.y[q*width+i], -r.x[q*width+i]
	}
	r.combine(r.edge[:], j-1, i/8*8) // w's entry i, which may be another worker's
	r.rowV[j-1] = -r.edge[i%8]
	kernel.AddRows64(next, r.rowV[:j], r.x[lo:], width)
	kernel.AddRows64(next, r.rowW[:j], r.y[lo:], width)
}

// reflect makes the j-th reflection of the panel, that of row i.
func (r *reducer) reflect(i, j int) {
	n, width := r.n, r.a.width
	copy(r.v[i+1:n], r.next[i+1:n])
	r.v[i] = 0
	beta, tau := reflect(r.v[i+1 : n])
	if r.tau = tau; r.id == 0 {
		r.d[i], r.e[i], r.reduction.tau[i] = r.next[i], beta, tau
	}
	lo, hi := r.share(i, 8)
	v := r.v[lo:hi]
	copy(r.x[j*width+lo:], v)
	copy(r.y[(panelWidth+j)*width+lo:], v)
	row, _ := r.a.from(i, lo)
	copy(row, v)
}

// multiply makes the worker's parts of the products of the matrix, and of the panel's j reflections so far, with v,
// that of row i.
func (r *reducer) multiply(i, j int) {
	width := r.a.width
	lo := (i + 1) / 8 * 8
	v := r.v[lo:]
	for p := range r.sums {
		if p*r.workers/parts != r.id {
			continue
		}
		sum := r.sums[p]
		clear(sum[lo:])
		for b := (i + 1) / bandRows; b < len(r.a.bands); b++ {
			if part(b) == p {
				k := max(i+1, b*bandRows)
				a, stride := r.a.from(k, k)
				kernel.SymMulVec64(sum[k:], a, stride, 0, min(r.n, (b+1)*bandRows)-k, r.v[k:])
			}
		}
		r.along[p] = kernel.DotDouble(sum[lo:], v)
	}
	from, to := j*r.id/r.workers, j*(r.id+1)/r.workers
	kernel.MulVec64(r.vv[from:], r.x[from*width+lo:], width, to-from, v)
	kernel.MulVec64(r.wv[from:], r.y[from*width+lo:], width, to-from, v)
}

// finish makes the worker's columns, from i on, of the vector w with which the panel's j-th reflection acts on the
// matrix: A - v w' - w v'. It is tau (A v - V W'v - W V'v), less half its product with tau v times v; that product
// comes from the sums.
func (r *reducer) finish(j, i int) {
	width := r.a.width
	var product float64
	for _, v := range r.along {
		product += v
	}
	for q := range j {
		product -= 2 * r.vv[q] * r.wv[q]
		r.ofV[q], r.ofW[q] = -r.tau*r.wv[q], -r.tau*r.vv[q]
	}
	r.ofOwn = -r.tau * r.tau * product / 2
	lo, hi := r.share(i, 8)
	w := r.y[j*width+lo : j*width+hi]
	r.combine(w, j, lo)
	copy(r.x[(panelWidth+j)*width+lo:], w)
}

// combine sets w to the part from column lo on of the w of the panel's j-th reflection.
func (r *reducer) combine(w []float64, j, lo int) {
	clear(w)
	for _, sum := range r.sums {
		kernel.AddScaled64(w, r.tau, sum[lo:lo+len(w)])
	}
	kernel.AddRows64(w, r.ofV[:j], r.x[lo:], r.a.width)
	kernel.AddRows64(w, r.ofW[:j], r.y[lo:], r.a.width)
	kernel.AddScaled64(w, r.ofOwn, r.v[lo:lo+len(w)])
}
