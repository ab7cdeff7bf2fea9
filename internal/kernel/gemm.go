package kernel

// Gemm32 computes c = alpha*op(a)*op(b) + beta*c for row-major matrices, op(a) being m x k and
// op(b) k x n. A transposed operand is stored as k x m or n x k. With beta 0 c is not read.
func Gemm32(workers int, transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	GemmUntil32(nil, workers, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// GemmUntil32 is Gemm32 that asks stop between parts of the product; true leaves c unfinished.
func GemmUntil32(stop func() bool, workers int, transA, transB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	gemm(&current.p32, stop, workers, m, n, k, alpha, operand[float32]{a, lda, transA}, operand[float32]{b, ldb, !transB}, beta, c, ldc)
}

// Gemm64 is Gemm32 in double precision.
func Gemm64(workers int, transA, transB bool, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	GemmUntil64(nil, workers, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// GemmUntil64 is GemmUntil32 in double precision.
func GemmUntil64(stop func() bool, workers int, transA, transB bool, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	gemm(&current.p64, stop, workers, m, n, k, alpha, operand[float64]{a, lda, transA}, operand[float64]{b, ldb, !transB}, beta, c, ldc)
}

func gemm[T float](p *product[T], stop func() bool, workers, m, n, k int, alpha T, a, b operand[T], beta T, c []T, ldc int) {
	if m <= 0 || n <= 0 {
		return
	}
	checkResult(m, n, c, ldc)
	if alpha == 0 {
		k = 0
	}
	if beta != 1 && (beta != 0 || k <= 0) {
		scaleRows(m, n, beta, c, ldc)
	}
	if k <= 0 {
		return
	}
	a.check(m, k)
	b.check(n, k)
	(&call[T]{p: p, stop: stop, workers: workers, m: m, n: n, k: k, alpha: alpha, a: a, b: b,
		c: c, ldc: ldc, fresh: beta == 0}).run()
}

func checkResult[T float](m, n int, c []T, ldc int) {
	if ldc < n {
		panic("kernel: stride of the result shorter than a row")
	}
	_ = c[(m-1)*ldc+n-1]
}

func scaleRows[T float](m, n int, beta T, c []T, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if beta == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= beta
		}
	}
}

// Packed32 is a right operand rearranged once for many products (PackB32).
type Packed32 struct {
	p           *product[float32]
	k, n, depth int
	panels      []float32
}

// PackB32 arranges op(b), k x n, for GemmPacked32. The copy is independent of b.
func PackB32(transB bool, k, n int, b []float32, ldb int) *Packed32 {
	p := &current.p32
	w := &Packed32{p: p, k: k, n: n, depth: even(k, p.depth, 4)}
	if k <= 0 || n <= 0 {
		return w
	}
	o := operand[float32]{b, ldb, !transB}
	o.check(n, k)
	padded := roundUp(n, p.cols)
	w.panels = make([]float32, padded*k)
	for k0 := 0; k0 < k; k0 += w.depth {
		p.pack(w.panels[k0*padded:], o, p.cols, 0, n, k0, min(w.depth, k-k0))
	}
	return w
}

// GemmPacked32 computes c = op(a)*b and finishes it with ep.
func GemmPacked32(workers int, transA bool, m int, a []float32, lda int, b *Packed32, c []float32, ldc int, ep Epilogue) {
	n, k := b.n, b.k
	if m <= 0 || n <= 0 {
		return
	}
	checkResult(m, n, c, ldc)
	var finish func(row []float32, i, j int)
	if !ep.empty() {
		finish = func(row []float32, i, j int) { ep.apply(row, i, j, i*ldc+j) }
	}
	if k <= 0 {
		scaleRows(m, n, 0, c, ldc)
		for i := 0; i < m && finish != nil; i++ {
			finish(c[i*ldc:i*ldc+n], i, 0)
		}
		return
	}
	left := operand[float32]{a, lda, transA}
	left.check(m, k)
	(&call[float32]{p: b.p, stop: ep.Stop, workers: workers, m: m, n: n, k: k, alpha: 1, a: left,
		packed: b.panels, depth: b.depth, c: c, ldc: ldc, fresh: true, finish: finish}).run()
}
