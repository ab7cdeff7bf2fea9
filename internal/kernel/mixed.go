package kernel

import "sync/atomic"

// MixedDepth is how many products AddProducts64 sums in float32 before it goes on in float64.
const MixedDepth = 128

// AddProducts64 adds to c, m x n with stride ldc, the products of m vectors of a with n of b, k
// values long, vectors as rows or, if crossed, as columns. Products are summed in float32 over
// MixedDepth values, those sums in float64. With upper, entries below the diagonal of c are left
// in an unspecified state where that saves work.
func AddProducts64(workers int, crossed, upper bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float64, ldc int) {
	if m <= 0 || n <= 0 || k <= 0 {
		return
	}
	checkResult(m, n, c, ldc)
	p := &current.p32
	s := mixedCall{p: p, workers: workers, upper: upper, m: m, n: n, c: c, ldc: ldc,
		a: operand[float32]{a, lda, crossed}, b: operand[float32]{b, ldb, crossed}}
	s.a.check(m, k)
	s.b.check(n, k)
	const depth = 4 * MixedDepth
	width := even(n, p.width, p.cols)
	right := borrow[float32](rightBuffer, min(depth, k)*roundUp(width, p.cols))
	defer giveBack(rightBuffer, right)
	s.right = *right
	for j := 0; j < n; j += width {
		for k0 := 0; k0 < k; k0 += depth {
			s.block(j, min(width, n-j), k0, min(depth, k-k0))
		}
	}
}

type mixedCall struct {
	p       *product[float32]
	workers int
	upper   bool
	m, n    int
	a, b    operand[float32]
	c       []float64
	ldc     int
	right   []float32
}

// block adds the products of columns [j0, j0+n) over the values [k0, k0+k).
func (s *mixedCall) block(j0, n, k0, k int) {
	p, panels := s.p, (n+s.p.cols-1)/s.p.cols
	Parallel(s.workers, panels, func(lo, hi int) {
		lo, hi = lo*p.cols, min(hi*p.cols, n)
		p.pack(s.right[lo*k:], s.b, p.cols, j0+lo, hi-lo, k0, k)
	})
	rows := s.m
	if s.upper {
		rows = min(rows, j0+n)
	}
	height := even(rows, p.height, p.rows)
	bands := (rows + height - 1) / height
	cuts := 1
	if s.workers > 1 {
		cuts = min(max(1, 4*s.workers/bands), panels)
	}
	var next atomic.Int64
	workers := min(s.workers, bands*cuts)
	Parallel(workers, workers, func(_, _ int) {
		left := borrow[float32](leftBuffer, roundUp(height, p.rows)*k)
		defer giveBack(leftBuffer, left)
		edge := make([]float64, p.rows*p.cols)
		for packed := -1; ; {
			task := int(next.Add(1)) - 1
			if task >= bands*cuts {
				return
			}
			band, cut := task/cuts, task%cuts
			i0 := band * height
			m := min(height, rows-i0)
			if packed != band {
				p.pack(*left, s.a, p.rows, i0, m, k0, k)
				packed = band
			}
			for panel := panels * cut / cuts; panel < panels*(cut+1)/cuts; panel++ {
				s.panel(*left, s.right[panel*p.cols*k:], edge, i0, m, j0+panel*p.cols, j0+n, k)
			}
		}
	})
}

// panel multiplies rows [i0, i0+m) with the panel that starts at column j.
func (s *mixedCall) panel(left, right []float32, edge []float64, i0, m, j, end, k int) {
	p := s.p
	n := min(p.cols, end-j)
	for i := 0; i < m; i += p.rows {
		if s.upper && j+n <= i0+i {
			return
		}
		rows, at := min(p.rows, m-i), (i0+i)*s.ldc+j
		c, ldc := s.c[at:], s.ldc
		whole := rows == p.rows && n == p.cols
		if !whole {
			clear(edge)
			for r := range rows {
				copy(edge[r*p.cols:r*p.cols+n], c[r*ldc:r*ldc+n])
			}
			c, ldc = edge, p.cols
		}
		for q := 0; q < k; q += MixedDepth {
			p.mixed(min(MixedDepth, k-q), &left[i*k+q*p.rows], &right[q*p.cols], &c[0], ldc)
		}
		if !whole {
			for r := range rows {
				copy(s.c[at+r*s.ldc:at+r*s.ldc+n], edge[r*p.cols:r*p.cols+n])
			}
		}
	}
}
