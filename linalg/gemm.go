package linalg

import "github.com/stratascope/stratascope/internal/kernel"

// Mul is the product of op(a), m x k, and op(b), k x n; a transposed operand is stored the other
// way round.
func Mul(workers int, transA, transB bool, m, n, k int, a, b []float64) []float64 {
	return product(kernel.Gemm64, workers, transA, transB, m, n, k, a, b)
}

// Mul32 is Mul in float32.
func Mul32(workers int, transA, transB bool, m, n, k int, a, b []float32) []float32 {
	return product(kernel.Gemm32, workers, transA, transB, m, n, k, a, b)
}

func product[T float32 | float64](gemm func(workers int, transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int), workers int, transA, transB bool, m, n, k int, a, b []T) []T {
	checkLength("left matrix", len(a), m*k)
	checkLength("right matrix", len(b), k*n)
	c := make([]T, m*n)
	lda, ldb := k, n
	if transA {
		lda = m
	}
	if transB {
		ldb = k
	}
	gemm(workers, transA, transB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
	return c
}
