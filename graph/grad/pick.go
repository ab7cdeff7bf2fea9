package grad

import (
	"github.com/stratascope/stratascope/op"
)

// scatterAxis adds the slices of v along an axis into zeros at a list of positions. The axis gets the size
// that it has in x; the others stay.
func (b *builder) scatterAxis(v, x string, axis int, index string) string {
	n := b.rank(v)
	perm := axes(0, n) // its own inverse
	perm[0], perm[axis] = perm[axis], 0
	v = b.transpose(v, perm...)
	zeros := b.op("Expand", b.number(0, v), b.list(b.sizeOf(x, axis), b.sizesOf(v, 1, n)))
	y := b.with("ScatterND", op.Attributes{"reduction": "add"}, zeros, b.unsqueeze(index, -1), v)
	return b.transpose(y, perm...)
}

// gatherBack adds the rows where they were taken.
func gatherBack(c *call) {
	x, v := c.in(0), c.dy[0]
	n, k := c.rank(x), c.rank(c.in(1))
	axis := c.axis(c.int("axis", 0), n)
	if c.err != nil {
		return
	}
	// The dimensions of the indices come first in v, the axis in the zeros.
	order := append(axes(axis, axis+k), append(axes(0, axis), axes(axis+k, n-1+k)...)...)
	front := append(append([]int64{int64(axis)}, axes(0, axis)...), axes(axis+1, n)...)
	zeros := c.transpose(c.zeros(x), front...)
	y := c.with("ScatterND", op.Attributes{"reduction": "add"}, zeros, c.unsqueeze(c.in(1), -1), c.transpose(v, order...))
	c.give(0, c.transpose(y, inverse(front)...))
}

func inverse(perm []int64) []int64 {
	out := make([]int64, len(perm))
	for i, p := range perm {
		out[p] = int64(i)
	}
	return out
}

func (b *builder) scatterElements(into, index, v string, axis int64, how string) string {
	return b.with("ScatterElements", op.Attributes{"axis": axis, "reduction": how}, into, index, v)
}

func gatherElementsBack(c *call) {
	c.give(0, c.scatterElements(c.zeros(c.in(0)), c.in(1), c.dy[0], c.int("axis", 0), "add"))
}

// gatherNDBack: with batch dimensions, which run together as one, the position in the batch becomes the
// first of the indices.
func gatherNDBack(c *call) {
	x, index, v := c.in(0), c.in(1), c.dy[0]
	batch := int(c.int("batch_dims", 0))
	n, k := c.rank(x), c.rank(index)
	if c.err != nil {
		return
	}
	if batch == 0 {
		c.give(0, c.with("ScatterND", op.Attributes{"reduction": "add"}, c.zeros(x), index, v))
		return
	}
	flat := c.with("Reshape", nil, c.zeros(x), c.list(c.ints(-1), c.sizesOf(x, batch, n)))
	index = c.with("Reshape", nil, index, c.list(c.ints(-1), c.sizesOf(index, batch, k)))
	v = c.with("Reshape", nil, v, c.list(c.ints(-1), c.sizesOf(v, batch, c.rank(v))))
	ones := k - batch // dimensions of the indices behind the batch
	rows := c.counted(flat, 0)
	if ones > 0 {
		rows = c.unsqueeze(rows, axes(1, ones+1)...)
	}
	place := c.slice(index, ones, c.ints(0), c.ints(1)) // of the shape that the rows are to have
	rows = c.op("Expand", rows, c.shapeOf(place))
	index = c.with("Concat", op.Attributes{"axis": int64(-1)}, rows, index)
	y := c.with("ScatterND", op.Attributes{"reduction": "add"}, flat, index, v)
	c.give(0, c.like(y, x))
}

// scatterElementsBack serves both scatters: gather reads at the indices, put writes there.
func scatterElementsBack(c *call) {
	axis := c.int("axis", 0)
	scatterBack(c, func(from string) string { return c.with("GatherElements", op.Attributes{"axis": axis}, from, c.in(1)) },
		func(into, v, how string) string { return c.scatterElements(into, c.in(1), v, axis, how) })
}

func scatterNDBack(c *call) {
	scatterBack(c, func(from string) string { return c.op("GatherND", from, c.in(1)) },
		func(into, v, how string) string {
			return c.with("ScatterND", op.Attributes{"reduction": how}, into, c.in(1), v)
		})
}

