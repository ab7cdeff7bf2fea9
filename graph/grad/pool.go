package grad

import (
	"slices"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// maxPoolBack adds each gradient where the pooling found its maximum.
func maxPoolBack(c *call) {
	x := c.in(0)
	a := op.Attributes{}
	for name, v := range c.n.Attributes {
		if name != "storage_order" { // positions are counted by rows here
			a[name] = v
		}
	}
	if c.grad(0) == "" {
		return
	}
	index := c.append("MaxPool", a, 2, x)[1]
	flat := func(v string) string { return c.with("Reshape", nil, v, c.ints(-1)) }
	v := c.scatterElements(flat(c.zeros(x)), flat(index), flat(c.dy[0]), 0, "add")
	c.give(0, c.like(v, x))
}

// poolBack is the adjoint of the sum over each window: channel by channel the adjoint of a convolution
// with ones.
func (c *call) poolBack(v, x string, w *window) string {
	alone := func(t string) string {
		return c.with("Reshape", nil, t, c.list(c.ints(-1, 1), c.sizesOf(t, 2, c.rank(t))))
	}
	shape := append([]int{1, 1}, make([]int, len(w.kernel))...)
	size := 1
	for i, k := range w.kernel {
		shape[2+i] = int(k)
		if size *= int(k); size < 1 || size > mostTaps {
			c.refuse("with the kernel_shape %v has no gradient", w.kernel)
			return ""
		}
	}
	kernel := c.once("kernel "+c.values[x].DType.String()+" "+key(c.n)+c.ints(w.kernel...), func(name string) {
		if c.values[x].DType == tensor.Float64 {
			c.constant(name, tensor.Of(slices.Repeat([]float64{1}, size), shape...))
			return
		}
		c.constant(name, tensor.Of(slices.Repeat([]float32{1}, size), shape...))
	})
	like := alone(x)
	return c.like(c.spread(alone(v), kernel, like, w, 1), x)
}

// mostTaps bounds the windows of poolings, which are made here.
const mostTaps = 1 << 20

func (c *call) poolWindow() *window {
	kernel := c.n.Attributes.Ints("kernel_shape")
	if len(kernel) != c.rank(c.in(0))-2 || len(kernel) == 0 {
		c.refuse("has the kernel_shape %v for an input of rank %d", kernel, c.rank(c.in(0)))
		return nil
	}
	return c.window(c.in(0), kernel)
}

func averagePoolBack(c *call) {
	x := c.in(0)
	w := c.poolWindow()
	if c.err != nil {
		return
	}
	c.give(0, c.poolBack(c.div(c.dy[0], c.taps(w)), x, w))
}

// taps returns how many values each window averages: the same number everywhere, or a map of them.
func (c *call) taps(w *window) string {
	x, ceil := c.in(0), c.int("ceil_mode", 0) != 0
	border := slices.Max(w.begin) > 0 || slices.Max(w.end) > 0
	counted := c.int("count_include_pad", 0) != 0
	if !ceil && (!border || counted) {
		n := 1.0
		for _, k := range w.kernel {
			n *= float64(k)
		}
		return c.number(n, x)
	}
	rank := c.rank(x)
	ones := c.op("Expand", c.number(1, x), c.list(c.ints(1, 1), c.sizesOf(x, 2, rank)))
	a := op.Attributes{"kernel_shape": w.kernel, "strides": w.strides, "dilations": w.dilations, "ceil_mode": c.int("ceil_mode", 0),
		"p": int64(1), "pads": slices.Concat(w.begin, w.end)}
	if counted {
		none := []int64{0, 0}
		ones = c.op("Pad", ones, c.ints(slices.Concat(none, w.begin, none, w.end)...), c.number(1, x))
		delete(a, "pads")
	}
	return c.cropped(c.with("LpPool", a, ones), c.dy[0])
}

// lpPoolBack: y = (sum |x|^p)^(1/p) has the derivative sign(x) |x|^(p-1) y^(1-p), 0 where y is 0.
func lpPoolBack(c *call) {
	w := c.poolWindow()
	if c.err != nil {
		return
	}
	c.give(0, c.norm(func(v string) string { return c.poolBack(v, c.in(0), w) }))
}

// norm is the gradient of a p-norm whose sum has the adjoint back.
func (c *call) norm(back func(v string) string) string {
	x, y, p := c.in(0), c.out(0), float64(c.int("p", 2))
	zero, one := c.number(0, y), c.number(1, y)
	none := c.op("Equal", y, zero)
	v := c.mul(c.dy[0], c.op("Pow", c.op("Where", none, one, y), c.number(1-p, y)))
	d := c.op("Sign", x)
	if p == 2 {
		d = x
	} else if p != 1 {
		d = c.mul(d, c.op("Pow", c.op("Abs", x), c.number(p-1, x)))
	}
	return c.mul(d, back(c.op("Where", none, zero, v)))
}

func globalAverageBack(c *call) {
	x := c.in(0)
	c.give(0, c.expand(c.div(c.dy[0], c.count(x, axes(2, c.rank(x))...)), x))
}

func globalMaxBack(c *call) {
	x := c.in(0)
	mask := c.cast(c.op("Equal", x, c.out(0)), x)
	c.give(0, c.mul(mask, c.div(c.dy[0], c.sum(mask, true, axes(2, c.rank(x))...))))
}

func globalLpBack(c *call) {
	c.give(0, c.norm(func(v string) string { return c.expand(v, c.in(0)) }))
}

// unpoolBack reads where the values were put.
func unpoolBack(c *call) {
	if c.in(2) != "" {
		c.refuse("with an output_shape has no gradient yet")
		return
	}
	flat := func(v string) string { return c.with("Reshape", nil, v, c.ints(-1)) }
	v := c.with("GatherElements", op.Attributes{"axis": int64(0)}, flat(c.dy[0]), flat(c.in(1)))
	c.give(0, c.like(v, c.in(0)))
}
