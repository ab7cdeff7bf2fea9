package linalg

import (
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
)

// tridiagonal is a symmetric matrix reduced to a diagonal d and its neighbour e by reflections
// I - tau v v', of which row i of a keeps v from column i+1 on.
type tridiagonal struct {
	n         int
	a         []float64
	d, e, tau []float64
	sums      [3][]float64 // for multiply
	workers   int
}

const (
	panelWidth = 32 // reflections whose effect on the rest of the matrix is saved up
	small      = 64 // rows of a matrix that fits into the nearest cache: there is nothing to be saved up for
)

// reduce brings the symmetric matrix a, of which it reads the upper triangle, to tridiagonal form, overwriting
// it, a panel of columns at a time (Dongarra, Sorensen and Hammarling 1989).
func reduce(workers int, a []float64, n int) *tridiagonal {
	t := &tridiagonal{n: n, a: a, d: make([]float64, n), e: make([]float64, max(n-1, 0)), tau: make([]float64, n), workers: workers}
	if n <= small {
		t.reduceSmall()
		return t
	}
	v, w := make([]float64, 2*panelWidth*n), make([]float64, 2*panelWidth*n)
	for i := range t.sums {
		t.sums[i] = make([]float64, n)
	}
	for p := 0; p < n; p += panelWidth {
		width := min(panelWidth, n-p)
		for j := range width {
			t.column(p, j, v, w)
		}
		if m := n - p - width; m > 0 {
			// v holds the vectors V and then W, w the same the other way round: one product.
			copy(v[width*n:2*width*n], w[:width*n])
			copy(w[width*n:2*width*n], v[:width*n])
			at := p + width
			kernel.GemmUpper64(workers, m, 2*width, -1, v[at:], n, w[at:], n, a[at*n+at:], n)
		}
	}
	return t
}

// reduceSmall takes a reflection after the other (Golub and Van Loan 2013, algorithm 8.3.1).
func (t *tridiagonal) reduceSmall() {
	n, room := t.n, make([]float64, t.n)
	for k := range n {
		row := t.a[k*n+k : (k+1)*n]
		t.d[k] = row[0]
		if k == n-1 {
			return
		}
		v, w := row[1:], room[k+1:]
		t.e[k], t.tau[k] = reflect(v)
		tau := t.tau[k]
		if tau == 0 {
			continue
		}
		clear(w)
		for i, vi := range v {
			a, ws, vs := t.a[(k+1+i)*n+k+1+i:(k+2+i)*n], w[i:], v[i:]
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
			a, ws, vs, wi := t.a[(k+1+i)*n+k+1+i:(k+2+i)*n], w[i:], v[i:], w[i]
			ws, vs = ws[:len(a)], vs[:len(a)]
			for j := range a {
				a[j] -= vi*ws[j] + wi*vs[j]
			}
		}
	}
}

// column takes column p+j of the matrix: brings it up to date with the panel's reflections so far,
// makes the next reflection v, and w with which it acts: A - v w' - w v'.
func (t *tridiagonal) column(p, j int, vs, ws []float64) {
	n, i := t.n, p+j
	row := t.a[i*n : (i+1)*n]
	for q := range j {
		v, w := vs[q*n:(q+1)*n], ws[q*n:(q+1)*n]
		kernel.AddScaled64(row[i:], -w[i], v[i:])
		kernel.AddScaled64(row[i:], -v[i], w[i:])
	}
	t.d[i] = row[i]
	if i == n-1 {
		return
	}
	v, w := vs[j*n:(j+1)*n], ws[j*n:(j+1)*n]
	clear(v[:i+1])
	clear(w[:i+1])
	t.e[i], t.tau[i] = reflect(row[i+1:])
	copy(v[i+1:], row[i+1:])
	tau := t.tau[i]
	if tau == 0 {
		clear(w)
		return
	}
	t.multiply(w[i+1:], i+1, v[i+1:])
	var x, y [panelWidth]float64
	kernel.MulVec64(x[:], ws[i+1:], n, j, v[i+1:])
	kernel.MulVec64(y[:], vs[i+1:], n, j, v[i+1:])
	for q := range j {
		kernel.AddScaled64(w[i+1:], -x[q], vs[q*n+i+1:(q+1)*n])
		kernel.AddScaled64(w[i+1:], -y[q], ws[q*n+i+1:(q+1)*n])
	}
	half := tau * kernel.DotDouble(w[i+1:], v[i+1:]) / 2
	for k := i + 1; k < n; k++ {
		w[k] = tau * (w[k] - half*v[k])
	}
}

