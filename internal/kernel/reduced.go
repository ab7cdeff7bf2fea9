package kernel

import "math"

// Reduced is what ProductBF16 runs on: "amx", or the name of the kernel in use, which is not faster.
func Reduced() string {
	if current.name == "avx512" && hasAMX() {
		return "amx"
	}
	return current.name
}

// ProductBF16 computes c = a*b' of a, m x k, and b, n x k, from their values rounded to bfloat16, eight
// significant bits, and summed in float32. With upper, what lies below the diagonal of c is left in an
// unspecified state. It runs on one core.
func ProductBF16(upper bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	if m <= 0 || n <= 0 || k <= 0 {
		return
	}
	checkResult(m, n, c, ldc)
	operand[float32]{v: a, ld: lda}.check(m, k)
	operand[float32]{v: b, ld: ldb}.check(n, k)
	if Reduced() == "amx" {
		productAMX(upper, m, n, k, a, lda, b, ldb, c, ldc)
		return
	}
	productRounded(m, n, k, a, lda, b, ldb, c, ldc)
}

// productRounded is the twin of productAMX on any processor.
func productRounded(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	x, y := make([]float32, m*k), make([]float32, n*k)
	for i := range m {
		roundPortable(x[i*k:(i+1)*k], a[i*lda:])
	}
	for i := range n {
		roundPortable(y[i*k:(i+1)*k], b[i*ldb:])
	}
	Gemm32(1, false, true, m, n, k, 1, x, k, y, k, 0, c, ldc)
}

// roundPortable sets dst to the bfloat16 values nearest to src, ties to even.
func roundPortable(dst, src []float32) {
	for i := range dst {
		u := math.Float32bits(src[i])
		dst[i] = math.Float32frombits((u + 0x7fff + u>>16&1) &^ 0xffff)
	}
}
