package main

import (
	"fmt"

	"github.com/stratascope/stratascope/linalg"
)

// eigen times eigenvalues of symmetric matrices, alone and with vectors.
func eigen(b *bench) ([]table, error) {
	sizes := []int{256, 512, 1024}
	if b.short {
		sizes = []int{128}
	}
	t := table{title: "Eigenvalues of a symmetric matrix, float64", head: []string{"n", "threads", "vectors", "ours", "LAPACK", "our time / LAPACK's", "difference", "aim"},
		note: "LAPACK is NumPy's eigvalsh and eigh (dsyevd, OpenBLAS). The difference is of the values, relative to the largest."}
	for _, n := range sizes {
		x := normal(400, n*n)
		a := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				x[j*n+i] = x[i*n+j]
				a[i*n+j], a[j*n+i] = float64(x[i*n+j]), float64(x[i*n+j])
			}
		}
		file, err := b.write("eigen.f32", x)
		if err != nil {
			return nil, err
		}
		for _, threads := range b.threads {
			for _, vectors := range []bool{false, true} {
				var values []float64
				work := func() (err error) {
					values, _, err = linalg.EigenSym(threads, a, n, vectors)
					return err
				}
				if err := work(); err != nil {
					return nil, err
				}
				r, err := b.compare(work, values, threads, []string{"numpy"}, request{"what": "eigenvalues", "n": n, "x": file, "vectors": vectors})
				if err != nil {
					return nil, err
				}
				aim := absent
				if r.has("numpy") {
					wall, _ := r.ratio("numpy")
					aim = verdict("≤ 1.5", wall <= 1.5)
				}
				t.add(fmt.Sprint(n), fmt.Sprint(threads), map[bool]string{true: "yes", false: "no"}[vectors], r.ours.spread(), r.spread("numpy"), r.time("numpy"), fmt.Sprintf("%.0e", r.difference), aim)
			}
		}
	}
	return []table{t}, nil
}