// multiply sets dst to the product of the matrix from row and column at on with x. A large matrix is taken in
// four parts of about one area, whatever the workers, so that sums are added in one order.
func (t *tridiagonal) multiply(dst []float64, at int, x []float64) {
	m, parts := len(x), 1
	clear(dst)
	if m >= 256 {
		parts = len(t.sums) + 1
	}
	kernel.Parallel(min(t.workers, parts), parts, func(lo, hi int) {
		for p := lo; p < hi; p++ {
			y := dst[:m]
			if p > 0 {
				y = t.sums[p-1][:m]
				clear(y)
			}
			kernel.SymMulVec64(y, t.a[at*t.n+at:], t.n, cut(m, p, parts), cut(m, p+1, parts), x)
		}
	})
	for p := 1; p < parts; p++ {
		kernel.AddScaled64(dst[:m], 1, t.sums[p-1][:m])
	}
}

// cut is where part p of the rows of an m x m triangle starts, a multiple of four but for the end.
func cut(m, p, parts int) int {
	if p == parts {
		return m
	}
	return int(float64(m)*(1-math.Sqrt(1-float64(p)/float64(parts)))) / 4 * 4
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
	for i := range x[1:] {
		x[1+i] /= alpha - beta
	}
	return beta, (beta - alpha) / beta
}

// restore turns rows of z, vectors in the tridiagonal matrix's coordinates, into the original ones.
func (t *tridiagonal) restore(z []float64, rows int) { t.turn(z, rows, false) }

// turn changes the coordinates of rows of z, into the tridiagonal matrix's or out of them: block after
// block of reflections as I - V T V', or its transpose (Schreiber and Van Loan 1989).
func (t *tridiagonal) turn(z []float64, rows int, into bool) {
	n := t.n
	v, factor := make([]float64, panelWidth*n), make([]float64, panelWidth*panelWidth)
	y, x := make([]float64, rows*panelWidth), make([]float64, rows*panelWidth)
	blocks := (n - 1 + panelWidth - 1) / panelWidth
	for b := range blocks {
		p := (blocks - 1 - b) * panelWidth
		if into {
			p = b * panelWidth
		}
		width := min(panelWidth, n-1-p)
		for j := range width {
			clear(v[j*n : j*n+p+j+1])
			copy(v[j*n+p+j+1:(j+1)*n], t.a[(p+j)*n+p+j+1:(p+j+1)*n])
		}
		t.factor(factor, v, p, width)
		m := n - p - 1
		kernel.Gemm64(t.workers, false, true, rows, width, m, 1, z[p+1:], n, v[p+1:], n, 0, y, width)
		kernel.Gemm64(t.workers, false, !into, rows, width, width, 1, y, width, factor, panelWidth, 0, x, width)
		kernel.Gemm64(t.workers, false, false, rows, m, width, -1, x, width, v[p+1:], n, 1, z[p+1:], n)
	}
}

// factor sets f to the triangle T of the block of reflections from p on.
func (t *tridiagonal) factor(f, v []float64, p, width int) {
	n := t.n
	clear(f)
	var products [panelWidth]float64
	for j := range width {
		tau := t.tau[p+j]
		f[j*panelWidth+j] = tau
		for q := range j {
			products[q] = kernel.DotDouble(v[q*n+p+j:(q+1)*n], v[j*n+p+j:(j+1)*n])
		}
		for i := range j {
			s := kernel.DotDouble(f[i*panelWidth+i:i*panelWidth+j], products[i:j])
			f[i*panelWidth+j] = -tau * s
		}
	}
}
