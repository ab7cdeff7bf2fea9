package grad

import (
	"slices"

	"github.com/stratascope/stratascope/op"
)

// moments are what a normalisation computes on its way.
type moments struct {
	axes            []int64
	centred         string // x - mean
	inverse, normed string // 1 / sqrt(variance + epsilon); centred * inverse
}

// moments computes them once for a node.
func (c *call) moments(x string, epsilon float64, axes []int64) *moments {
	if c.found != nil {
		return c.found
	}
	m := &moments{axes: axes}
	c.found = m
	m.centred = c.sub(x, c.reduce("ReduceMean", x, true, axes...))
	variance := c.reduce("ReduceMean", c.mul(m.centred, m.centred), true, axes...)
	m.inverse = root(c, c.add(variance, c.number(epsilon, x)))
	m.normed = c.mul(m.centred, m.inverse)
	return m
}

// normBack is the gradient of x from that of the normed values: what changes their mean or their length
// is taken off (Ioffe and Szegedy 2015, section 3).
func (c *call) normBack(m *moments, v string) string {
	mean := c.reduce("ReduceMean", v, true, m.axes...)
	along := c.reduce("ReduceMean", c.mul(v, m.normed), true, m.axes...)
	return c.mul(m.inverse, c.sub(c.sub(v, mean), c.mul(m.normed, along)))
}

// channels gives one value per channel the dimensions of an input of a rank.
func (c *call) channels(p string, rank int) string {
	if rank < 3 {
		return p
	}
	return c.unsqueeze(p, axes(1, rank-1)...)
}

// batchNormBack: with stored statistics the node is affine; in training the batch's own take part.
func batchNormBack(c *call) {
	x, scale, v := c.in(0), c.in(1), c.dy[0]
	n := c.rank(x)
	if n < 2 {
		c.refuse("of rank %d has no gradient yet", n)
		return
	}
	epsilon := c.float("epsilon", 1e-5)
	if c.int("training_mode", 0) != 0 {
		c.trainingNormBack(n, epsilon)
		return
	}
	inverse := root(c, c.add(c.in(4), c.number(epsilon, x)))
	factor := c.mul(scale, inverse)
	if c.wants(0) {
		c.give(0, c.mul(v, c.channels(factor, n)))
	}
	c.giveChannels(2, v)
	if c.wants(1) || c.wants(4) {
		centred := c.sub(x, c.channels(c.in(3), n))
		along := c.mul(c.sum(c.mul(v, centred), false, channelAxes(n)...), inverse)
		c.give(1, along)
		if c.wants(4) {
			c.give(4, c.mul(c.mul(along, c.number(-0.5, x)), c.mul(factor, inverse)))
		}
	}
	if c.wants(3) {
		c.give(3, c.neg(c.mul(c.sum(v, false, channelAxes(n)...), factor)))
	}
}

// batchStatistics are the mean and variance of a batch, which the node gives where it keeps nothing of old ones.
func (c *call) batchStatistics(n int) (mean, variance string) {
	x, list := c.in(0), channelAxes(n)
	if c.float("momentum", 0.9) == 0 && c.out(1) != "" && c.out(2) != "" {
		return c.channels(c.out(1), n), c.channels(c.out(2), n)
	}
	mean = c.reduce("ReduceMean", x, true, list...)
	centred := c.sub(x, mean)
	return mean, c.reduce("ReduceMean", c.mul(centred, centred), true, list...)
}

// trainingNormBack takes off what changes mean and length (Ioffe and Szegedy 2015, section 3) with one factor and
// one offset per channel, so that the batch is walked as seldom as can be.
func (c *call) trainingNormBack(n int, epsilon float64) {
	x, list := c.in(0), channelAxes(n)
	mean, variance := c.batchStatistics(n)
	centred := c.sub(x, mean)
	if v := c.grad(0); v != "" {
		inverse := root(c, c.add(variance, c.number(epsilon, x)))
		sum, along := c.sum(v, true, list...), c.mul(c.sum(c.mul(v, centred), true, list...), inverse)
		if c.wants(0) {
			factor, count := c.mul(c.channels(c.in(1), n), inverse), c.count(x, list...)
			turn := c.mul(factor, c.div(c.mul(along, inverse), count))
			offset := c.mul(factor, c.div(sum, count))
			c.give(0, c.sub(c.sub(c.mul(v, factor), c.mul(centred, turn)), offset))
		}
		for i, v := range []string{along, sum} {
			if c.wants(1 + i) {
				c.give(1+i, c.with("Reshape", nil, v, c.ints(-1)))
			}
		}
	}
	keep := c.float("momentum", 0.9)
	for i, part := range []string{"", centred} { // of the running mean and variance
		v := c.grad(1 + i)
		if v == "" {
			continue
		}
		c.give(3+i, c.mul(v, c.number(keep, x)))
		if keep == 1 || !c.wants(0) {
			continue
		}
		v = c.div(c.mul(c.channels(v, n), c.number((1-keep)*float64(1+i), x)), c.count(x, list...))
		if part == "" {
			v = c.expand(v, x)
		} else {
			v = c.mul(part, v)
		}
		c.give(0, v)
	}
}

