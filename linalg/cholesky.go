package linalg

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
)

const (
	solveWidth  = 64 // rows of a diagonal block
	substituted = 16 // of one that is solved row by row
)

// Cholesky overwrites the symmetric matrix a, n x n, of which the lower triangle is read, with its
// lower triangular factor L, a = L L', zeros above the diagonal. It fails where a is not positive
// definite; adding to the diagonal is the caller's decision.
func Cholesky(workers int, a []float64, n int) error {
	checkLength("matrix", len(a), n*n)
	for p := 0; p < n; p += solveWidth {
		end := min(p+solveWidth, n)
		if err := diagonalBlock(a, n, p, end); err != nil {
			return err
		}
		kernel.Parallel(workers, n-end, func(lo, hi int) {
			for i := end + lo; i < end+hi; i++ {
				row := a[i*n+p : i*n+end]
				for j := range row {
					row[j] = (row[j] - kernel.DotDouble(row[:j], a[(p+j)*n+p:(p+j)*n+p+j])) / a[(p+j)*n+p+j]
				}
			}
		})
		const band = 256
		for i := end; i < n; i += band {
			m := min(band, n-i)
			kernel.Gemm64(workers, false, true, m, i+m-end, end-p, -1, a[i*n+p:], n, a[end*n+p:], n, 1, a[i*n+end:], n)
		}
	}
	for i := range n {
		clear(a[i*n+i+1 : (i+1)*n])
	}
	return nil
}

// diagonalBlock factorises rows and columns [p, end), whose earlier columns are dealt with.
func diagonalBlock(a []float64, n, p, end int) error {
	for i := p; i < end; i++ {
		row := a[i*n : (i+1)*n]
		for j := p; j < i; j++ {
			row[j] = (row[j] - kernel.DotDouble(row[p:j], a[j*n+p:j*n+j])) / a[j*n+j]
		}
		pivot := row[i] - kernel.DotDouble(row[p:i], row[p:i])
		if !(pivot > 0) || math.IsInf(pivot, 1) {
			return fmt.Errorf("cholesky: pivot %d of %d is %v, want a positive number: the matrix is not positive definite", i, n, pivot)
		}
		row[i] = math.Sqrt(pivot)
	}
	return nil
}

// SolveCholesky overwrites b, n x m, with the solution x of L L' x = b.
func SolveCholesky(workers int, l []float64, n int, b []float64, m int) {
	TriSolve(workers, l, n, false, b, m)
	TriSolve(workers, l, n, true, b, m)
}

// TriSolve overwrites b, n x m, with the solution x of L x = b, or L' x = b if transposed, where L
// is the lower triangle of l.
func TriSolve(workers int, l []float64, n int, transposed bool, b []float64, m int) {
	checkLength("matrix", len(l), n*n)
	checkLength("right side", len(b), n*m)
	if m > 0 {
		solveRows(workers, l, n, 0, n, solveWidth, transposed, b, m)
	}
}

// solveRows solves rows [from, to) in blocks of so many, and those in smaller ones: the fewer rows are substituted,
// the more is products.
func solveRows(workers int, l []float64, n, from, to, width int, transposed bool, b []float64, m int) {
	blocks := (to - from + width - 1) / width
	for block := range blocks {
		if transposed {
			block = blocks - 1 - block
		}
		p := from + block*width
		end := min(p+width, to)
		x := b[p*m : end*m]
		if transposed && end < to {
			kernel.Gemm64(workers, true, false, end-p, m, to-end, -1, l[end*n+p:], n, b[end*m:], m, 1, x, m)
		} else if !transposed && p > from {
			kernel.Gemm64(workers, false, false, end-p, m, p-from, -1, l[p*n+from:], n, b[from*m:], m, 1, x, m)
		}
		if end-p > substituted {
			solveRows(workers, l, n, p, end, substituted, transposed, b, m)
		} else {
			solveBlock(l, n, p, end, transposed, b, m)
		}
	}
}

// solveBlock solves the rows [p, end) by substitution.
func solveBlock(l []float64, n, p, end int, transposed bool, b []float64, m int) {
	for step := range end - p {
		i := p + step
		if transposed {
			i = end - 1 - step
		}
		row := b[i*m : (i+1)*m]
		by := 1 / l[i*n+i]
		for j := range row {
			row[j] *= by
		}
		if transposed {
			for k := p; k < i; k++ {
				kernel.AddScaled64(b[k*m:(k+1)*m], -l[i*n+k], row)
			}
		} else {
			for k := i + 1; k < end; k++ {
				kernel.AddScaled64(b[k*m:(k+1)*m], -l[k*n+i], row)
			}
		}
	}
}
