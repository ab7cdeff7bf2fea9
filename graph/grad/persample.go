package grad

import (
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
)

// A sampleRule returns the gradient of a weight that stands at an input for each sample: [samples, shape of
// the weight...]. With norm set it may return the squared norms [samples] in place, where they take less
// (Goodfellow 2015; Li et al. 2022, section 4).
type sampleRule func(c *call, i int, norm bool) (gradient, squared string)

// sampleRules by operator.
var sampleRules = map[string]sampleRule{
	"Add":                   whole(func(c *call, _ int) string { return c.dy[0] }),
	"BatchNormalization":    batchNormSamples,
	"Conv":                  convSamples,
	"ConvTranspose":         convTransposeSamples,
	"Div":                   whole(divSamples),
	"Expand":                whole(func(c *call, _ int) string { return c.dy[0] }),
	"Gather":                gatherSamples,
	"Gemm":                  gemmSamples,
	"GroupNormalization":    groupNormSamples,
	"InstanceNormalization": instanceNormSamples,
	"LayerNormalization":    whole(layerNormSamples),
	"MatMul":                matMulSamples,
	"Mul":                   whole(func(c *call, i int) string { return c.mul(c.dy[0], c.in(1-i)) }),
	"PRelu":                 whole(preluSamples),
	"Sub":                   whole(subSamples),
	"Sum":                   whole(func(c *call, _ int) string { return c.dy[0] }),
}

// perSample gives the inputs of a node that were asked for their gradients for each sample.
func (b *builder) perSample(c *call) {
	for i, name := range c.n.Inputs {
		if !b.single[name] || b.err != nil {
			continue
		}
		rule, ok := b.samples[key(c.n)]
		if !ok {
			b.refuse("has no gradient for each sample yet, which weight %q is asked for", name)
			return
		}
		gradient, squared := rule(c, i, b.normed[name] && b.uses[name] == 1)
		switch {
		case squared != "":
			b.norms[name] = squared
		case b.each[name] != "":
			b.each[name] = b.add(b.each[name], gradient)
		default:
			b.each[name] = gradient
		}
	}
}

// squaredNorm returns the squared norm of the gradient of a weight for each sample.
func (b *builder) squaredNorm(name string) string {
	if b.norms[name] != "" {
		return b.norms[name]
	}
	return b.squares(b.each[name])
}

// squares sums squares over all but the first axis.
func (b *builder) squares(x string) string {
	if n := b.rank(x); n > 1 {
		return b.reduce("ReduceSumSquare", x, false, axes(1, n)...)
	}
	return b.mul(x, x)
}

// sampled makes sure that the first axis of a value counts the samples.
func (c *call) sampled(x string) bool {
	d := c.dims(x)
	batch, ok := c.batch()
	if c.err == nil && (!ok || len(d) == 0 || !sameDim(d[0], batch)) {
		c.refuse("has no gradient for each sample: the first axis of %q, %v, does not count the samples alone", x, d)
	}
	return c.err == nil
}

// batch is the size that counts samples: the first of the first input.
func (b *builder) batch() (graph.Dim, bool) {
	for _, v := range b.graph.Inputs {
		if _, weight := b.weights[v.Name]; !weight && len(v.Shape) > 0 {
			return v.Shape[0], true
		}
	}
	return graph.Dim{}, false
}

// An order says where the samples stand in a value, and how they come to its front.
type order struct {
	axis  int
	inner int    // how many tokens stand before the samples where both are one axis; 0 if they are not
	size  string // of the samples then
}

// order finds the samples of a value: an axis of their own, or one that a Reshape has joined of tokens and
// samples, as linear layers of attention leave it.
func (c *call) order(x string) (order, bool) {
	batch, ok := c.batch()
	d := c.dims(x)
	if c.err != nil || !ok || len(d) == 0 {
		return order{}, false
	}
	for i := range d {
		if sameDim(d[i], batch) && (i == 0 || batch.Size < 0) { // a fixed size may be that of anything
			return order{axis: i}, true
		}
	}
	for i := range c.graph.Nodes {
		n := &c.graph.Nodes[i]
		if n.Op != "Reshape" || n.Outputs[0] != x {
			continue
		}
		if from := c.dims(n.Inputs[0]); len(from) > len(d) && from[0].Size > 0 && sameDim(from[1], batch) && sameWidth(from[2:], d[1:]) {
			return order{inner: from[0].Size, size: c.sizeOf(n.Inputs[0], 1)}, true
		}
	}
	return order{}, false
}

// sameWidth says whether two lists of fixed sizes have one product.
func sameWidth(a, b []graph.Dim) bool {
	product := func(d []graph.Dim) int {
		n := 1
		for _, v := range d {
			n *= max(0, v.Size)
		}
		return n
	}
	return product(a) > 0 && product(a) == product(b)
}

// first brings the samples of a value to the front.
func (c *call) first(x string, o order) string {
	if o.inner > 0 {
		x = c.with("Reshape", nil, x, c.list(c.ints(int64(o.inner)), o.size, c.sizesOf(x, 1, c.rank(x))))
		o.axis = 1
	}
	n := c.rank(x)
	if c.err != nil {
		return ""
	}
	return c.transpose(x, append(append([]int64{int64(o.axis)}, axes(0, o.axis)...), axes(o.axis+1, n)...)...)
}

