package grad

import (
	"math"

	"github.com/stratascope/stratascope/op"
)

// attentionLower writes Attention (opset 23) as products and a Softmax.
func attentionLower(c *call) []string {
	if c.in(6) != "" || c.int("left_window_size", -1) >= 0 || c.int("right_window_size", -1) >= 0 || c.grad(3) != "" {
		c.refuse("with lengths, windows or its scores as an output has no gradient yet")
		return nil
	}
	q, k, v := c.heads(0, "q_num_heads"), c.heads(1, "kv_num_heads"), c.heads(2, "kv_num_heads")
	past := c.ints(0)
	if c.in(4) != "" && c.in(5) != "" {
		past = c.sizeOf(c.in(4), 2)
		k = c.with("Concat", op.Attributes{"axis": int64(2)}, c.in(4), k)
		v = c.with("Concat", op.Attributes{"axis": int64(2)}, c.in(5), v)
	}
	presentK, presentV := k, v
	dq, dk := c.dims(q), c.dims(k)
	if c.err != nil {
		return nil
	}
	if n := dq[1].Size; n != dk[1].Size {
		k, v = c.repeated(k, n), c.repeated(v, n)
	}
	scale := c.float("scale", 0)
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(dq[3].Size))
	}
	scores := c.op("MatMul", c.mul(q, c.number(scale, q)), c.swapped(k))
	if top := c.float("softcap", 0); top > 0 {
		scores = c.mul(c.op("Tanh", c.div(scores, c.number(top, q))), c.number(top, q))
	}
	scores = c.masked(scores, past)
	y := c.op("MatMul", c.with("Softmax", op.Attributes{"axis": int64(-1)}, scores), v)
	if c.rank(c.in(0)) == 3 {
		y = c.like(c.transpose(y, 0, 2, 1, 3), c.out(0))
	}
	return []string{y, presentK, presentV}
}

// heads brings an input to samples x heads x positions x units.
func (c *call) heads(i int, attribute string) string {
	x := c.in(i)
	if c.rank(x) != 3 {
		return x
	}
	split := c.with("Reshape", nil, x, c.list(c.sizesOf(x, 0, 2), c.ints(c.int(attribute, 1), -1)))
	return c.transpose(split, 0, 2, 1, 3)
}

// repeated gives each head to as many heads of queries as share it.
func (c *call) repeated(x string, n int) string {
	heads := c.dims(x)[1].Size
	if heads < 1 || n < 1 || n > 1<<16 || n%heads != 0 {
		c.refuse("of %d heads of queries and %d of keys has no gradient", n, heads)
		return ""
	}
	index := make([]int64, n)
	for i := range index {
		index[i] = int64(i / (n / heads))
	}
	return c.with("Gather", op.Attributes{"axis": int64(1)}, x, c.ints(index...))
}

// masked adds the mask and hides what lies ahead.
func (c *call) masked(scores, past string) string {
	never := c.number(math.Inf(-1), scores)
	if mask := c.in(3); mask != "" {
		if d, s := c.dims(mask), c.dims(scores); c.err == nil && !sameDim(d[len(d)-1], s[3]) {
			c.refuse("with a mask narrower than the keys has no gradient yet")
			return ""
		}
		if c.values[mask].DType.IsFloat() {
			scores = c.add(scores, mask)
		} else {
			scores = c.op("Where", mask, scores, never)
		}
	}
	if c.int("is_causal", 0) == 0 {
		return scores
	}
	rows := c.unsqueeze(c.add(c.counted(scores, 2), past), 1)
	ahead := c.op("Greater", c.unsqueeze(c.counted(scores, 3), 0), rows)
	return c.op("Where", ahead, never, scores)
}
