package grad

import (
	"math"

	"github.com/stratascope/stratascope/op"
)

// dftLower writes a Fourier transform as products with matrices of cosines and sines, which the run makes.
func dftLower(c *call) []string {
	x := c.in(0)
	d := c.dims(x)
	which, ok := []int64{c.int("axis", -2)}, true
	if c.in(2) != "" {
		which, ok = c.fixed(c.in(2))
	}
	if c.err == nil && (!ok || len(which) != 1 || len(d) < 2 || d[len(d)-1].Size != 1 && d[len(d)-1].Size != 2) {
		c.refuse("of shape %v along an axis that is computed has no gradient yet", d)
	}
	if c.err != nil {
		return nil
	}
	axis, parts := c.axis(which[0], len(d)), len(d)-1
	inverse, half := c.int("inverse", 0) != 0, c.int("onesided", 0) != 0
	one, two := c.integer(1), c.integer(2)
	n := c.scalar(c.sizeOf(x, axis))
	if inverse && half {
		n = c.mul(two, c.sub(n, one))
	}
	if c.in(1) != "" {
		n = c.scalar(c.cast64(c.in(1)))
	}
	kept, bins := n, n // of the input, of the output
	switch {
	case half && inverse:
		kept = c.add(c.div(n, two), one)
	case half:
		bins = c.add(c.div(n, two), one)
	}
	x = c.slice(x, axis, c.ints(0), c.reshape(kept, c.ints(1)))
	rows := c.with("Shape", op.Attributes{"start": int64(axis), "end": int64(axis + 1)}, x) // not what it is of the few sizes that are tried
	rows = c.op("Range", c.integer(0), c.scalar(rows), one)
	turns := c.op("Mod", c.mul(c.unsqueeze(rows, 1), c.unsqueeze(c.op("Range", c.integer(0), bins, one), 0)), n)
	// The circle as a sum, so that constants of float32 make it exact in a run in float64.
	length, whole := c.cast(n, x), c.add(c.number(6.28125, x), c.number(2*math.Pi-6.28125, x))
	angle := c.div(c.mul(c.cast(turns, x), whole), length)
	cos, sin := c.op("Cos", angle), c.op("Sin", angle)
	if inverse {
		scale := c.op("Reciprocal", length)
		if half { // what is left out counts through its mirror image, but the first and the middle one
			ends := c.op("Or", c.op("Equal", rows, c.integer(0)), c.op("Equal", c.mul(two, rows), n))
			scale = c.unsqueeze(c.mul(c.op("Where", ends, c.number(1, x), c.number(2, x)), scale), 1)
		}
		cos, sin = c.mul(cos, scale), c.mul(sin, c.neg(scale))
	}
	part := func(i int64) string { return c.slice(x, parts, c.ints(i), c.ints(i+1)) }
	times := func(v, matrix string) string { return c.along(v, axis, matrix) }
	re, im := times(part(0), cos), c.neg(times(part(0), sin))
	if d[parts].Size == 2 {
		re, im = c.add(re, times(part(1), sin)), c.add(im, times(part(1), cos))
	}
	if half && inverse {
		return []string{re}
	}
	return []string{c.with("Concat", op.Attributes{"axis": int64(parts)}, re, im)}
}

// scalar makes a list of one number that number.
func (b *builder) scalar(x string) string {
	if v, ok := b.fixed(x); ok && len(v) == 1 {
		return b.integer(v[0])
	}
	return b.reshape(x, b.ints())
}

// stftLower cuts frames, weighs them by the window and transforms each.
func stftLower(c *call) []string {
	x := c.in(0)
	size := c.in(3)
	if size == "" {
		size = c.sizeOf(c.in(2), 0)
	}
	size, step, zero, one := c.scalar(c.cast64(size)), c.scalar(c.cast64(c.in(1))), c.integer(0), c.integer(1)
	if c.rank(x) == 2 {
		x = c.unsqueeze(x, 2)
	}
	frames := c.add(c.div(c.sub(c.scalar(c.sizeOf(x, 1)), size), step), one)
	from := c.mul(c.op("Range", zero, frames, one), step)
	at := c.add(c.unsqueeze(from, 1), c.unsqueeze(c.op("Range", zero, size, one), 0))
	x = c.with("Gather", op.Attributes{"axis": int64(1)}, x, at)
	if c.in(2) != "" {
		x = c.mul(x, c.unsqueeze(c.in(2), 1))
	}
	return []string{c.with("DFT", op.Attributes{"onesided": c.int("onesided", 1)}, x, "", c.integer(2))}
}
