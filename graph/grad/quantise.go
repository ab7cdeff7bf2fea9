package grad

import (
	"slices"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// The derivative of rounding is 0 wherever it exists. Quantised operators have that of the straight-through
// estimator instead (Bengio, Léonard and Courville 2013): rounding counts as the identity, and what the range
// of the whole numbers cuts off has none. The gradient of a quantised value is one of floats, with respect
// to the whole number as if it were any.

// passOn lists operators that pass gradients of quantised values on; others stop at them.
var passOn = set(`Cast Concat ConvInteger DequantizeLinear Flatten Identity MatMulInteger QLinearConv QLinearMatMul Reshape Squeeze Transpose Unsqueeze`)

// quantises says whether the whole numbers that a node gives have a gradient.
func (b *builder) quantises(operator string, inputs []string) bool {
	switch operator {
	case "QuantizeLinear", "DynamicQuantizeLinear":
		return true
	case "Cast":
		return false
	}
	return passOn[operator] && slices.ContainsFunc(inputs, func(s string) bool { return b.active[s] && !b.real(s) })
}

// parameter gives a scale or zero point the type of a value and a shape that broadcasts to its: one number, or a
// list along an axis.
func (c *call) parameter(p, like string, rank int, axis int64) string {
	p = c.cast(p, like)
	switch d := c.dims(p); {
	case len(d) == 1 && d[0].Size != 1 && rank > 0:
		return c.unsqueeze(p, axes(1, rank-c.axis(axis, rank))...)
	case len(d) > 1:
		c.refuse("in blocks has no gradient yet")
	}
	return p
}

// shifted is a quantised value less its zero point, as floats.
func (c *call) shifted(x, zero, like string, axis int64) string {
	v := c.cast(x, like)
	if zero == "" {
		return v
	}
	return c.sub(v, c.parameter(zero, like, c.rank(x), axis))
}

func dequantizeBack(c *call) {
	v, axis := c.dy[0], c.int("axis", 1)
	scale := c.parameter(c.in(1), v, c.rank(v), axis)
	if c.wants(0) {
		c.give(0, c.mul(v, scale))
	}
	if c.wants(1) {
		c.give(1, c.like(c.reduceTo(c.mul(v, c.shifted(c.in(0), c.in(2), v, axis)), scale), c.in(1)))
	}
}

// ranges of the whole numbers that values are rounded to.
var ranges = map[tensor.DType][2]float64{tensor.Uint8: {0, 255}, tensor.Int8: {-128, 127}, tensor.Uint16: {0, 65535}, tensor.Int16: {-32768, 32767}}

func quantizeBack(c *call) {
	x, v, axis := c.in(0), c.dy[0], c.int("axis", 1)
	d := tensor.Uint8
	if c.in(2) != "" {
		d = c.values[c.in(2)].DType
	}
	r, ok := ranges[d]
	if t := c.int("output_dtype", 0); !ok || t != 0 && (t != 2 || c.in(2) != "") {
		c.refuse("to another type than whole numbers of 8 or 16 bits has no gradient")
		return
	}
	scale := c.parameter(c.in(1), v, c.rank(x), axis)
	exact := c.div(c.cast(x, v), scale)
	y := c.op("Round", exact)
	if c.in(2) != "" {
		y = c.add(y, c.parameter(c.in(2), v, c.rank(x), axis))
	}
	inside := c.op("And", c.op("GreaterOrEqual", y, c.number(r[0], v)), c.op("LessOrEqual", y, c.number(r[1], v)))
	v = c.op("Where", inside, c.div(v, scale), c.number(0, v))
	c.give(0, v)
	if c.wants(1) {
		c.give(1, c.like(c.reduceTo(c.neg(c.mul(v, exact)), scale), c.in(1)))
	}
}

// dynamicBack: scale and zero point follow from the values, so that nothing is cut off; they count as fixed.
func dynamicBack(c *call) {
	if v := c.grad(0); v != "" {
		c.give(0, c.div(v, c.cast(c.out(1), v)))
	}
}

func matMulIntegerLower(c *call) []string {
	v := c.dy[0]
	a := c.cast(c.in(0), v)
	if c.in(2) != "" { // a number, or one for each row
		zero := c.cast(c.in(2), v)
		if d := c.dims(zero); len(d) == 1 && d[0].Size != 1 {
			zero = c.unsqueeze(zero, 1)
		}
		a = c.sub(a, zero)
	}
	return []string{c.op("MatMul", a, c.shifted(c.in(1), c.in(3), v, -1))}
}

func convIntegerLower(c *call) []string {
	v := c.dy[0]
	return []string{c.with("Conv", c.n.Attributes, c.shifted(c.in(0), c.in(2), v, 1), c.shifted(c.in(1), c.in(3), v, 0))}
}

// dequantized is an input with a scale and a zero point behind it, as floats.
func (c *call) dequantized(i int, axis int64) string {
	return c.with("DequantizeLinear", op.Attributes{"axis": axis}, c.in(i), c.in(i+1), c.in(i+2))
}

func qLinearMatMulLower(c *call) []string {
	y := c.op("MatMul", c.dequantized(0, -2), c.dequantized(3, -1))
	return []string{c.with("QuantizeLinear", op.Attributes{"axis": int64(-1)}, y, c.in(6), c.in(7))}
}

func qLinearConvLower(c *call) []string {
	in := []string{c.dequantized(0, 1), c.dequantized(3, 0)}
	if c.in(8) != "" {
		in = append(in, c.mul(c.cast(c.in(8), c.in(1)), c.mul(c.in(1), c.in(4))))
	}
	y := c.with("Conv", c.n.Attributes, in...)
	return []string{c.op("QuantizeLinear", y, c.in(6), c.in(7))}
}
