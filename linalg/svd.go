package linalg

import (
	"errors"
	"fmt"

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