func (c *call) layerMoments() *moments {
	n := c.rank(c.in(0))
	return c.moments(c.in(0), c.float("epsilon", 1e-5), axes(c.axis(c.int("axis", -1), n), n))
}

func layerNormBack(c *call) {
	x, v := c.in(0), c.grad(0)
	m := c.layerMoments()
	if v != "" {
		if c.wants(1) {
			c.giveTo(1, c.mul(v, m.normed))
		}
		c.giveTo(2, v)
		if c.wants(0) {
			c.give(0, c.normBack(m, c.mul(v, c.in(1))))
		}
	}
	count := c.count(x, m.axes...)
	if v := c.grad(1); v != "" && c.wants(0) {
		c.give(0, c.expand(c.div(v, count), x))
	}
	if v := c.grad(2); v != "" && c.wants(0) { // of 1 / sqrt(variance + epsilon)
		cube := c.mul(m.inverse, c.mul(m.inverse, m.inverse))
		c.give(0, c.mul(m.centred, c.neg(c.div(c.mul(v, cube), count))))
	}
}

func (c *call) instanceMoments() *moments {
	return c.moments(c.in(0), c.float("epsilon", 1e-5), axes(2, c.rank(c.in(0))))
}

func instanceNormBack(c *call) {
	m := c.instanceMoments()
	c.scaledBack(m.normed, c.in(1), func(v string) string { return c.normBack(m, v) })
}

// scaledBack gives the gradients of a normalisation with one scale and bias per channel.
func (c *call) scaledBack(normed, scale string, back func(v string) string) {
	v, n := c.dy[0], c.rank(c.in(0))
	if c.wants(0) {
		c.give(0, back(c.mul(v, c.channels(scale, n))))
	}
	if c.wants(1) {
		c.give(1, c.sum(c.mul(v, normed), false, channelAxes(n)...))
	}
	c.giveChannels(2, v)
}

// grouped gives samples, groups and what a group holds an axis each.
func (c *call) grouped(v string) string {
	return c.with("Reshape", nil, v, c.list(c.sizeOf(c.in(0), 0), c.ints(c.int("num_groups", 1), -1)))
}

func (c *call) groupMoments() *moments {
	return c.moments(c.grouped(c.in(0)), c.float("epsilon", 1e-5), []int64{2})
}

// groupNormBack: the channels of a group lie side by side. Scale and bias are one value per channel, or
// per group as opset 18 had it, which are then repeated.
func groupNormBack(c *call) {
	x := c.in(0)
	if c.rank(x) < 2 {
		return
	}
	in, m := c.grouped, c.groupMoments()
	back := func(v string) string { return c.like(c.normBack(m, in(v)), x) }
	channels, scales := c.dims(x)[1].Size, c.dims(c.in(1))
	if len(scales) == 1 && scales[0].Size != channels {
		v := c.dy[0]
		if c.wants(0) {
			c.give(0, c.like(c.normBack(m, c.mul(in(v), c.unsqueeze(c.in(1), 1))), x))
		}
		if c.wants(1) {
			c.give(1, c.sum(c.mul(in(v), m.normed), false, 0, 2))
		}
		if c.wants(2) {
			c.give(2, c.sum(in(v), false, 0, 2))
		}
		return
	}
	c.scaledBack(c.like(m.normed, x), c.in(1), back)
}

func rmsNormLower(c *call) []string {
	x := c.in(0)
	n := c.rank(x)
	square := c.reduce("ReduceMean", c.mul(x, x), true, axes(c.axis(c.int("axis", -1), n), n)...)
	return []string{c.mul(c.mul(x, root(c, c.add(square, c.number(c.float("epsilon", 1e-5), x)))), c.in(1))}
}

func meanVarianceLower(c *call) []string {
	x, list := c.in(0), c.n.Attributes.Ints("axes")
	if list == nil {
		list = []int64{0, 2, 3}
	}
	centred := c.sub(x, c.reduce("ReduceMean", x, true, list...))
	deviation := c.op("Sqrt", c.reduce("ReduceMean", c.mul(centred, centred), true, list...))
	return []string{c.div(centred, c.add(deviation, c.number(1e-9, x)))}
}

// lrnLower sums squares over neighbouring channels as a convolution along them.
func lrnLower(c *call) []string {
	x, size := c.in(0), c.int("size", 1)
	planes := c.with("Reshape", nil, c.mul(x, x), c.list(c.sizeOf(x, 0), c.ints(1), c.sizeOf(x, 1), c.ints(-1)))
	kernel := c.op("Expand", c.number(1, x), c.ints(1, 1, size, 1))
	a := op.Attributes{"pads": slices.Concat([]int64{(size - 1) / 2, 0}, []int64{size / 2, 0})}
	sum := c.like(c.with("Conv", a, planes, kernel), x)
	base := c.add(c.mul(sum, c.number(c.float("alpha", 1e-4)/float64(size), x)), c.number(c.float("bias", 1), x))
	return []string{c.mul(x, c.op("Pow", base, c.number(-c.float("beta", 0.75), x)))}
}
