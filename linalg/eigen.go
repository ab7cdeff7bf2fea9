package linalg

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/lapack/gonum"

	"github.com/stratascope/stratascope/internal/kernel"
)

// EigenSym gives the eigenvalues of the symmetric matrix a, n x n, in falling order and, if asked,
// the eigenvectors: row i belongs to value i, has length 1, and its entry of largest size is
// positive. Of a only the values matter, both triangles are read, nothing is changed.
func EigenSym(workers int, a []float64, n int, vectors bool) (values, rows []float64, err error) {
	checkLength("matrix", len(a), n*n)
	scale, err := scaleOf(a[:n*n], n)
	if err != nil || n == 0 {
		return nil, nil, err
	}
	t := reduce(workers, a, n, scale)
	var room []float64
	if vectors {
		rows, room, err = t.vectors()
	} else {
		err = t.values()
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range t.d {
		t.d[i] /= scale
	}
	values, rows = sorted(workers, t.d, rows, room)
	return values, rows, nil
}

// values diagonalises the matrix for its eigenvalues alone. Of a small one neighbours that cannot matter beside
// the largest entry, which is about 1, are dropped first: gonum 0.17 panics on blocks below 1e-122.
func (t *tridiagonal) values() error {
	if t.n > 4*leaf {
		_, _, err := divide(t.workers, t.d, t.e, false)
		return err
	}
	for i, v := range t.e {
		if math.Abs(v) < 1e-90 {
			t.e[i] = 0
		}
	}
	if !(gonum.Implementation{}).Dsterf(t.n, t.d, t.e) {
		return errNoConvergence
	}
	return nil
}

// scaleOf gives the power of two that brings the largest entry to about 1.
func scaleOf(a []float64, n int) (float64, error) {
	const infinite = 0x7ff0_0000_0000_0000 // bits of numbers that are not finite are at least these, but for the sign
	var largest uint64
	for _, v := range a {
		largest = max(largest, math.Float64bits(v)&^(1<<63))
	}
	if largest >= infinite {
		i := slices.IndexFunc(a, func(v float64) bool { return v-v != 0 })
		return 0, fmt.Errorf("eigenvalues: entry (%d, %d) is %v, want a finite number", i/n, i%n, a[i])
	}
	if largest == 0 {
		return 1, nil
	}
	_, power := math.Frexp(math.Float64frombits(largest))
	return math.Ldexp(1, min(max(-power, -1000), 1000)), nil
}

// vectors diagonalises the matrix and gives its eigenvectors as rows, and room for as many.
func (t *tridiagonal) vectors() (rows, room []float64, err error) {
	if rows, room, err = divide(t.workers, t.d, t.e, true); err != nil {
		return nil, nil, err
	}
	t.restore(rows, t.n)
	return rows, room, nil
}

// sorted puts values in falling order and rows with them, into room, and fixes the rows' signs.
func sorted(workers int, values, rows, room []float64) ([]float64, []float64) {
	n := len(values)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(values[j], values[i]) })
	v := make([]float64, n)
	for to, from := range order {
		v[to] = values[from]
	}
	if rows == nil {
		return v, nil
	}
	kernel.Parallel(workers, n, func(lo, hi int) {
		for to := lo; to < hi; to++ {
			row := room[to*n : (to+1)*n]
			copy(row, rows[order[to]*n:(order[to]+1)*n])
			orient(row)
		}
	})
	return v, room
}

// orient makes the entry of largest size, the first of several, positive.
func orient(row []float64) {
	at := 0
	for i, v := range row {
		if math.Abs(v) > math.Abs(row[at]) {
			at = i
		}
	}
	if row[at] < 0 {
		for i := range row {
			row[i] = -row[i]
		}
	}
}
