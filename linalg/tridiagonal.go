package linalg

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
)

// tridiagonal is a symmetric matrix reduced to a diagonal d and its neighbour e by reflections
// I - tau v v', of which row i of a keeps v from column i+1 on.
type tridiagonal struct {
	n         int
	a         triangle
	d, e, tau []float64
	workers   int
}

const (
	panelWidth = 32 // reflections whose effect on the rest of the matrix is saved up
	small      = 64 // rows of a matrix that fits into the nearest cache: there is nothing to be saved up for
)

// reduce brings scale times the symmetric matrix a, of which it reads the upper triangle, to tridiagonal form: a panel
// of columns at a time (Dongarra, Sorensen and Hammarling 1989), the last few one by one.
func reduce(workers int, a []float64, n int, scale float64) *tridiagonal {
	t := &tridiagonal{n: n, a: newTriangle(workers, a, n, scale), d: make([]float64, n), e: make([]float64, max(n-1, 0)), tau: make([]float64, n), workers: workers}
	done := max(0, (n-small)/panelWidth*panelWidth)
	if done > 0 {
		t.panels(done)
	}
	t.rest(done)
	return t
}

// rest takes a reflection after the other from row done on (Golub and Van Loan 2013, algorithm 8.3.1).
func (t *tridiagonal) rest(done int) {
	n := t.n - done
	a, room := make([]float64, n*n), make([]float64, n)
	for i := range n {
		copy(a[i*n+i:(i+1)*n], t.a.row(done+i))
	}
	d, e, taus := t.d[done:], t.e[min(done, len(t.e)):], t.tau[done:]
	for k := range n {
		row := a[k*n+k : (k+1)*n]
		d[k] = row[0]
		if k == n-1 {
			break
		}
		v, w := row[1:], room[k+1:]
		e[k], taus[k] = reflect(v)
		copy(t.a.row(done + k)[1:], v)
		tau := taus[k]
		if tau == 0 {
			continue
		}
		clear(w)
		for i, vi := range v {
			a, ws, vs := a[(k+1+i)*n+k+1+i:(k+2+i)*n], w[i:], v[i:]
			ws, vs = ws[:len(a)], vs[:len(a)]
			sum := 0.0
			for j, x := range a[1:] {
				sum += x * vs[1+j]
				ws[1+j] += x * vi
			}
			ws[0] += sum + a[0]*vi
		}
		half := 0.0
		for i, x := range w {
			half += tau * x * v[i] / 2
		}
		for i, x := range w {
			w[i] = tau * (x - half*v[i])
		}
		for i, vi := range v {
			a, ws, vs, wi := a[(k+1+i)*n+k+1+i:(k+2+i)*n], w[i:], v[i:], w[i]
			ws, vs = ws[:len(a)], vs[:len(a)]
			for j := range a {
				a[j] -= vi*ws[j] + wi*vs[j]
			}
		}
	}
}

// reflect turns x into the vector v, v[0] = 1, of the reflection that maps it to (beta, 0, ...)
// (Golub and Van Loan 2013, algorithm 5.1.1, signs as LAPACK's).
func reflect(x []float64) (beta, tau float64) {
	norm := math.Sqrt(kernel.DotDouble(x[1:], x[1:]))
	if norm < 1e-140 { // squares may have been lost
		norm = 0
		for _, v := range x[1:] {
			norm = math.Hypot(norm, v)
		}
	}
	alpha := x[0]
	x[0] = 1
	if norm == 0 {
		return alpha, 0
	}
	beta = -math.Copysign(math.Hypot(alpha, norm), alpha)
	if by := 1 / (alpha - beta); norm >= 1e-140 {
		for i := range x[1:] {
			x[1+i] *= by
		}
	} else {
		for i := range x[1:] {
			x[1+i] /= alpha - beta
		}
	}
	return beta, (beta - alpha) / beta
}

// restore turns rows of z, vectors in the tridiagonal matrix's coordinates, into the original ones.
func (t *tridiagonal) restore(z []float64, rows int) { t.turn(z, rows, false) }

// turn changes the coordinates of rows of z, into the tridiagonal matrix's or out of them: block after
// block of reflections as I - V T V', or its transpose (Schreiber and Van Loan 1989). Rows go in tiles that stay in cache.
func (t *tridiagonal) turn(z []float64, rows int, into bool) {
	const most = 112 // rows of a tile, eight of the widest kernel's
	n, width := t.n, panelWidth
	if rows > most/2 {
		width = 2 * panelWidth
	}
	blocks := make([]reflections, (max(n-1, 0)+width-1)/width)
	kernel.Parallel(t.workers, len(blocks), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			blocks[b] = t.block(b*width, min(width, n-1-b*width))
		}
	})
	if !into {
		slices.Reverse(blocks)
	}
	tiles := (rows + most - 1) / most
	kernel.Parallel(t.workers, tiles, func(lo, hi int) {
		room := make([]float64, 2*most*width)
		for i := lo; i < hi; i++ {
			from, to := rows*i/tiles, rows*(i+1)/tiles
			m, z := to-from, z[from*n:]
			for _, b := range blocks {
				y, x, w, at := room, room[most*width:], b.width, b.at
				kernel.Gemm64(1, false, true, m, w, n-at, 1, z[at:], n, b.v, n-at, 0, y, w)
				kernel.Gemm64(1, false, !into, m, w, w, 1, y, w, b.factor, w, 0, x, w)
				kernel.Gemm64(1, false, false, m, n-at, w, -1, x, w, b.v, n-at, 1, z[at:], n)
			}
		}
	})
}

// reflections are some one after the other, I - V T V': rows of v begin at column at.
type reflections struct {
	at, width int
	v, factor []float64 // V' and T
}

// block gathers the reflections of rows [p, p+width).
func (t *tridiagonal) block(p, width int) reflections {
	m := t.n - p - 1
	v, f := make([]float64, width*m), make([]float64, width*width)
	for j := range width {
		copy(v[j*m+j:(j+1)*m], t.a.row(p + j)[1:])
	}
	products := make([]float64, width)
	for j := range width {
		tau := t.tau[p+j]
		f[j*width+j] = tau
		kernel.MulVec64(products, v[j:], m, j, v[j*m+j:(j+1)*m])
		for i := range j {
			f[i*width+j] = -tau * kernel.DotDouble(f[i*width+i:i*width+j], products[i:j])
		}
	}
	return reflections{p + 1, width, v, f}
}
