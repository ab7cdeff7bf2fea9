package linalg

import (
	"math"
	"math/rand/v2"
)

const (
	rangeRounds = 2    // of the subspace iteration
	rounding    = 1e-6 // eigenvalue of float32 products, relative to the largest, that is no more than that
)

// RandomRange gives orthonormal columns, n x w with w at most what is asked, that span about the leading left directions
// of x, n x d, of whose singular values the largest are wanted: a random subspace, iterated (Halko et al. 2011, algorithm
// 4.4). A few columns more than wanted make it sharper. Products are float32.
func RandomRange(x []float32, n, d, w int, random *rand.Rand) ([]float32, int) {
	checkLength("data", len(x), n*d)
	y := make([]float32, n*w)
	for i := range y {
		y[i] = float32(random.NormFloat64())
	}
	for range rangeRounds {
		var b []float32
		b, w = Orthonormal(Mul32(1, true, false, d, w, n, x, y), d, w)
		y, w = Orthonormal(Mul32(1, false, false, n, w, d, x, b), n, w)
	}
	return y, w
}

// Orthonormal gives columns of length 1 that span those of y, n x w, without the directions that are rounding, and how
// many there are.
func Orthonormal(y []float32, n, w int) ([]float32, int) {
	values, rows, err := EigenProducts(y, n, w)
	if err != nil {
		return y, w
	}
	k := 0
	for k < w && values[k] > rounding*values[0] {
		k++
	}
	turn := make([]float32, w*k)
	for c := range k {
		for j := range w {
			turn[j*k+c] = float32(rows[c*w+j] / math.Sqrt(values[c]))
		}
	}
	return Mul32(1, false, false, n, k, w, y, turn), k
}

// EigenProducts is EigenSym, with vectors, of y'y, y being n x w.
func EigenProducts(y []float32, n, w int) (values, rows []float64, err error) {
	p := Mul32(1, true, false, w, w, n, y, y)
	a := make([]float64, len(p))
	for i, v := range p {
		a[i] = float64(v)
	}
	return EigenSym(1, a, w, true)
}
