package linalg

import "slices"

// A Shifted solves systems with a symmetric matrix plus any multiple of the identity: the matrix is
// brought to tridiagonal form once, after which each multiple costs as little as a product with a
// vector. Ridge regression over many penalties needs no more (Elden 1977), and no eigenvectors.
type Shifted struct {
	t     *tridiagonal
	scale float64 // times the matrix is what t holds
}

// NewShifted takes the symmetric matrix a, n x n, which stays as it is. Both triangles are read.
func NewShifted(workers int, a []float64, n int) (*Shifted, error) {
	checkLength("matrix", len(a), n*n)
	scale, err := scaleOf(a[:n*n], n)
	if err != nil {
		return nil, err
	}
	return &Shifted{reduce(workers, a, n, scale), scale}, nil
}

// Values gives the eigenvalues of the matrix in falling order.
func (s *Shifted) Values() ([]float64, error) {
	if s.t.n == 0 {
		return nil, nil
	}
	t := tridiagonal{n: s.t.n, d: slices.Clone(s.t.d), e: slices.Clone(s.t.e)}
	if err := t.values(); err != nil {
		return nil, err
	}
	for i := range t.d {
		t.d[i] /= s.scale
	}
	values, _ := sorted(1, t.d, nil, nil)
	return values, nil
}

// Into turns the rows of b, vectors of n, into the coordinates in which Solve works. Lengths and products
// of vectors stay what they are.
func (s *Shifted) Into(b []float64, rows int) {
	checkLength("vectors", len(b), rows*s.t.n)
	s.t.turn(b, rows, true)
}

// OutOf turns rows back.
func (s *Shifted) OutOf(b []float64, rows int) {
	checkLength("vectors", len(b), rows*s.t.n)
	s.t.turn(b, rows, false)
}

// Solve overwrites the rows of b, in the coordinates of Into, with the solutions x of (matrix + shift) x = b.
// The sum must be positive definite.
func (s *Shifted) Solve(shift float64, b []float64, rows int) {
	n := s.t.n
	checkLength("vectors", len(b), rows*n)
	// L D L' without pivots, which positive definite matrices do not need (Golub and Van Loan 2013, 4.3.6).
	d, l := make([]float64, n), make([]float64, n)
	for i := range n {
		d[i] = s.t.d[i] + shift*s.scale
		if i > 0 {
			l[i] = s.t.e[i-1] / d[i-1]
			d[i] -= l[i] * s.t.e[i-1]
		}
	}
	for r := range rows {
		x := b[r*n : (r+1)*n]
		for i := 1; i < n; i++ {
			x[i] -= l[i] * x[i-1]
		}
		for i := n - 1; i >= 0; i-- {
			x[i] *= s.scale / d[i]
			if i < n-1 {
				x[i] -= l[i+1] * x[i+1]
			}
		}
	}
}
