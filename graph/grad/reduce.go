package grad

import (
	"github.com/stratascope/stratascope/op"
)

// reducedAxes returns the axes of a reduction as far as they are fixed; none says that it reduces nothing.
func (c *call) reducedAxes() (list []int64, none, ok bool) {
	if v, given := c.fixed(c.in(1)); given {
		list = v
	} else if c.in(1) != "" {
		return nil, false, false
	}
	if len(list) > 0 {
		return list, false, true
	}
	if c.int("noop_with_empty_axes", 0) == 1 {
		return nil, true, true
	}
	return axes(0, c.rank(c.in(0))), false, true
}

// kept gives a value of a reduction's shape the dimensions that it dropped, with size one.
func (c *call) kept(v string) string {
	if c.int("keepdims", 1) != 0 {
		return v
	}
	list, none, ok := c.reducedAxes()
	switch {
	case none:
		return v
	case ok:
		return c.unsqueeze(v, list...)
	}
	return c.op("Unsqueeze", v, c.in(1))
}

// reduced makes a rule of how the kept gradient and output, and the input, give the input's gradient.
func reduced(f func(c *call, v, x, y string) string) rule {
	return rule{back: func(c *call) {
		c.give(0, f(c, c.kept(c.dy[0]), c.in(0), c.kept(c.out(0))))
	}}
}

func reduceSumBack(c *call) { c.give(0, c.expand(c.kept(c.dy[0]), c.in(0))) }

func reduceMeanBack(c *call) {
	v := c.kept(c.dy[0])
	x := c.in(0)
	list, none, ok := c.reducedAxes()
	switch {
	case none:
		c.give(0, v)
		return
	case ok && c.values[x].Shape != nil:
		v = c.div(v, c.count(x, normal(list, c.rank(x))...))
	default:
		v = c.mul(v, c.div(c.cast(c.op("Size", v), v), c.cast(c.op("Size", x), v)))
	}
	c.give(0, c.expand(v, x))
}

// normal counts axes from the front.
func normal(list []int64, rank int) []int64 {
	out := make([]int64, len(list))
	for i, a := range list {
		if out[i] = a; a < 0 {
			out[i] += int64(rank)
		}
	}
	return out
}

// extreme shares the gradient among all elements that are the largest or smallest.
func extreme(c *call, v, x, y string) string {
	mask := c.cast(c.op("Equal", x, y), x)
	count := mask
	if list, none, ok := c.reducedAxes(); ok && !none {
		count = c.sum(mask, true, list...)
	} else if !ok {
		count = c.with("ReduceSum", op.Attributes{"keepdims": int64(1), "noop_with_empty_axes": c.int("noop_with_empty_axes", 0)}, mask, c.in(1))
	}
	return c.mul(mask, c.div(v, count))
}

func dReduceL1(c *call, v, x, _ string) string { return c.mul(v, c.op("Sign", x)) }

// dReduceL2 is x / y, 0 where everything is 0.
func dReduceL2(c *call, v, x, y string) string {
	zero := c.number(0, y)
	none := c.op("Equal", y, zero)
	return c.mul(x, c.op("Where", none, zero, c.div(v, c.op("Where", none, c.number(1, y), y))))
}

func dReduceSumSquare(c *call, v, x, _ string) string {
	return c.mul(x, c.mul(c.number(2, v), v))
}

// dReduceLogSum: y = log(sum x), so that the sum is e^y.
func dReduceLogSum(c *call, v, x, y string) string {
	return c.expand(c.div(v, c.op("Exp", y)), x)
}

func dReduceLogSumExp(c *call, v, x, y string) string {
	return c.mul(v, c.op("Exp", c.sub(x, y)))
}

// dReduceProd is the product of the other elements: y / x, and where one of them is 0 what is left.
func dReduceProd(c *call, v, x, y string) string {
	zero, one := c.number(0, x), c.number(1, x)
	none := c.op("Equal", x, zero)
	safe := c.op("Where", none, one, x)
	list, empty, ok := c.reducedAxes()
	if empty {
		return v
	}
	if !ok {
		c.refuse("along axes that are computed has no gradient yet")
		return ""
	}
	zeros := c.sum(c.cast(none, x), true, list...)
	rest := c.reduce("ReduceProd", safe, true, list...)
	atZero := c.op("Where", c.op("Equal", zeros, one), rest, zero)
	elsewhere := c.op("Where", c.op("Equal", zeros, zero), c.div(rest, safe), zero)
	return c.mul(v, c.op("Where", none, atZero, elsewhere))
}

// lpNormLower: x / |x|, and 0 where the norm is 0.
func lpNormLower(c *call) []string {
	operator := "ReduceL2"
	if c.int("p", 2) == 1 {
		operator = "ReduceL1"
	}
	x := c.in(0)
	norm := c.reduce(operator, x, true, c.int("axis", -1))
	none := c.op("Equal", norm, c.number(0, x))
	return []string{c.div(x, c.op("Where", none, c.number(1, x), norm))}
}

func cumSumBack(c *call) {
	a := op.Attributes{"exclusive": c.int("exclusive", 0), "reverse": 1 - c.int("reverse", 0)}
	c.give(0, c.with("CumSum", a, c.dy[0], c.in(1)))
}

// cumProdBack is cumSumBack of the products over the element. At the first 0 the products are those without
// it, and behind it the gradient is 0.
func cumProdBack(c *call) {
	x, y, axis := c.in(0), c.out(0), c.in(1)
	zero, one := c.number(0, x), c.number(1, x)
	exclusive, reverse := c.int("exclusive", 0), c.int("reverse", 0)
	none := c.op("Equal", x, zero)
	before := c.with("CumSum", op.Attributes{"reverse": reverse}, c.cast(none, x), axis)
	first := c.op("And", none, c.op("Equal", before, one))
	rest := c.with("CumProd", op.Attributes{"exclusive": exclusive, "reverse": reverse}, c.op("Where", first, one, x), axis)
	back := func(products string) string {
		return c.with("CumSum", op.Attributes{"exclusive": exclusive, "reverse": 1 - reverse}, c.mul(c.dy[0], products), axis)
	}
	free := c.div(back(y), c.op("Where", none, one, x))
	c.give(0, c.op("Where", c.op("Equal", before, zero), free, c.op("Where", first, back(rest), zero)))
}
