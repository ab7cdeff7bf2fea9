package grad

import (
	"math"

	"github.com/stratascope/stratascope/op"
)

func reluBack(c *call) {
	zero := c.number(0, c.dy[0])
	c.give(0, c.op("Where", c.op("Greater", c.out(0), zero), c.dy[0], zero))
}

func dSigmoid(c *call, x, y string) string  { return c.mul(y, c.sub(c.number(1, x), y)) }
func dSoftplus(c *call, x, _ string) string { return c.op("Sigmoid", x) }

// dSoftsign is 1 / (1 + |x|)^2.
func dSoftsign(c *call, x, _ string) string {
	d := c.op("Reciprocal", c.add(c.number(1, x), c.op("Abs", x)))
	return c.mul(d, d)
}

// sides takes one derivative where x is positive and another elsewhere.
func sides(c *call, x, above, below string) string {
	return c.op("Where", c.op("Greater", x, c.number(0, x)), above, below)
}

func dLeakyRelu(c *call, x, _ string) string {
	return sides(c, x, c.number(1, x), c.number(c.float("alpha", 0.01), x))
}

// dElu: below zero y = alpha (e^x - 1), so the derivative is y + alpha.
func dElu(c *call, x, y string) string {
	return sides(c, x, c.number(1, x), c.add(y, c.number(c.float("alpha", 1), x)))
}

func dCelu(c *call, x, y string) string {
	return sides(c, x, c.number(1, x), c.add(c.div(y, c.number(c.float("alpha", 1), x)), c.number(1, x)))
}

func dSelu(c *call, x, y string) string {
	alpha, gamma := c.float("alpha", 1.67326319217681884765625), c.float("gamma", 1.05070102214813232421875)
	return sides(c, x, c.number(gamma, x), c.add(y, c.number(alpha*gamma, x)))
}

func preluBack(c *call) {
	x, zero := c.in(0), c.number(0, c.in(0))
	if c.wants(0) {
		c.give(0, c.mul(c.dy[0], sides(c, x, c.number(1, x), c.in(1))))
	}
	if c.wants(1) {
		c.giveTo(1, c.mul(c.dy[0], sides(c, x, zero, x)))
	}
}

// between is 1 where v lies strictly between two numbers and 0 elsewhere.
func between(c *call, v string, lo, hi float64) string {
	inside := c.op("And", c.op("Greater", v, c.number(lo, v)), c.op("Less", v, c.number(hi, v)))
	return c.cast(inside, v)
}

func dHardSigmoid(c *call, _, y string) string {
	return c.mul(between(c, y, 0, 1), c.number(c.float("alpha", 0.2), y))
}

// dHardSwish: y = x clip(x/6 + 1/2, 0, 1).
func dHardSwish(c *call, x, _ string) string {
	h := c.with("HardSigmoid", op.Attributes{"alpha": float32(1) / 6, "beta": float32(0.5)}, x)
	return c.add(h, c.mul(between(c, x, -3, 3), c.div(x, c.number(6, x))))
}

func dThresholdedRelu(c *call, x, _ string) string {
	return c.cast(c.op("Greater", x, c.number(c.float("alpha", 1), x)), x)
}

func dShrink(c *call, x, _ string) string {
	return c.cast(c.op("Greater", c.op("Abs", x), c.number(c.float("lambd", 0.5), x)), x)
}

// dSwish: y = x s(ax) has the derivative s + a y (1 - s) (Ramachandran, Zoph and Le 2017).
func dSwish(c *call, x, y string) string {
	a := c.float("alpha", 1)
	s := c.op("Sigmoid", c.mul(c.number(a, x), x))
	rest := c.mul(y, c.sub(c.number(1, x), s))
	if a != 1 {
		rest = c.mul(rest, c.number(a, x))
	}
	return c.add(s, rest)
}

func swiGLULower(c *call) []string {
	return []string{c.mul(c.with("Swish", op.Attributes{"alpha": float32(c.float("alpha", 1))}, c.in(0)), c.in(1))}
}

func mishLower(c *call) []string {
	return []string{c.mul(c.in(0), c.op("Tanh", c.op("Softplus", c.in(0))))}
}

// dGelu is Phi(x) + x phi(x), or that of the tanh approximation.
func dGelu(c *call, x, _ string) string {
	half, one := c.number(0.5, x), c.number(1, x)
	if c.str("approximate", "none") == "tanh" {
		square := c.mul(x, x)
		slope := math.Sqrt(2 / math.Pi)
		u := c.mul(x, c.add(c.number(slope, x), c.mul(c.number(slope*0.044715, x), square)))
		t := c.op("Tanh", u)
		du := c.add(c.number(slope, x), c.mul(c.number(3*slope*0.044715, x), square))
		return c.mul(half, c.add(c.add(one, t), c.mul(c.mul(x, c.sub(one, c.mul(t, t))), du)))
	}
	phi := c.mul(c.number(1/math.Sqrt(2*math.Pi), x), c.op("Exp", c.mul(c.number(-0.5, x), c.mul(x, x))))
	below := c.mul(half, c.add(one, c.op("Erf", c.mul(x, c.number(1/math.Sqrt2, x)))))
	return c.add(below, c.mul(x, phi))
}

func softmaxBack(c *call) {
	axis := c.int("axis", -1)
	v := c.mul(c.dy[0], c.out(0))
	c.give(0, c.sub(v, c.mul(c.out(0), c.sum(v, true, axis))))
}

func logSoftmaxBack(c *call) {
	axis := c.int("axis", -1)
	c.give(0, c.sub(c.dy[0], c.mul(c.op("Exp", c.out(0)), c.sum(c.dy[0], true, axis))))
}
