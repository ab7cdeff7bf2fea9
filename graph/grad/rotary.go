package grad

import "github.com/stratascope/stratascope/op"

// rotaryBack turns back, by the same angles with the sine's sign changed; the tables get what the pairs they turned
// were worth along both axes.
func rotaryBack(c *call) {
	in := append([]string{c.dy[0], c.in(1), c.neg(c.in(2))}, c.n.Inputs[3:]...)
	if c.wants(0) {
		c.give(0, c.with("RotaryEmbedding", c.n.Attributes, in...))
	}
	if !c.wants(1) && !c.wants(2) {
		return
	}
	heads, half := 1, c.dims(c.in(1)) // samples x heads x positions x units, else positions before heads
	if c.rank(c.in(0)) == 3 {
		heads = 2
	}
	if c.err != nil {
		return
	}
	if half[len(half)-1].Size < 1 {
		c.refuse("with a table of shape %v has no gradient of its angles yet", half)
		return
	}
	n := int64(half[len(half)-1].Size)
	re, im := c.pairs(c.in(0), n)
	u, v := c.pairs(c.dy[0], n)
	if c.wants(1) {
		c.give(1, c.toTable(c.sum(c.add(c.mul(u, re), c.mul(v, im)), false, int64(heads)), c.in(1)))
	}
	if c.wants(2) {
		c.give(2, c.toTable(c.sum(c.sub(c.mul(v, re), c.mul(u, im)), false, int64(heads)), c.in(2)))
	}
}

// pairs returns the first and the second units of the n pairs that a node turns, in four dimensions.
func (c *call) pairs(x string, n int64) (first, second string) {
	if c.rank(x) == 3 {
		x = c.with("Reshape", nil, x, c.list(c.sizesOf(x, 0, 2), c.ints(c.int("num_heads", 1), -1)))
	}
	if c.int("interleaved", 0) == 0 {
		return c.slice(x, 3, c.ints(0), c.ints(n)), c.slice(x, 3, c.ints(n), c.ints(2*n))
	}
	every := func(from int64) string { return c.op("Slice", x, c.ints(from), c.ints(2*n), c.ints(3), c.ints(2)) }
	return every(0), every(1)
}

// toTable adds rows, of each sample and position, to the rows of a table that they came from.
func (c *call) toTable(rows, table string) string {
	if c.in(3) == "" {
		return c.like(rows, table)
	}
	return c.with("ScatterND", op.Attributes{"reduction": "add"}, c.zeros(table), c.unsqueeze(c.in(3), -1), rows)
}
