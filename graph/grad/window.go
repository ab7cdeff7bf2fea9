package grad

import (
	"slices"

	"github.com/stratascope/stratascope/op"
)

// A window is the geometry of a convolution or pooling with its padding made explicit.
type window struct {
	kernel, strides, dilations, begin, end []int64
}

// window reads the geometry of the node at work, whose input is x; auto_pad needs sizes that are fixed, or
// strides of one.
func (c *call) window(x string, kernel []int64) *window {
	n := len(kernel)
	list := func(name string, length int, otherwise int64) []int64 {
		if v := c.n.Attributes.Ints(name); len(v) == length {
			return slices.Clone(v)
		}
		return slices.Repeat([]int64{otherwise}, length)
	}
	pads := list("pads", 2*n, 0)
	w := &window{kernel: kernel, strides: list("strides", n, 1), dilations: list("dilations", n, 1), begin: pads[:n:n], end: pads[n:]}
	auto := c.str("auto_pad", "NOTSET")
	if auto == "VALID" {
		clear(w.begin)
		clear(w.end)
	}
	if auto != "SAME_UPPER" && auto != "SAME_LOWER" {
		return w
	}
	d := c.dims(x)
	for i := range n {
		if 2+i >= len(d) {
			c.refuse("has a kernel of %d dimensions for an input of rank %d", n, len(d))
			return w
		}
		size, reach := int64(d[2+i].Size), w.reach(i)
		need := reach - 1
		if kernel[i] < 0 || w.strides[i] > 1 && size < 0 {
			c.refuse("with auto_pad and sizes that differ from run to run has no gradient yet")
			return w
		}
		if w.strides[i] > 1 {
			need = ((size+w.strides[i]-1)/w.strides[i]-1)*w.strides[i] + reach - size
		}
		need = max(0, need)
		w.begin[i], w.end[i] = need/2, need-need/2
		if auto == "SAME_LOWER" {
			w.begin[i], w.end[i] = w.end[i], w.begin[i]
		}
	}
	return w
}

func (w *window) reach(i int) int64 { return w.dilations[i]*(w.kernel[i]-1) + 1 }

// attributes gives the window as attributes of a Conv.
func (w *window) attributes(group int64) op.Attributes {
	return op.Attributes{"strides": w.strides, "dilations": w.dilations, "pads": slices.Concat(w.begin, w.end), "group": group}
}

// plain says whether the window is a single position without stride or border.
func (w *window) plain() bool {
	return slices.Min(w.kernel) == 1 && slices.Max(w.kernel) == 1 && slices.Max(w.strides) == 1 && slices.Max(w.begin) == 0 && slices.Max(w.end) == 0
}

// spread is the adjoint of the convolution of x with a weight: v, of the output's shape, goes back to the
// input's. Where sizes differ from run to run what the strides may have left over is made and cut off.
func (c *call) spread(v, weight, x string, w *window, group int64) string {
	if slices.Max(w.strides) == 1 && w.within() {
		return c.turned(v, weight, w, group)
	}
	a := w.attributes(group)
	extra, fits := make([]int64, len(w.kernel)), true
	from, to := c.dims(v), c.dims(x)
	if c.err != nil {
		return ""
	}
	for i := range extra {
		in, out := int64(to[2+i].Size), int64(from[2+i].Size)
		extra[i] = in - ((out-1)*w.strides[i] + w.reach(i) - w.begin[i] - w.end[i])
		fits = fits && in >= 0 && out >= 0 && w.kernel[i] >= 0 && extra[i] >= 0 && extra[i] < max(w.strides[i], w.dilations[i])
	}
	if !fits {
		for i, s := range w.strides {
			extra[i] = s - 1
		}
		a["pads"] = slices.Concat(w.begin, make([]int64, len(w.end)))
	}
	a["output_padding"] = extra
	return c.cropped(c.with("ConvTranspose", a, v, weight), x)
}

// within says whether the border of each side is narrower than the windows and their sizes are fixed.
func (w *window) within() bool {
	for i, k := range w.kernel {
		if k < 1 || max(w.begin[i], w.end[i]) >= w.reach(i) {
			return false
		}
	}
	return true
}

