package grad

import (
	"slices"

	"github.com/stratascope/stratascope/op"
)

// reshapeBack serves everything that keeps the elements in their order.
func reshapeBack(c *call) { c.give(0, c.like(c.dy[0], c.in(0))) }

func transposeBack(c *call) {
	perm := c.n.Attributes.Ints("perm")
	n := c.rank(c.dy[0])
	back := make([]int64, n)
	for i := range back {
		at := n - 1 - i
		if perm != nil && i < len(perm) {
			at = int(perm[i])
		}
		if at < 0 || at >= n {
			c.refuse("has the perm %v", perm)
			return
		}
		back[at] = int64(i)
	}
	c.give(0, c.transpose(c.dy[0], back...))
}

func expandBack(c *call) { c.giveTo(0, c.dy[0]) }

// tileBack sums the copies, which are dimensions of their own for that.
func tileBack(c *call) {
	x := c.in(0)
	n := c.rank(x)
	var parts []string
	var repeats []int64
	for i := range n {
		r := c.slice(c.in(1), 0, c.ints(int64(i)), c.ints(int64(i+1)))
		if v, ok := c.fixed(c.in(1)); ok {
			r = c.ints(v[i])
		}
		parts = append(parts, r, c.sizeOf(x, i))
		repeats = append(repeats, int64(2*i))
	}
	c.give(0, c.sum(c.reshape(c.dy[0], c.list(parts...)), false, repeats...))
}

func concatBack(c *call) {
	axis := int(c.int("axis", 0))
	if axis < 0 {
		of := c.in(0)
		for _, name := range append(c.n.Inputs, c.dy[0]) { // any of them
			if c.values[name].Shape != nil {
				of = name
			}
		}
		axis = c.axis(int64(axis), c.rank(of))
	}
	at := c.ints(0)
	for i := range c.n.Inputs {
		size := c.sizeOf(c.in(i), axis)
		next := c.plus(at, size)
		if c.wants(i) {
			c.give(i, c.slice(c.dy[0], axis, at, next))
		}
		at = next
	}
}

// plus adds lists of integers, times multiplies them.
func (b *builder) plus(x, y string) string {
	return b.combined("Add", x, y, func(a, b int64) int64 { return a + b })
}

func (b *builder) times(x, y string) string {
	return b.combined("Mul", x, y, func(a, b int64) int64 { return a * b })
}

// combined calculates at once where both lists are fixed.
func (b *builder) combined(operator, x, y string, f func(a, b int64) int64) string {
	v, fixed := b.fixed(x)
	w, also := b.fixed(y)
	if !fixed || !also || len(v) != len(w) {
		return b.op(operator, x, y)
	}
	out := make([]int64, len(v))
	for i := range v {
		out[i] = f(v[i], w[i])
	}
	return b.ints(out...)
}

func splitBack(c *call) {
	outputs := c.n.Outputs
	if slices.Contains(outputs, "") { // what nobody reads has a size, too
		outputs = c.append("Split", c.n.Attributes, len(outputs), c.n.Inputs...)
	}
	parts := make([]string, len(outputs))
	for i, name := range outputs {
		if parts[i] = c.grad(i); parts[i] == "" {
			parts[i] = c.zeros(name)
		}
	}
	v := parts[0]
	if len(parts) > 1 {
		v = c.with("Concat", op.Attributes{"axis": c.int("axis", 0)}, parts...)
	}
	c.give(0, v)
}

// sliceBack puts the gradient back where the slice was cut, axis by axis: as padding where the place is
// fixed, else by the positions that the same cut leaves of a count.
func sliceBack(c *call) {
	x := c.in(0)
	n := c.rank(x)
	starts, ends := c.in(1), c.in(2)
	list, ok := c.fixed(c.in(3))
	if c.in(3) == "" {
		s, known := c.static(starts)
		if ok = known && len(s) == 1; ok {
			list = axes(0, int(s[0]))
		}
	}
	if !ok {
		c.refuse("along axes that are computed has no gradient yet")
		return
	}
	v := c.dy[0]
	for i := len(list) - 1; i >= 0; i-- {
		axis := c.axis(list[i], n)
		one := func(name string) string {
			if w, ok := c.fixed(name); ok {
				return c.ints(w[i])
			}
			return c.slice(name, 0, c.ints(int64(i)), c.ints(int64(i+1)))
		}
		step := c.ints(1)
		if c.in(4) != "" {
			step = one(c.in(4))
		}
		v = c.uncut(v, x, axis, one(starts), one(ends), step)
	}
	c.give(0, v)
}

// uncut is the adjoint of a slice of one axis of x.
func (c *call) uncut(v, x string, axis int, start, stop, step string) string {
	from, okFrom := c.fixed(start)
	to, okTo := c.fixed(stop)
	by, okBy := c.fixed(step)
	if c.err != nil {
		return ""
	}
	size := c.dims(x)[axis].Size
	if size >= 0 && okFrom && okTo && okBy && by[0] == 1 {
		lo, hi := bound(from[0], int64(size)), bound(to[0], int64(size))
		if lo == 0 && hi == int64(size) {
			return v
		}
		n := c.rank(x)
		pads := make([]int64, 2*n)
		pads[axis], pads[n+axis] = lo, int64(size)-max(lo, hi)
		return c.op("Pad", v, c.ints(pads...))
	}
	index := c.op("Slice", c.counted(x, axis), start, stop, c.ints(0), step)
	return c.scatterAxis(v, x, axis, index)
}

