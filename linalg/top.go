package linalg

import (
	"math"
	"math/rand/v2"

	"github.com/stratascope/stratascope/internal/kernel"
)

const (
	eps       = 0x1p-52
	mostSolve = 8        // inverse iterations for a vector
	sharp     = 64 * eps // largest residual of a vector beside the matrix, for each root of n
)

// EigenTop gives the k largest eigenvalues of EigenSym and their vectors: the tridiagonal matrix's by bisection and
// inverse iteration, each made orthogonal to those before (Golub and Van Loan 2013, sections 8.4.1 and 8.4.2), the
// whole decomposition where k is above n/4 or a vector does not come. Of eigenvalues that are equal the vectors are
// any of their space. The cost is 4/3 n^3 + O(k n^2), without vectors' 10/3 n^3.
func EigenTop(workers int, a []float64, n, k int) (values, rows []float64, err error) {
	checkLength("matrix", len(a), n*n)
	k = min(k, n)
	if 4*k <= n {
		scale, err := scaleOf(a[:n*n], n)
		if err != nil {
			return nil, nil, err
		}
		t := reduce(workers, a, n, scale)
		if values, rows, ok := t.top(k); ok {
			t.restore(rows, k)
			for i := range values {
				values[i] /= scale
				orient(rows[i*n : (i+1)*n])
			}
			return values, rows, nil
		}
	}
	values, rows, err = EigenSym(workers, a, n, true)
	if err != nil {
		return nil, nil, err
	}
	return values[:k], rows[:k*n], nil
}

// top gives the k largest eigenvalues of the tridiagonal matrix and their vectors; ok is false if one is not sharp.
func (t *tridiagonal) top(k int) (values, rows []float64, ok bool) {
	size := 0.0
	for i, d := range t.d {
		size = max(size, t.radius(i)+math.Abs(d))
	}
	if size == 0 {
		return nil, nil, false
	}
	values, rows = make([]float64, k), make([]float64, k*t.n)
	high := size * (1 + 4*eps)
	for j := range k {
		values[j] = t.bisect(j, -high, high, size)
		high = values[j] + 2*eps*size
		if !t.invert(values[j], rows, j, size) {
			return nil, nil, false
		}
	}
	return values, rows, true
}

// radius is that of row i's Gershgorin disc.
func (t *tridiagonal) radius(i int) float64 {
	r := 0.0
	if i > 0 {
		r += math.Abs(t.e[i-1])
	}
	if i < t.n-1 {
		r += math.Abs(t.e[i])
	}
	return r
}

// bisect finds the eigenvalue with j larger ones, between low and high.
func (t *tridiagonal) bisect(j int, low, high, size float64) float64 {
	for high-low > eps*size {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if t.above(middle, size) > j {
			low = middle
		} else {
			high = middle
		}
	}
	return low + (high-low)/2
}

// above counts the eigenvalues above x: the positive pivots of the matrix less x (Sylvester's law of inertia).
func (t *tridiagonal) above(x, size float64) int {
	least := eps * eps * size
	count, pivot := 0, 1.0
	for i, d := range t.d {
		e := 0.0
		if i > 0 {
			e = t.e[i-1]
		}
		pivot = d - x - e*e/pivot
		if math.Abs(pivot) < least {
			pivot = -least
		}
		if pivot > 0 {
			count++
		}
	}
	return count
}

// invert sets row j to the vector of a value by inverse iteration from a random start.
func (t *tridiagonal) invert(value float64, rows []float64, j int, size float64) bool {
	n := t.n
	f, x := t.shifted(value, size), rows[j*n:(j+1)*n]
	random := rand.New(rand.NewPCG(uint64(n), uint64(j)))
	for i := range x {
		x[i] = random.NormFloat64()
	}
	for round := range mostSolve {
		f.solve(x)
		for range 2 {
			if !unit(x) {
				return false
			}
			for q := range j {
				v := rows[q*n : (q+1)*n]
				kernel.AddScaled64(x, -kernel.DotDouble(v, x), v)
			}
		}
		if !unit(x) {
			return false
		}
		if round > 0 && t.residual(value, x) <= sharp*math.Sqrt(float64(n))*size {
			return true
		}
	}
	return false
}

// residual is the length of what the matrix makes of x less value times x.
func (t *tridiagonal) residual(value float64, x []float64) float64 {
	var s float64
	for i, v := range x {
		r := (t.d[i] - value) * v
		if i > 0 {
			r += t.e[i-1] * x[i-1]
		}
		if i < t.n-1 {
			r += t.e[i] * x[i+1]
		}
		s += r * r
	}
	return math.Sqrt(s)
}

// unit brings x to length 1; it is false if there is none.
func unit(x []float64) bool {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	if !(most > 0) || math.IsInf(most, 1) {
		return false
	}
	for i := range x {
		x[i] /= most
	}
	by := 1 / math.Sqrt(kernel.DotDouble(x, x))
	for i := range x {
		x[i] *= by
	}
	return true
}

// A banded is the factorisation P L U of a tridiagonal matrix; U has two diagonals above its own.
type banded struct {
	u, v, w, l []float64
	swapped    []bool
}

// shifted factorises the matrix less x by elimination with partial pivoting. A pivot that is nothing is as much as
// rounding leaves.
func (t *tridiagonal) shifted(x, size float64) *banded {
	n, least := t.n, eps*size
	f := &banded{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]bool, n)}
	for i := range n {
		f.u[i] = t.d[i] - x
		if i < n-1 {
			f.v[i] = t.e[i]
		}
	}
	for i := range n {
		if i < n-1 {
			below := t.e[i]
			if f.swapped[i] = math.Abs(below) > math.Abs(f.u[i]); f.swapped[i] {
				f.l[i] = f.u[i] / below
				f.u[i], f.v[i], f.u[i+1] = below, f.u[i+1], f.v[i]-f.l[i]*f.u[i+1]
				f.w[i], f.v[i+1] = f.v[i+1], -f.l[i]*f.v[i+1]
			}
		}
		if math.Abs(f.u[i]) < least {
			f.u[i] = least
		}
		if i < n-1 && !f.swapped[i] {
			f.l[i] = t.e[i] / f.u[i]
			f.u[i+1] -= f.l[i] * f.v[i]
		}
	}
	return f
}

// solve overwrites b.
func (f *banded) solve(b []float64) {
	n := len(b)
	for i := range n - 1 {
		if f.swapped[i] {
			b[i], b[i+1] = b[i+1], b[i]
		}
		b[i+1] -= f.l[i] * b[i]
	}
	for i := n - 1; i >= 0; i-- {
		if i < n-1 {
			b[i] -= f.v[i] * b[i+1]
		}
		if i < n-2 {
			b[i] -= f.w[i] * b[i+2]
		}
		b[i] /= f.u[i]
	}
}