// turned is spread for strides of one: a convolution with the kernel turned round, and input and output
// channels of each group exchanged, is faster than a ConvTranspose.
func (c *call) turned(v, weight string, w *window, group int64) string {
	n := c.rank(weight)
	if c.err != nil {
		return ""
	}
	in, kernel := c.sizeOf(weight, 1), c.sizesOf(weight, 2, n)
	if group > 1 {
		split := c.with("Reshape", nil, weight, c.list(c.ints(group, -1), in, kernel))
		split = c.transpose(split, append([]int64{0, 2, 1}, axes(3, n+1)...)...)
		weight = c.with("Reshape", nil, split, c.list(c.times(in, c.ints(group)), c.ints(-1), kernel))
	} else {
		weight = c.transpose(weight, append([]int64{1, 0}, axes(2, n)...)...)
	}
	full := make([]int64, 2*len(w.kernel))
	var from, to, by, along []int64
	for i, k := range w.kernel {
		full[i], full[len(w.kernel)+i] = w.reach(i)-1-w.begin[i], w.reach(i)-1-w.end[i]
		if k > 1 {
			from, to, by, along = append(from, -1), append(to, -1<<31), append(by, -1), append(along, int64(2+i))
		}
	}
	if along != nil {
		weight = c.op("Slice", weight, c.ints(from...), c.ints(to...), c.ints(along...), c.ints(by...))
	}
	return c.with("Conv", op.Attributes{"pads": full, "dilations": w.dilations, "group": group}, v, weight)
}

// cropped cuts the spatial dimensions of v to the sizes of those of x. Sizes that were found equal for a few
// sizes of images may differ for others: what a stride leaves over is nothing for most.
func (c *call) cropped(v, x string) string {
	from, to := c.dims(v), c.dims(x)
	n := len(to)
	if c.err != nil || n < 3 || c.exact && sameShape(from[2:], to[2:]) {
		return v
	}
	return c.op("Slice", v, c.ints(make([]int64, n-2)...), c.sizesOf(x, 2, n), c.ints(axes(2, n)...))
}

// used cuts x to what the windows reach, border included, where that may differ from its size: a
// convolution whose kernel is computed then gives a weight of its size whatever strides leave over.
func (c *call) used(x, v, weight string, w *window) (string, *window) {
	if c.exact {
		return x, w
	}
	n, one := c.rank(x), c.integer(1)
	last := func(of string, by []int64) string {
		return c.mul(c.sub(c.sizesOf(of, 2, n), one), c.ints(by...))
	}
	reach := c.add(c.add(last(v, w.strides), last(weight, w.dilations)), one)
	after := c.sub(c.sub(reach, c.sizesOf(x, 2, n)), c.ints(w.begin...))
	none := []int64{0, 0}
	plain := *w
	plain.begin, plain.end = make([]int64, n-2), make([]int64, n-2)
	return c.op("Pad", x, c.list(c.ints(none...), c.ints(w.begin...), c.ints(none...), after)), &plain
}

// correlate is the gradient of a convolution's weight [M, C/group, kernel]: x, the input, and v, the
// output's gradient, convolved with samples and channels exchanged, and strides and dilations.
func (c *call) correlate(x, v, weight string, w *window, group int64) string {
	n := c.rank(x)
	if c.err != nil {
		return ""
	}
	spatial := axes(2, n)
	exchange := append([]int64{1, 0}, spatial...)
	if group == 1 && w.plain() {
		flat := func(t, channels string) string {
			return c.with("Reshape", nil, c.transpose(t, exchange...), c.list(channels, c.ints(-1)))
		}
		in, out := flat(x, c.sizeOf(weight, 1)), flat(v, c.sizeOf(weight, 0))
		return c.like(c.with("Gemm", op.Attributes{"transB": int64(1)}, out, in), weight)
	}
	x, w = c.used(x, v, weight, w)
	if group == 1 {
		x, v = c.transpose(x, exchange...), c.transpose(v, exchange...)
	} else {
		x = c.exchanged(x, group, []int64{2, 1, 0}, c.list(c.sizeOf(weight, 1), c.ints(-1)))
		v = c.exchanged(v, group, []int64{1, 2, 0}, c.list(c.sizeOf(weight, 0), c.ints(-1)))
	}
	a := op.Attributes{"strides": w.dilations, "dilations": w.strides, "pads": slices.Concat(w.begin, w.end), "group": group}
	y := c.transpose(c.with("Conv", a, x, v), exchange...)
	if !c.exact {
		return y
	}
	return c.cropped(y, weight)
}

// exchanged splits channels into groups, reorders samples, groups and channels, and joins two of them.
func (c *call) exchanged(x string, group int64, order []int64, lead string) string {
	n := c.rank(x)
	rest := c.sizesOf(x, 2, n)
	split := c.with("Reshape", nil, x, c.list(c.sizeOf(x, 0), c.ints(group, -1), rest))
	return c.with("Reshape", nil, c.transpose(split, append(order, axes(3, n+1)...)...), c.list(lead, rest))
}
