package grad

import (
	"math"

	"github.com/stratascope/stratascope/op"
)

// roiPoolLower writes MaxRoiPool as the largest along one axis of the image after the other, of what each bin covers.
func roiPoolLower(c *call) []string {
	bins := c.n.Attributes.Ints("pooled_shape")
	if len(bins) != 2 {
		c.refuse("has the pooled_shape %v", bins)
		return nil
	}
	if c.active[c.in(1)] {
		c.endsHere() // rounding to pixels
	}
	x := c.in(0)
	regions := c.with("Cast", op.Attributes{"to": int64(11)}, c.in(1))
	column := func(i int64) string { return c.slice(regions, 1, c.ints(i), c.ints(i+1)) } // regions x 1
	sample := c.cast64(c.op("Squeeze", column(0), c.ints(1)))
	v := c.with("Gather", op.Attributes{"axis": int64(0)}, x, sample) // regions x channels x rows x columns
	rows, columns := c.covered(column(2), column(4), bins[0], 2), c.covered(column(1), column(3), bins[1], 3)
	never := c.number(math.Inf(-1), x)
	v = c.op("Where", c.unsqueeze(columns, 1, 2), c.unsqueeze(v, 3), never) // ... x rows x bins x columns
	v = c.transpose(c.reduce("ReduceMax", v, false, 4), 0, 1, 3, 2)
	v = c.op("Where", c.unsqueeze(rows, 1, 3), c.unsqueeze(v, 2), never) // ... x bins x bins x rows
	v = c.reduce("ReduceMax", v, false, 4)
	some := func(covered string, axis int64) string { // regions x 1 x bins, along rows or columns
		most := c.reduce("ReduceMax", c.cast64(covered), false, 2)
		return c.unsqueeze(c.op("Greater", most, c.integer(0)), 1, axis)
	}
	return []string{c.op("Where", c.op("And", some(rows, 3), some(columns, 2)), v, c.number(0, x))}
}

// covered says which pixels along an axis of the image lie in which of so many bins from one edge of a region to the
// other: regions x bins x pixels. It rounds as the operator does, in double precision.
func (c *call) covered(from, to string, bins int64, axis int) string {
	number := func(v float64) string { return c.number(v, from) }
	pixel := func(edge string) string { // half away from zero
		v := c.mul(edge, number(c.float("spatial_scale", 1)))
		return c.mul(c.op("Sign", v), c.op("Floor", c.add(c.op("Abs", v), number(0.5))))
	}
	start := pixel(from)
	width := c.op("Max", c.add(c.sub(pixel(to), start), number(1)), number(1))
	width = c.div(width, number(float64(bins)))
	edge := func(first int64, round string) string { // regions x bins x 1
		which := c.cast(c.ints(axes(int(first), int(first+bins))...), from)
		return c.unsqueeze(c.add(start, c.op(round, c.mul(which, width))), 2)
	}
	at := c.cast(c.counted(c.in(0), axis), from)
	return c.op("And", c.op("GreaterOrEqual", at, edge(0, "Floor")), c.op("Less", at, edge(1, "Ceil")))
}
