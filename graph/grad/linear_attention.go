package grad

import "math"

// linearAttentionLower writes LinearAttention as a Scan over positions, which carries the matrix of each head.
func linearAttentionLower(c *call) []string {
	q, pairs := c.in(0), c.int("kv_num_heads", 0)
	each := c.int("q_num_heads", 0) / max(pairs, 1) // heads of queries for one of keys
	width := c.dims(q)
	if c.err == nil && (pairs < 1 || each < 1 || len(width) != 3 || width[2].Size < 1) {
		c.refuse("of queries of shape %v for %d heads of keys has no gradient", width, pairs)
	}
	if c.err != nil {
		return nil
	}
	keys := int64(width[2].Size) / (pairs * each)
	scale := c.float("scale", 0)
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(keys))
	}
	steps := func(x string, shape ...int64) string { // positions x samples x heads x rows x columns
		return c.transpose(c.with("Reshape", nil, x, c.list(c.sizesOf(x, 0, 2), c.ints(shape...))), 1, 0, 2, 3, 4)
	}
	rows := []string{steps(c.mul(q, c.number(scale, q)), pairs, each, keys), steps(c.in(1), pairs, 1, keys), steps(c.in(2), pairs, 1, -1)}
	gated, delta := c.in(4) != "", c.in(5) != ""
	if gated {
		rows = append(rows, steps(c.op("Exp", c.in(4)), pairs, -1, 1)) // one factor for a head, or one for each of its keys
	}
	if delta {
		rows = append(rows, steps(c.in(5), -1, 1, 1)) // one for a head, or for all
	}
	state := c.op("Expand", c.number(0, q), c.list(c.sizeOf(q, 0), c.ints(pairs, keys), c.sizeOf(rows[2], 4)))
	if past := c.in(3); past != "" {
		state = c.reshape(c.cast(past, q), c.shapeOf(state))
	}
	out := c.scanned([]string{state}, rows, func(states, now []string) []string {
		s, key, value := states[0], now[1], now[2]
		if gated {
			s = c.mul(s, now[3])
		}
		if delta { // Yang et al. 2025, eq. 10: what the key gives already is not written again
			value = c.mul(c.sub(value, c.op("MatMul", key, s)), now[len(now)-1])
		}
		s = c.add(s, c.op("MatMul", c.swapped(key), value))
		return []string{s, c.op("MatMul", now[0], s)}
	})
	y := c.with("Reshape", nil, c.transpose(out[1], 1, 0, 2, 3, 4), c.list(c.sizesOf(q, 0, 2), c.ints(-1)))
	if present := c.out(1); present != "" {
		return []string{y, c.cast(out[0], present)}
	}
	return []string{y}
}
