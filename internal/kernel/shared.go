package kernel

// Shared64 is a right operand b, k x n, of products of parts of rows, each by whoever owns them: packed once, used by
// all. k is one block's depth at most.
type Shared64 struct {
	p      *product[float64]
	k, n   int
	panels []float64
}

// SharedUnit is what columns of a Shared64 are counted in, a multiple of eight: a part starts at a multiple.
func SharedUnit() int {
	unit := current.p64.cols
	for unit%8 != 0 {
		unit += current.p64.cols
	}
	return unit
}

// NewShared64 makes room for an operand.
func NewShared64(k, n int) *Shared64 {
	p := &current.p64
	if k > p.depth {
		panic("kernel: shared operand is too deep")
	}
	return &Shared64{p, k, n, make([]float64, k*roundUp(n, p.cols))}
}

// Pack takes columns [j0, j1) of b, of which j0 is a multiple of SharedUnit, and j1, too, but at the end.
func (s *Shared64) Pack(b []float64, ldb, j0, j1 int) {
	s.p.pack(s.panels[j0*s.k:], operand[float64]{b, ldb, true}, s.p.cols, j0, j1-j0, 0, s.k)
}

// AddTo adds alpha*a'*b, of b the columns from j0 on, to c, m x n-j0. a is k x m.
func (s *Shared64) AddTo(m, j0 int, alpha float64, a []float64, lda int, c []float64, ldc int) {
	n := s.n - j0
	checkResult(m, n, c, ldc)
	x := operand[float64]{a, lda, true}
	x.check(m, s.k)
	one := &call[float64]{p: s.p, alpha: alpha, a: x, c: c, ldc: ldc}
	b := block[float64]{n: n, k: s.k, panels: s.panels[j0*s.k:]}
	buffer := borrow[float64](leftBuffer, roundUp(m, s.p.rows)*s.k+s.p.rows*s.p.cols)
	defer giveBack(leftBuffer, buffer)
	left, edge := (*buffer)[s.p.rows*s.p.cols:], (*buffer)[:s.p.rows*s.p.cols]
	one.packLeft(left, 0, m, b)
	one.multiply(left, edge, 0, m, b, 0, (n+s.p.cols-1)/s.p.cols)
}
