package grad

import (
	"slices"

	"github.com/stratascope/stratascope/op"
)

// outer multiplies what a linear map reads and the gradient of what it gives, [samples, ..., units] each,
// for each sample: [samples, units of x, units of v]. The norm of the product of T rows takes less by the
// products of the rows where T^2 is below the product of the units.
func (c *call) outer(x, v string, norm bool) (gradient, squared string) {
	o, ok := c.order(c.in(0))
	if !ok || o.axis == c.rank(x)-1 {
		c.sampled(c.in(0))
		return "", ""
	}
	x, v = c.first(x, o), c.first(v, o)
	n := c.rank(x)
	if n == 2 {
		if norm {
			return "", c.mul(c.squares(x), c.squares(v))
		}
		return c.op("MatMul", c.unsqueeze(x, 2), c.unsqueeze(v, 1)), ""
	}
	stacked := func(t string) string {
		if n == 3 {
			return t
		}
		return c.with("Reshape", nil, t, c.list(c.sizeOf(t, 0), c.ints(-1), c.sizeOf(t, n-1)))
	}
	x, v = stacked(x), stacked(v)
	if rows, units := c.dims(x)[1].Size, c.dims(x)[2].Size*c.dims(v)[2].Size; norm && rows > 0 && rows*rows < units {
		products := c.mul(c.op("MatMul", x, c.swapped(x)), c.op("MatMul", v, c.swapped(v)))
		return "", c.sum(products, false, 1, 2)
	}
	return c.op("MatMul", c.swapped(x), v), ""
}

func matMulSamples(c *call, i int, norm bool) (string, string) {
	if i != 1 || c.rank(c.in(1)) != 2 {
		c.refuse("has no gradient for each sample yet: weight %q is no matrix on the right", c.in(i))
		return "", ""
	}
	return c.outer(c.in(0), c.dy[0], norm)
}

func gemmSamples(c *call, i int, norm bool) (string, string) {
	x, v := c.in(0), c.dy[0]
	switch {
	case c.int("transA", 0) != 0 || i == 0:
		c.refuse("has no gradient for each sample yet: weight %q is no matrix on the right", c.in(i))
		return "", ""
	case i == 2:
		o, ok := c.order(x)
		if !ok || c.rank(c.in(2)) > 1 && o != (order{}) {
			c.sampled(x)
			return "", ""
		}
		v = c.first(v, o)
		if beta := c.float("beta", 1); beta != 1 {
			v = c.mul(v, c.number(beta, v))
		}
		return c.samplesTo(v, c.in(2)), ""
	}
	if alpha := c.float("alpha", 1); alpha != 1 {
		v = c.mul(v, c.number(alpha, v))
	}
	if c.int("transB", 0) != 0 {
		x, v = v, x
	}
	return c.outer(x, v, norm)
}

func convSamples(c *call, i int, norm bool) (string, string) {
	if i == 2 {
		return c.perChannel(c.dy[0]), ""
	}
	kernel := c.kernelOf(c.in(1))
	if c.err != nil {
		return "", ""
	}
	return c.correlateSamples(c.in(0), c.dy[0], c.in(1), c.window(c.in(0), kernel), norm)
}

func convTransposeSamples(c *call, i int, norm bool) (string, string) {
	if i == 2 {
		return c.perChannel(c.dy[0]), ""
	}
	kernel := c.kernelOf(c.in(1))
	if c.err != nil {
		return "", ""
	}
	return c.correlateSamples(c.dy[0], c.in(0), c.in(1), c.transposedWindow(c.in(0), kernel), norm)
}

// correlateSamples is correlate for each sample: for every position of the kernel, what it read of x times
// the output's gradient.
func (c *call) correlateSamples(x, v, weight string, w *window, norm bool) (gradient, squared string) {
	if c.err != nil || !c.sampled(x) {
		return "", ""
	}
	return c.correlateEach(x, v, weight, w, norm)
}

// correlateEach is correlateSamples, the samples being taken to stand first.
func (c *call) correlateEach(x, v, weight string, w *window, norm bool) (gradient, squared string) {
	n, group := c.rank(x), c.int("group", 1)
	none := []int64{0, 0}
	x = c.op("Pad", x, c.ints(slices.Concat(none, w.begin, none, w.end)...))
	flat := func(t string) string { // samples x groups x channels of a group x positions
		return c.with("Reshape", nil, t, c.list(c.sizeOf(t, 0), c.ints(group), c.ints(c.channelsOf(t)/group, -1)))
	}
	rows, depthwise := "", c.depthwise(weight, group)
	if !depthwise {
		rows = flat(v)
	}
	// What each position of the kernel reads ends after (out-1) strides and one.
	less, strides := make([]int64, n-2), c.ints(w.strides...)
	for k, s := range w.strides {
		less[k] = 1 - s
	}
	extent := c.plus(c.times(c.sizesOf(v, 2, n), strides), c.ints(less...))
	var parts []string
	for _, at := range positions(w.kernel) {
		start := make([]int64, len(at))
		for k := range at {
			start[k] = at[k] * w.dilations[k]
		}
		cut := c.op("Slice", x, c.ints(start...), c.plus(extent, c.ints(start...)), c.ints(axes(2, n)...), c.ints(w.strides...))
		var part string // samples x groups x M/g x C/g
		if depthwise {
			part = c.unsqueeze(c.sum(c.mul(v, cut), false, axes(2, n)...), 2, 3)
		} else {
			part = c.op("MatMul", rows, c.swapped(flat(cut)))
		}
		if norm {
			part = c.squares(part)
			if squared != "" {
				part = c.add(squared, part)
			}
			squared = part
			continue
		}
		parts = append(parts, c.unsqueeze(part, -1))
	}
	if norm {
		return "", squared
	}
	gradient = parts[0]
	if len(parts) > 1 {
		gradient = c.with("Concat", op.Attributes{"axis": int64(-1)}, parts...)
	}
	return c.reshape(gradient, c.list(c.sizeOf(v, 0), c.shapeOf(weight))), ""
}

// depthwise says whether each channel has a kernel of its own.
func (c *call) depthwise(weight string, group int64) bool {
	d := c.dims(weight)
	return len(d) > 2 && group > 1 && int64(d[0].Size) == group && d[1].Size == 1
}

// channelsOf returns the size of the second axis, which has to be fixed.
func (c *call) channelsOf(x string) int64 {
	d := c.dims(x)
	if c.err == nil && (len(d) < 2 || d[1].Size < 0) {
		c.refuse("has no gradient for each sample: the channels of %q are not known", x)
	}
	if c.err != nil {
		return 0
	}
	return int64(d[1].Size)
}

// positions lists the positions of a kernel, rows first.
func positions(kernel []int64) [][]int64 {
	out := [][]int64{{}}
	for _, k := range kernel {
		var next [][]int64
		for _, p := range out {
			for i := range k {
				next = append(next, append(append([]int64{}, p...), i))
			}
		}
		out = next
	}
	return out
}
