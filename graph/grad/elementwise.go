package grad

import (
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// unary makes a rule of the derivative, which d forms from the input and the output.
func unary(d func(c *call, x, y string) string) rule {
	return rule{back: func(c *call) { c.give(0, c.mul(c.dy[0], d(c, c.in(0), c.out(0)))) }}
}

func passes(c *call) { c.give(0, c.dy[0]) }

// dropoutBack: in training what is dropped differs from run to run, and no two nodes drop the same.
func dropoutBack(c *call) {
	if w, ok := c.weights[c.in(2)]; c.in(2) != "" && (!ok || w.Len() != 1 || tensor.Data[bool](w)[0]) {
		c.refuse("in training has no gradient")
		return
	}
	passes(c)
}

func addBack(c *call) {
	for i := range c.n.Inputs {
		c.giveTo(i, c.dy[0])
	}
}

func meanBack(c *call) {
	v := c.div(c.dy[0], c.number(float64(len(c.n.Inputs)), c.dy[0]))
	for i := range c.n.Inputs {
		c.giveTo(i, v)
	}
}

func subBack(c *call) {
	c.giveTo(0, c.dy[0])
	if c.wants(1) {
		c.giveTo(1, c.neg(c.dy[0]))
	}
}

func mulBack(c *call) {
	for i := range 2 {
		if c.wants(i) {
			c.giveTo(i, c.mul(c.dy[0], c.in(1-i)))
		}
	}
}

func divBack(c *call) {
	v := c.div(c.dy[0], c.in(1))
	c.giveTo(0, v)
	if c.wants(1) {
		c.giveTo(1, c.neg(c.mul(v, c.out(0))))
	}
}

// powBack: the base's derivative is 0 for an exponent of 0 and the exponent's is 0 for a base of 0, whose
// formulas would give NaN.
func powBack(c *call) {
	x, e := c.in(0), c.cast(c.in(1), c.in(0))
	zero := c.number(0, x)
	if c.wants(0) {
		d := c.mul(e, c.op("Pow", x, c.sub(e, c.number(1, x))))
		c.giveTo(0, c.mul(c.dy[0], c.op("Where", c.op("Equal", e, zero), zero, d)))
	}
	if c.wants(1) {
		none := c.op("Equal", x, zero)
		log := c.op("Log", c.op("Where", none, c.number(1, x), x))
		c.giveTo(1, c.mul(c.dy[0], c.mul(c.out(0), log)))
	}
}

// modBack: x - b*floor(x/b), whose quotient is what was taken off x.
func modBack(c *call) {
	c.giveTo(0, c.dy[0])
	if c.wants(1) {
		q := c.op("Round", c.div(c.sub(c.in(0), c.out(0)), c.in(1)))
		c.giveTo(1, c.neg(c.mul(c.dy[0], q)))
	}
}

// extremeBack shares the gradient among the inputs that are the largest or smallest.
func extremeBack(c *call) {
	y, count := c.out(0), ""
	masks := make([]string, len(c.n.Inputs))
	for i := range masks {
		masks[i] = c.cast(c.op("Equal", c.in(i), y), y)
		if count == "" {
			count = masks[i]
		} else {
			count = c.add(count, masks[i])
		}
	}
	v := c.div(c.dy[0], count)
	for i, m := range masks {
		if c.wants(i) {
			c.giveTo(i, c.mul(v, m))
		}
	}
}

func whereBack(c *call) {
	zero := c.number(0, c.dy[0])
	if c.wants(1) {
		c.giveTo(1, c.op("Where", c.in(0), c.dy[0], zero))
	}
	if c.wants(2) {
		c.giveTo(2, c.op("Where", c.in(0), zero, c.dy[0]))
	}
}

// clipBack: at a bound the derivative is 0, as PyTorch has it. Where the bounds cross the upper one wins.
func clipBack(c *call) {
	x, zero, hi := c.in(0), c.number(0, c.dy[0]), c.in(2)
	if c.wants(0) {
		v := c.dy[0]
		if c.in(1) != "" {
			v = c.op("Where", c.op("Greater", x, c.in(1)), v, zero)
		}
		if hi != "" {
			v = c.op("Where", c.op("Less", x, hi), v, zero)
		}
		c.give(0, v)
	}
	if hi != "" && c.wants(2) {
		lower := x
		if c.in(1) != "" {
			lower = c.op("Max", x, c.in(1))
		}
		c.giveTo(2, c.op("Where", c.op("Greater", lower, hi), c.dy[0], zero))
	}
	if c.wants(1) {
		below := c.op("Less", x, c.in(1))
		if hi != "" {
			below = c.op("And", below, c.op("LessOrEqual", c.in(1), hi))
		}
		c.giveTo(1, c.op("Where", below, c.dy[0], zero))
	}
}

// castBack: between floats; a gradient does not come out of integers but those that stand for floats.
func castBack(c *call) {
	if v := c.in(0); c.real(v) {
		c.give(0, c.cast(c.dy[0], v))
		return
	}
	c.give(0, c.dy[0])
}

func dAbs(c *call, x, _ string) string { return c.op("Sign", x) }
func dExp(_ *call, _, y string) string { return y }
func dLog(c *call, x, _ string) string { return c.op("Reciprocal", x) }
func dSin(c *call, x, _ string) string { return c.op("Cos", x) }
func dCos(c *call, x, _ string) string { return c.neg(c.op("Sin", x)) }
func dNeg(c *call, x, _ string) string { return c.number(-1, x) }

func dSinh(c *call, x, _ string) string       { return c.op("Cosh", x) }
func dCosh(c *call, x, _ string) string       { return c.op("Sinh", x) }
func dSqrt(c *call, x, y string) string       { return c.div(c.number(0.5, x), y) }
func dReciprocal(c *call, _, y string) string { return c.neg(c.mul(y, y)) }

func dTan(c *call, x, y string) string  { return c.add(c.number(1, x), c.mul(y, y)) }
func dTanh(c *call, x, y string) string { return c.sub(c.number(1, x), c.mul(y, y)) }
func dAtan(c *call, x, _ string) string {
	return c.op("Reciprocal", c.add(c.number(1, x), c.mul(x, x)))
}
func dAtanh(c *call, x, _ string) string {
	return c.op("Reciprocal", c.sub(c.number(1, x), c.mul(x, x)))
}

// root is 1 / sqrt(v).
func root(c *call, v string) string { return c.op("Reciprocal", c.op("Sqrt", v)) }

func dAsin(c *call, x, _ string) string  { return root(c, c.sub(c.number(1, x), c.mul(x, x))) }
func dAcos(c *call, x, y string) string  { return c.neg(dAsin(c, x, y)) }
func dAsinh(c *call, x, _ string) string { return root(c, c.add(c.mul(x, x), c.number(1, x))) }
func dAcosh(c *call, x, _ string) string { return root(c, c.sub(c.mul(x, x), c.number(1, x))) }

// dErf is 2/sqrt(pi) exp(-x^2).
func dErf(c *call, x, _ string) string {
	return c.mul(c.number(2/math.Sqrt(math.Pi), x), c.op("Exp", c.neg(c.mul(x, x))))
}