func bound(v, n int64) int64 {
	if v < 0 {
		v = max(v, -n) + n
	}
	return min(max(v, 0), n)
}

// counted lists 0 to the size of an axis less 1.
func (b *builder) counted(x string, axis int) string {
	n := b.sizeOf(x, axis)
	if v, ok := b.fixed(n); ok && v[0] <= 4096 {
		return b.ints(axes(0, int(v[0]))...)
	}
	return b.op("Range", b.integer(0), b.op("Squeeze", n, b.ints(0)), b.integer(1))
}

// padBack cuts a constant border off and sums what a border repeats where it came from.
func padBack(c *call) {
	x, v := c.in(0), c.dy[0]
	n := c.rank(x)
	list := axes(0, n)
	if c.in(3) != "" {
		w, ok := c.fixed(c.in(3))
		if !ok {
			c.refuse("along axes that are computed has no gradient yet")
			return
		}
		list = w
	}
	if mode := c.str("mode", "constant"); mode != "constant" {
		for i, a := range list {
			v = c.unpad(v, x, c.axis(a, n), i, len(list), mode)
		}
		c.give(0, v)
		return
	}
	// A border cut off is one of negative width.
	less := c.neg(c.in(1))
	if w, ok := c.fixed(c.in(1)); ok {
		minus := make([]int64, len(w))
		for i := range w {
			minus[i] = -w[i]
		}
		less = c.ints(minus...)
	}
	if c.wants(0) {
		in := []string{v, less}
		if c.in(3) != "" {
			in = append(in, "", c.in(3))
		}
		c.give(0, c.op("Pad", in...))
	}
	if c.wants(2) {
		inside := c.with("ReduceSum", op.Attributes{"keepdims": int64(0)}, c.op("Pad", append([]string{v, less}, c.padAxes()...)...))
		c.give(2, c.like(c.sub(c.with("ReduceSum", op.Attributes{"keepdims": int64(0)}, v), inside), c.in(2)))
	}
}

func (c *call) padAxes() []string {
	if c.in(3) == "" {
		return nil
	}
	return []string{"", c.in(3)}
}

// unpad is the adjoint of a border of one axis: position i of the k-th of m axes was read at what the
// same border leaves of a count.
func (c *call) unpad(v, x string, axis, k, m int, mode string) string {
	pads := c.in(1)
	if w, ok := c.fixed(pads); ok {
		if w[k] == 0 && w[k+m] == 0 {
			return v
		}
		pads = c.ints(w[k], w[k+m])
	} else {
		pads = c.op("Gather", pads, c.ints(int64(k), int64(k+m)))
	}
	index := c.with("Pad", op.Attributes{"mode": mode}, c.counted(x, axis), pads)
	return c.scatterAxis(v, x, axis, index)
}

func triluBack(c *call) {
	in := append([]string{c.dy[0]}, c.n.Inputs[1:]...)
	c.give(0, c.with("Trilu", op.Attributes{"upper": c.int("upper", 1)}, in...))
}

func reverseSequenceBack(c *call) {
	c.give(0, c.with("ReverseSequence", c.n.Attributes, c.dy[0], c.in(1)))
}

// depthLower and spaceLower write the exchange of channels and positions as Reshape and Transpose.
func depthLower(c *call) []string {
	x, k := c.in(0), c.int("blocksize", 1)
	b, perm := c.ints(k, k), []int64{0, 3, 4, 1, 5, 2}
	n, h, w := c.sizeOf(x, 0), c.sizeOf(x, 2), c.sizeOf(x, 3)
	split := c.list(n, b, c.ints(-1), h, w)
	if c.str("mode", "DCR") == "CRD" {
		split, perm = c.list(n, c.ints(-1), b, h, w), []int64{0, 1, 4, 2, 5, 3}
	}
	y := c.transpose(c.with("Reshape", nil, x, split), perm...)
	return []string{c.like(y, c.out(0))}
}

func spaceLower(c *call) []string {
	x, k := c.in(0), c.int("blocksize", 1)
	perm := []int64{0, 3, 5, 1, 2, 4}
	if c.str("mode", "DCR") == "CRD" {
		perm = []int64{0, 1, 3, 5, 2, 4}
	}
	b := c.ints(k)
	split := c.list(c.sizeOf(x, 0), c.sizeOf(x, 1), c.sizeOf(c.out(0), 2), b, c.sizeOf(c.out(0), 3), b)
	return []string{c.like(c.transpose(c.reshape(x, split), perm...), c.out(0))}
}

// centreBack cuts what was padded and pads what was cut: the middle is the same.
func centreBack(c *call) {
	x := c.in(0)
	a, size := op.Attributes{}, c.shapeOf(x)
	if list := c.n.Attributes.Ints("axes"); list != nil {
		a["axes"] = list
		size = c.op("Gather", size, c.ints(list...))
	}
	c.give(0, c.with("CenterCropPad", a, c.dy[0], size))
}

// rangeBack: start + i delta; the limit only counts.
func rangeBack(c *call) {
	v := c.dy[0]
	all := func(v string) string { return c.with("ReduceSum", op.Attributes{"keepdims": int64(0)}, v) }
	if c.wants(0) {
		c.give(0, c.like(all(v), c.in(0)))
	}
	if c.wants(2) {
		c.give(2, c.like(all(c.mul(v, c.cast(c.counted(v, 0), v))), c.in(2)))
	}
}
