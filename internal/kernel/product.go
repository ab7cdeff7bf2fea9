package kernel

import "sync/atomic"

// product is how one processor multiplies matrices of one type: a micro-kernel for tiles of
// rows x cols, packing, and the sizes of the blocks, chosen by measurement. The scheme is Goto's
// (Goto and van de Geijn 2008): a panel of depth x cols stays in the first cache, a block of
// height x depth in the second, depth x width in the third.
type product[T float] struct {
	rows, cols           int
	depth, height, width int
	tile                 func(k int, a, b, c *T, ldc int, add uint64)
	mixed                func(k int, a, b *T, c *float64, ldc int)                            // nil for float64
	finished             func(k int, a, b, c *T, ldc int, add uint64, bias, extra, bounds *T) // tile that ends in the epilogue, nil where there is none
	transpose, copyRows  func(dst []T, width int, src []T, ld, count, k int)
	gather               func(dst []T, width int, src []T, offsets []int, runs []run)
}

// call is one matrix product: c (m x n) += alpha*a*b, or = if fresh, then the epilogue.
type call[T float] struct {
	p       *product[T]
	stop    func() bool // nil for never
	workers int
	m, n, k int
	alpha   T
	a, b    operand[T]
	packed  []T // b in panels of all its columns, block of depth after block; nil if b is to be packed
	depth   int // of those blocks
	c       []T
	ldc     int
	fresh   bool
	finish  func(row []T, i, j int) // the epilogue of a part of a row; nil for none
}

// block is a part of a call: columns [j0, j0+n) and summands [k0, k0+k).
type block[T float] struct {
	j0, n, k0, k int
	panels       []T
	last         bool
}

func (c *call[T]) run() {
	p := c.p
	width := even(c.n, p.width, p.cols)
	var buffer *[]T
	if c.packed == nil {
		c.depth = even(c.k, p.depth, 4)
		buffer = borrow[T](rightBuffer, c.depth*roundUp(width, p.cols))
		defer giveBack(rightBuffer, buffer)
	}
	for j := 0; j < c.n; j += width {
		for k := 0; k < c.k && !stopped(c.stop); k += c.depth {
			b := block[T]{j0: j, n: min(width, c.n-j), k0: k, k: min(c.depth, c.k-k)}
			b.last = k+b.k == c.k
			if c.packed != nil {
				b.panels = c.packed[k*roundUp(c.n, p.cols)+j*b.k:]
			} else {
				b.panels = *buffer
				c.packRight(b)
			}
			c.block(b)
		}
	}
}

// packRight packs the block's part of b, the workers taking panels in turn.
func (c *call[T]) packRight(b block[T]) {
	cols, workers := c.p.cols, c.workers
	if b.n*b.k < 8192 {
		workers = 1
	}
	Parallel(workers, (b.n+cols-1)/cols, func(lo, hi int) {
		lo, hi = lo*cols, min(hi*cols, b.n)
		c.p.pack(b.panels[lo*b.k:], c.b, cols, b.j0+lo, hi-lo, b.k0, b.k)
	})
}

// block multiplies one block. Its tasks are rows x columns cut so that every worker finds some;
// the rows are packed anew only when they change.
func (c *call[T]) block(b block[T]) {
	p := c.p
	height := even(c.m, p.height, p.rows)
	panels, cuts := (b.n+p.cols-1)/p.cols, 1
	bands := (c.m + height - 1) / height
	if c.workers > 1 && bands < 4*c.workers {
		cuts = min((4*c.workers+bands-1)/bands, panels, max(1, c.m*b.n*b.k>>18))
	}
	workers := min(c.workers, bands*cuts)
	var next atomic.Int64
	Parallel(workers, workers, func(_, _ int) {
		buffer := borrow[T](leftBuffer, roundUp(height, p.rows)*b.k+p.rows*p.cols)
		defer giveBack(leftBuffer, buffer)
		left, edge := (*buffer)[p.rows*p.cols:], (*buffer)[:p.rows*p.cols]
		for packed := -1; ; {
			task := int(next.Add(1)) - 1
			if task >= bands*cuts || stopped(c.stop) {
				return
			}
			band, cut := task/cuts, task%cuts
			i0 := band * height
			m := min(height, c.m-i0)
			if packed != band {
				c.packLeft(left, i0, m, b)
				packed = band
			}
			c.multiply(left, edge, i0, m, b, panels*cut/cuts, panels*(cut+1)/cuts)
		}
	})
}

func (c *call[T]) packLeft(dst []T, i0, m int, b block[T]) {
	c.p.pack(dst, c.a, c.p.rows, i0, m, b.k0, b.k)
	if c.alpha != 1 {
		dst = dst[:roundUp(m, c.p.rows)*b.k]
		for i := range dst {
			dst[i] *= c.alpha
		}
	}
}

// multiply multiplies packed rows [i0, i0+m) with the panels [from, to) of b.
func (c *call[T]) multiply(left, edge []T, i0, m int, b block[T], from, to int) {
	p, ldc := c.p, c.ldc
	var add uint64
	if !c.fresh || b.k0 > 0 {
		add = 1
	}
	for panel := from; panel < to; panel++ {
		right := &b.panels[panel*p.cols*b.k]
		j := b.j0 + panel*p.cols
		n := min(p.cols, b.j0+b.n-j)
		for i := 0; i < m; i += p.rows {
			at := (i0+i)*ldc + j
			if rows := min(p.rows, m-i); rows < p.rows || n < p.cols {
				p.tile(b.k, &left[i*b.k], right, &edge[0], p.cols, 0)
				spread(c.c[at:], ldc, edge, p.cols, rows, n, add != 0)
			} else {
				p.tile(b.k, &left[i*b.k], right, &c.c[at], ldc, add)
			}
		}
	}
	if b.last && c.finish != nil {
		j0, j1 := b.j0+from*p.cols, b.j0+min(to*p.cols, b.n)
		for i := i0; i < i0+m; i++ {
			c.finish(c.c[i*ldc+j0:i*ldc+j1], i, j0)
		}
	}
}

// spread stores, or adds, the part of a tile that lies inside the result.
func spread[T float](c []T, ldc int, tile []T, cols, rows, n int, add bool) {
	for i := range rows {
		row, sums := c[i*ldc:i*ldc+n], tile[i*cols:i*cols+n]
		if !add {
			copy(row, sums)
			continue
		}
		for j, v := range sums {
			row[j] += v
		}
	}
}

// stopped asks a hook that may be absent.
func stopped(stop func() bool) bool { return stop != nil && stop() }
