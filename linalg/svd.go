package linalg

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/gonum"
)

// SVDValues gives the singular values of a, m x n, in falling order. It does not go through the
// product a'a, which would lose half the digits of the small ones. a is unchanged.
func SVDValues(a []float64, m, n int) ([]float64, error) {
	checkLength("matrix", len(a), m*n)
	for i, v := range a[:m*n] {
		if v-v != 0 {
			return nil, fmt.Errorf("singular values: entry (%d, %d) is %v, want a finite number", i/n, i%n, v)
		}
	}
	values := make([]float64, min(m, n))
	if len(values) == 0 {
		return values, nil
	}
	work, size := append([]float64(nil), a[:m*n]...), make([]float64, 1)
	var g gonum.Implementation
	g.Dgesvd(lapack.SVDNone, lapack.SVDNone, m, n, work, n, values, nil, 1, nil, 1, size, -1)
	room := make([]float64, int(size[0]))
	if !g.Dgesvd(lapack.SVDNone, lapack.SVDNone, m, n, work, n, values, nil, 1, nil, 1, room, len(room)) {
		return nil, errors.New("singular values did not converge, want a finite matrix")
	}
	return values, nil
}

// Nuclear is the sum of the singular values of a, m x n, by the eigenvalues of the smaller of a a' and a'a. Singular
// values below 1e-8 of the largest are rounding: the sum is right to about 1e-8 of the largest for each.
func Nuclear(a []float64, m, n int) (float64, error) {
	checkLength("matrix", len(a), m*n)
	side, wide := n, m > n // the shorter side, and whether a'a has it
	if !wide {
		side = m
	}
	values, _, err := EigenSym(1, Mul(1, wide, !wide, side, side, max(m, n), a, a), side, false)
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, v := range values {
		sum += math.Sqrt(max(0, v))
	}
	return sum, nil
}