// whole makes a rule of the gradient before the weight's broadcasting is undone.
func whole(f func(c *call, i int) string) sampleRule {
	return func(c *call, i int, _ bool) (string, string) {
		y, weight := c.out(0), c.in(i)
		o, ok := c.order(y)
		if ok && o.axis > 0 && c.rank(weight) >= c.rank(y)-o.axis { // it reaches past the samples
			ok = false
		}
		if !ok {
			c.sampled(y)
			return "", ""
		}
		return c.samplesTo(c.first(f(c, i), o), weight), ""
	}
}

// samplesTo undoes the broadcasting of a weight but along the samples.
func (c *call) samplesTo(v, weight string) string {
	from, to := c.dims(v), c.dims(weight)
	lead := len(from) - len(to)
	if c.err != nil || lead < 0 || lead == 0 && len(to) > 0 && to[0].Size != 1 {
		c.refuse("has no gradient for each sample: weight %q of shape %v holds the samples", weight, to)
		return ""
	}
	list := axes(1, lead)
	for i, d := range to {
		if d.Size == 1 && from[lead+i].Size != 1 && lead+i > 0 {
			list = append(list, int64(lead+i))
		}
	}
	v = c.sum(v, true, list...)
	return c.reshape(v, c.list(c.sizeOf(v, 0), c.shapeOf(weight)))
}

// perChannel sums over positions.
func (c *call) perChannel(v string) string {
	if !c.sampled(v) {
		return ""
	}
	return c.sum(v, false, axes(2, c.rank(v))...)
}

func subSamples(c *call, i int) string {
	if i == 0 {
		return c.dy[0]
	}
	return c.neg(c.dy[0])
}

func divSamples(c *call, i int) string {
	v := c.div(c.dy[0], c.in(1))
	if i == 0 {
		return v
	}
	return c.neg(c.mul(v, c.out(0)))
}

func preluSamples(c *call, _ int) string {
	return c.mul(c.dy[0], sides(c, c.in(0), c.number(0, c.in(0)), c.in(0)))
}

func layerNormSamples(c *call, i int) string {
	if i == 2 {
		return c.dy[0]
	}
	return c.mul(c.dy[0], c.layerMoments().normed)
}

func batchNormSamples(c *call, i int, _ bool) (string, string) {
	switch {
	case c.int("training_mode", 0) != 0:
		c.refuse("has no gradient for each sample: in training the samples of a batch act on each other")
		return "", ""
	case i == 1:
		n := c.rank(c.in(0))
		centred := c.sub(c.in(0), c.channels(c.in(3), n))
		inverse := root(c, c.add(c.in(4), c.number(c.float("epsilon", 1e-5), c.in(0))))
		return c.mul(c.perChannel(c.mul(c.dy[0], centred)), inverse), ""
	case i == 2:
		return c.perChannel(c.dy[0]), ""
	}
	c.refuse("has no gradient of its statistics for each sample")
	return "", ""
}

func instanceNormSamples(c *call, i int, _ bool) (string, string) {
	if i == 2 {
		return c.perChannel(c.dy[0]), ""
	}
	return c.perChannel(c.mul(c.dy[0], c.instanceMoments().normed)), ""
}

func groupNormSamples(c *call, i int, _ bool) (string, string) {
	v := c.dy[0]
	if i == 1 {
		v = c.mul(v, c.like(c.groupMoments().normed, v))
	}
	v = c.perChannel(v)
	if groups := c.int("num_groups", 1); c.err == nil && c.dims(c.in(i))[0].Size != c.dims(c.in(0))[1].Size {
		v = c.sum(c.reshape(v, c.list(c.sizeOf(v, 0), c.ints(groups, -1))), false, 2)
	}
	return v, ""
}

// gatherSamples: an embedding's rows, added up for each sample.
func gatherSamples(c *call, i int, norm bool) (string, string) {
	weight, index, v := c.in(0), c.in(1), c.dy[0]
	n := c.rank(weight)
	if i != 0 || c.axis(c.int("axis", 0), n) != 0 || !c.sampled(index) {
		c.refuse("has no gradient for each sample yet")
		return "", ""
	}
	index = c.with("Reshape", nil, index, c.list(c.sizeOf(index, 0), c.ints(-1))) // samples x tokens
	if norm {                                                                     // tokens of a sample meet where they are the same
		v = c.with("Reshape", nil, v, c.list(c.sizeOf(index, 0), c.sizeOf(index, 1), c.ints(-1)))
		same := c.cast(c.op("Equal", c.unsqueeze(index, 1), c.unsqueeze(index, 2)), v)
		return "", c.sum(c.mul(same, c.op("MatMul", v, c.swapped(v))), false, 1, 2)
	}
	v = c.with("Reshape", nil, v, c.list(c.sizeOf(index, 0), c.sizeOf(index, 1), c.sizesOf(weight, 1, n)))
	row := c.op("Expand", c.unsqueeze(c.counted(index, 0), 1), c.shapeOf(index))
	at := c.with("Concat", op.Attributes{"axis": int64(-1)}, c.unsqueeze(row, -1), c.unsqueeze(index, -1))
	zeros := c.op("Expand", c.number(0, v), c.list(c.sizeOf(index, 0), c.shapeOf(weight)))
	return c.with("ScatterND", op.Attributes{"reduction": "add"}, zeros, at, v), ""
}
