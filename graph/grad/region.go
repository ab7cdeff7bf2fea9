package grad

import (
	"math"

	"github.com/stratascope/stratascope/op"
)

// A reading is how the cells of all regions read one axis of an image: positions, two for each sample, and
// how much each counts, both regions x cells x twice the samples; and which samples there are, "" for all.
type reading struct{ index, weight, there, count string }

// regionsLower writes RoiAlign as a product of the image with a matrix along each axis, or in mode max as the
// largest of what is picked.
func regionsLower(c *call) []string {
	x := c.in(0)
	image := c.with("Gather", op.Attributes{"axis": int64(0)}, x, c.cast64(c.in(2))) // of each region
	rows, columns := c.read(1, 3, 2, c.int("output_height", 1)), c.read(0, 2, 3, c.int("output_width", 1))
	if c.err != nil {
		return nil
	}
	if c.str("mode", "avg") == "max" {
		return []string{c.largest(image, rows, columns)}
	}
	up := c.op("MatMul", c.unsqueeze(c.matrix(rows, x, 2), 1), image)
	return []string{c.op("MatMul", up, c.unsqueeze(c.swapped(c.matrix(columns, x, 3)), 1))}
}

// read follows an axis of the image, between two columns of the regions.
func (c *call) read(from, to int64, axis int, cells int64) reading {
	x, zero := c.in(0), c.number(0, c.in(0))
	one := c.number(1, x)
	corner := func(i int64) string { // regions x 1 x 1
		v := c.unsqueeze(c.slice(c.in(1), 1, c.ints(i), c.ints(i+1)), 2)
		v = c.mul(v, c.number(c.float("spatial_scale", 1), x))
		if c.str("coordinate_transformation_mode", "half_pixel") == "output_half_pixel" {
			return v
		}
		return c.sub(v, c.number(0.5, x))
	}
	start := corner(from)
	extent := c.sub(corner(to), start)
	if c.str("coordinate_transformation_mode", "half_pixel") == "output_half_pixel" {
		extent = c.op("Max", extent, one)
	}
	cell := c.div(extent, c.number(float64(cells), x))
	var r reading
	most := c.integer(c.int("sampling_ratio", 0))
	if r.count = c.cast(most, x); c.int("sampling_ratio", 0) == 0 { // as many as the cell has pixels
		r.count = c.op("Max", c.op("Ceil", cell), zero)
		most = c.cast64(c.with("ReduceMax", op.Attributes{"keepdims": int64(0)}, r.count))
	}
	sample := c.cast(c.op("Range", c.integer(0), most, c.integer(1)), x)
	if c.int("sampling_ratio", 0) == 0 {
		r.there = c.op("Less", sample, r.count)
	}
	r.count = c.op("Max", r.count, one)
	which := c.unsqueeze(c.cast(c.ints(axes(0, int(cells))...), x), 1)
	place := c.add(which, c.div(c.add(sample, c.number(0.5, x)), r.count)) // in cells
	place = c.add(start, c.mul(cell, place))
	size := c.scalar(c.sizeOf(x, axis))
	last := c.cast(c.sub(size, c.integer(1)), x)
	inside := c.op("And", c.op("GreaterOrEqual", place, c.number(-1, x)), c.op("LessOrEqual", place, c.cast(size, x)))
	place = c.op("Max", c.op("Min", place, last), zero)
	before := c.op("Floor", place)
	after := c.op("Min", c.add(before, one), last)
	share := c.sub(place, before)
	both := op.Attributes{"axis": int64(2)}
	r.index = c.cast64(c.with("Concat", both, before, after))
	r.weight = c.with("Concat", both, c.op("Where", inside, c.sub(one, share), zero), c.op("Where", inside, share, zero))
	if r.there != "" {
		r.there = c.op("Expand", r.there, c.shapeOf(before))
		r.there = c.with("Concat", both, r.there, r.there)
	}
	return r
}

// matrix averages over the samples: regions x cells x size of the axis.
func (c *call) matrix(r reading, x string, axis int) string {
	weight := c.div(r.weight, r.count)
	if r.there != "" {
		weight = c.op("Where", r.there, weight, c.number(0, x))
	}
	zeros := c.op("Expand", c.number(0, x), c.list(c.sizesOf(r.index, 0, 2), c.sizeOf(x, axis)))
	return c.scatterElements(zeros, r.index, weight, 2, "add")
}

// largest takes the largest of all weighted pixels of a cell, as ONNX has it.
func (c *call) largest(image string, rows, columns reading) string {
	down := func(v string) string { return c.unsqueeze(v, 2, 4) } // regions x cells x 1 x readings x 1
	across := func(v string) string { return c.unsqueeze(v, 1, 3) }
	width := c.scalar(c.sizeOf(image, 3))
	index := c.add(c.mul(down(rows.index), width), across(columns.index))
	flat := func(v string) string { // regions x 1 x all
		return c.with("Reshape", nil, v, c.list(c.sizeOf(v, 0), c.ints(1, -1)))
	}
	pixels := c.with("Reshape", nil, image, c.list(c.sizesOf(image, 0, 2), c.ints(-1)))
	at := flat(index)
	at = c.op("Expand", at, c.list(c.sizesOf(image, 0, 2), c.sizeOf(at, 2)))
	values := c.mul(c.with("GatherElements", op.Attributes{"axis": int64(2)}, pixels, at), flat(c.mul(down(rows.weight), across(columns.weight))))
	if rows.there != "" {
		there := c.op("And", down(rows.there), across(columns.there))
		values = c.op("Where", flat(there), values, c.number(math.Inf(-1), image))
	}
	values = c.with("Reshape", nil, values, c.list(c.sizesOf(image, 0, 2), c.sizesOf(index, 1, 3), c.ints(-1)))
	return c.reduce("ReduceMax", values, false, 4)
}
