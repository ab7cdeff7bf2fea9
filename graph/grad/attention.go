package grad

import (
	"math"

	"github.com/stratascope/stratascope/op"
)

// attentionLower writes Attention (opset 23 and later) as products and a Softmax.
func attentionLower(c *call) []string {
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
	shown := []string{scores}
	if top := c.float("softcap", 0); top > 0 {
		scores = c.mul(c.op("Tanh", c.div(scores, c.number(top, q))), c.number(top, q))
	}
	shown = append(shown, scores)
	scores = c.masked(scores, past)
	shown = append(shown, scores)
	weights := c.shares(scores)
	shown = append(shown, weights)
	y := c.op("MatMul", weights, v)
	if c.rank(c.in(0)) == 3 {
		y = c.like(c.transpose(y, 0, 2, 1, 3), c.out(0))
	}
	return []string{y, presentK, presentV, shown[min(max(0, c.int("qk_matmul_output_mode", 0)), 3)]}
}

// shares is the softmax of the scores, zeros for a query that may look nowhere.
func (c *call) shares(scores string) string {
	last := op.Attributes{"axis": int64(-1)}
	if c.in(3) == "" && c.in(6) == "" && c.int("left_window_size", -1) < 0 && c.int("right_window_size", -1) < 0 {
		return c.with("Softmax", last, scores)
	}
	zero := c.number(0, scores)
	blind := c.op("Equal", c.reduce("ReduceMax", scores, true, 3), c.number(math.Inf(-1), scores))
	return c.op("Where", blind, zero, c.with("Softmax", last, c.op("Where", blind, zero, scores)))
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

// masked adds the mask and hides what a query may not see.
func (c *call) masked(scores, past string) string {
	never := c.number(math.Inf(-1), scores)
	if c.in(3) != "" {
		mask := c.widened(c.in(3), scores)
		if c.values[mask].DType.IsFloat() {
			scores = c.add(scores, mask)
		} else {
			scores = c.op("Where", mask, scores, never)
		}
	}
	if seen := c.seen(scores, past); seen != "" {
		return c.op("Where", seen, scores, never)
	}
	return scores
}

// widened hides the keys that a mask is too narrow for.
func (c *call) widened(mask, scores string) string {
	d, s := c.dims(mask), c.dims(scores)
	n := len(d)
	if c.err != nil || n == 0 || n == 1 && d[0].Size == 1 || sameDim(d[n-1], s[3]) || d[n-1].Size >= 0 && s[3].Size >= 0 && d[n-1].Size > s[3].Size {
		return mask
	}
	never := c.number(math.Inf(-1), mask)
	if !c.values[mask].DType.IsFloat() {
		never = c.op("Greater", c.integer(0), c.integer(1))
	}
	missing := c.op("Max", c.op("Sub", c.sizeOf(scores, 3), c.sizeOf(mask, n-1)), c.ints(0))
	return c.with("Concat", op.Attributes{"axis": int64(-1)}, mask, c.op("Expand", never, c.list(c.sizesOf(mask, 0, n-1), missing)))
}

// seen says which keys each query may look at, by their places and the samples' numbers of keys: samples or 1 x 1 x
// queries x keys; "" where all may.
func (c *call) seen(scores, past string) string {
	at := c.unsqueeze(c.add(c.counted(scores, 2), past), 1)
	key := c.unsqueeze(c.counted(scores, 3), 0)
	var all []string
	if c.in(6) != "" {
		lengths := c.unsqueeze(c.cast64(c.in(6)), 1, 2, 3)
		at = c.add(c.unsqueeze(c.counted(scores, 2), 1), c.sub(lengths, c.sizeOf(scores, 2)))
		all = append(all, c.op("Less", key, lengths))
	}
	ahead := c.sub(key, at)
	if c.int("is_causal", 0) != 0 {
		all = append(all, c.op("LessOrEqual", ahead, c.integer(0)))
	}
	if left := c.int("left_window_size", -1); left >= 0 {
		all = append(all, c.op("GreaterOrEqual", ahead, c.integer(-left)))
	}
	if right := c.int("right_window_size", -1); right >= 0 {
		all = append(all, c.op("LessOrEqual", ahead, c.integer(right)))
	}
	seen := ""
	for _, s := range all {
		if seen != "" {
			s = c.op("And", seen, s)
		}
		seen = s
	}
	return seen
}