func scatterBack(c *call, gather func(from string) string, put func(into, v, how string) string) {
	v, data, updates := c.dy[0], c.in(0), c.in(2)
	switch how := c.str("reduction", "none"); how {
	case "add":
		c.give(0, v)
		if c.wants(2) {
			c.give(2, gather(v))
		}
	case "none":
		if c.wants(0) {
			c.give(0, put(v, c.zeros(updates), "none"))
		}
		if c.wants(2) {
			c.give(2, gather(v))
		}
	case "mul":
		if c.wants(0) {
			c.give(0, c.mul(v, put(c.ones(data), updates, "mul")))
		}
		if c.wants(2) {
			c.give(2, c.div(gather(c.mul(v, c.out(0))), updates))
		}
	default: // max and min share the gradient among equals
		y := c.out(0)
		own, theirs := c.cast(c.op("Equal", data, y), y), c.cast(c.op("Equal", updates, gather(y)), y)
		share := c.div(v, put(own, theirs, "add"))
		c.give(0, c.mul(own, share))
		if c.wants(2) {
			c.give(2, c.mul(theirs, gather(share)))
		}
	}
}

func topKBack(c *call) {
	axis := c.int("axis", -1)
	index := c.out(1)
	if index == "" {
		index = c.append("TopK", c.n.Attributes, 2, c.in(0), c.in(1))[1]
	}
	if c.grad(0) != "" {
		c.give(0, c.scatterElements(c.zeros(c.in(0)), index, c.dy[0], axis, "add"))
	}
}

// compressBack puts the slices where the truths took them.
func compressBack(c *call) {
	c.putBack(c.op("Squeeze", c.op("NonZero", c.in(1)), c.ints(0)))
}

// uniqueBack puts the slices where each was first met.
func uniqueBack(c *call) {
	index := c.out(1)
	if index == "" {
		index = c.append("Unique", c.n.Attributes, 2, c.in(0))[1]
	}
	if c.grad(0) != "" {
		c.putBack(index)
	}
}

// putBack adds slices along the axis of the node, or elements where it has none, to those at a list of positions.
func (c *call) putBack(index string) {
	x := c.in(0)
	if _, ok := c.n.Attributes["axis"]; ok {
		c.give(0, c.scatterAxis(c.dy[0], x, c.axis(c.int("axis", 0), c.rank(x)), index))
		return
	}
	flat := c.with("Reshape", nil, x, c.ints(-1))
	c.give(0, c.like(c.scatterAxis(c.dy[0], flat, 0, index), x))
}

// oneHotBack adds what the two values were spread to.
func oneHotBack(c *call) {
	v := c.dy[0]
	all := func(v string) string {
		return c.reshape(c.with("ReduceSum", op.Attributes{"keepdims": int64(0)}, v), c.ints(1))
	}
	bits := c.with("Concat", op.Attributes{"axis": int64(0)}, c.reshape(c.number(0, v), c.ints(1)), c.reshape(c.number(1, v), c.ints(1)))
	on := all(c.mul(v, c.with("OneHot", op.Attributes{"axis": c.int("axis", -1)}, c.in(0), c.in(1), bits)))
	c.give(2, c.with("Concat", op.Attributes{"axis": int64(0)}, c.sub(all(v), on), on))
}

// tensorScatterLower writes TensorScatter with ScatterElements: each sample's updates stand in a row from its index
// on, in mode circular past the end from the beginning on.
func tensorScatterLower(c *call) []string {
	cache, updates := c.in(0), c.in(1)
	axis := c.axis(c.int("axis", -2), c.rank(cache))
	if c.err == nil && axis == 0 {
		c.refuse("along the samples has no gradient")
	}
	if c.err != nil {
		return nil
	}
	index, size := c.counted(updates, axis), c.sizeOf(cache, axis)
	n := c.rank(cache)
	if axis < n-1 {
		index = c.unsqueeze(index, axes(1, n-axis)...)
	}
	if first := c.in(2); first != "" {
		index = c.add(c.unsqueeze(c.cast64(first), axes(1, n)...), index)
	}
	if c.str("mode", "linear") == "circular" {
		index = c.op("Mod", index, size)
	}
	return []string{c.scatterElements(cache, c.expand(index, updates), updates, int64(axis), "none")}
}
