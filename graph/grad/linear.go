package grad

import "github.com/stratascope/stratascope/op"

func matMulBack(c *call) {
	a, b, v := c.in(0), c.in(1), c.dy[0]
	ra, rb := c.rank(a), c.rank(b)
	if c.err != nil {
		return
	}
	if ra == 1 { // a row, and after it a column, that the product has dropped
		a, v = c.unsqueeze(a, 0), c.unsqueeze(v, int64(max(0, rb-2)))
	}
	if rb == 1 {
		b, v = c.unsqueeze(b, 1), c.unsqueeze(v, -1)
	}
	if c.wants(0) {
		d := c.op("MatMul", v, c.swapped(b))
		if ra == 1 {
			d = c.op("Squeeze", d, c.ints(-2))
		}
		c.giveTo(0, d)
	}
	if c.wants(1) {
		if rb == 2 && ra > 2 { // one tall product in place of a stack that is summed
			c.give(1, c.op("MatMul", c.swapped(c.rows(a)), c.rows(v)))
			return
		}
		d := c.op("MatMul", c.swapped(a), v)
		if rb == 1 {
			d = c.op("Squeeze", d, c.ints(-1))
		}
		c.giveTo(1, d)
	}
}

// rows gives a stack of matrices as one.
func (b *builder) rows(x string) string {
	n := b.rank(x)
	if n == 2 || b.err != nil {
		return x
	}
	return b.with("Reshape", nil, x, b.list(b.ints(-1), b.sizeOf(x, n-1)))
}

func gemmBack(c *call) {
	a, b, v := c.in(0), c.in(1), c.dy[0]
	ta, tb := c.int("transA", 0), c.int("transB", 0)
	product := func(x, y string, tx, ty int64) string {
		return c.with("Gemm", op.Attributes{"transA": tx, "transB": ty, "alpha": float32(c.float("alpha", 1))}, x, y)
	}
	if c.wants(0) {
		if ta == 0 {
			c.give(0, product(v, b, 0, 1-tb))
		} else {
			c.give(0, product(b, v, tb, 1))
		}
	}
	if c.wants(1) {
		if tb == 0 {
			c.give(1, product(a, v, 1-ta, 0))
		} else {
			c.give(1, product(v, a, 1, ta))
		}
	}
	if c.wants(2) {
		if beta := c.float("beta", 1); beta != 1 {
			v = c.mul(v, c.number(beta, v))
		}
		c.giveTo(2, v)
	}
}
