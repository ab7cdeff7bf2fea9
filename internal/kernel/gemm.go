package kernel

type float interface{ float32 | float64 }

// Gemm32 computes c = alpha*op(a)*op(b) + beta*c for row-major matrices, op(a) being m x k and
// op(b) k x n. A transposed operand is stored as k x m or n x k. With beta 0 c is not read.
func Gemm32(workers int, transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	gemm(workers, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// Gemm64 is Gemm32 in double precision.
func Gemm64(workers int, transA, transB bool, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	gemm(workers, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

func gemm[T float](workers int, transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	Parallel(workers, m, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := c[i*ldc : i*ldc+n]
			for j := range row {
				if beta == 0 {
					row[j] = 0
				} else {
					row[j] *= beta
				}
			}
			for p := 0; p < k; p++ {
				v := alpha
				if transA {
					v *= a[p*lda+i]
				} else {
					v *= a[i*lda+p]
				}
				if transB {
					for j := range row {
						row[j] += v * b[j*ldb+p]
					}
				} else {
					for j, w := range b[p*ldb : p*ldb+n] {
						row[j] += v * w
					}
				}
			}
		}
	})
}

// Packed32 is a right operand rearranged once for many products (PackB32).
type Packed32 struct {
	k, n int
	b    []float32
}

// PackB32 arranges op(b), k x n, for GemmPacked32. The copy is independent of b.
func PackB32(transB bool, k, n int, b []float32, ldb int) *Packed32 {
	p := &Packed32{k: k, n: n, b: make([]float32, k*n)}
	for i := 0; i < k; i++ {
		for j := 0; j < n; j++ {
			if transB {
				p.b[i*n+j] = b[j*ldb+i]
			} else {
				p.b[i*n+j] = b[i*ldb+j]
			}
		}
	}
	return p
}

// GemmPacked32 computes c = op(a)*b and finishes it with ep.
func GemmPacked32(workers int, transA bool, m int, a []float32, lda int, b *Packed32, c []float32, ldc int, ep Epilogue) {
	Gemm32(workers, transA, false, m, b.n, b.k, 1, a, lda, b.b, b.n, 0, c, ldc)
	if ep.empty() {
		return
	}
	for i := 0; i < m; i++ {
		ep.apply(c[i*ldc:i*ldc+b.n], i, 0, i*ldc)
	}
}
