package grad

// kernelOf returns the spatial size of a weight, -1 for what differs from run to run.
func (c *call) kernelOf(weight string) []int64 {
	d := c.dims(weight)
	if len(d) < 3 {
		if c.err == nil {
			c.refuse("has a weight of rank %d", len(d))
		}
		return nil
	}
	out := make([]int64, len(d)-2)
	for i := range out {
		out[i] = int64(d[2+i].Size)
	}
	return out
}

func convBack(c *call) {
	x, weight, v := c.in(0), c.in(1), c.dy[0]
	kernel := c.kernelOf(weight)
	if c.err != nil {
		return
	}
	w, group := c.window(x, kernel), c.int("group", 1)
	if c.wants(0) {
		c.give(0, c.spread(v, weight, x, w, group))
	}
	if c.wants(1) {
		c.give(1, c.correlate(x, v, weight, w, group))
	}
	c.giveChannels(2, v)
}

// giveChannels sums over samples and positions.
func (c *call) giveChannels(i int, v string) {
	if c.wants(i) {
		c.give(i, c.sum(v, false, channelAxes(c.rank(v))...))
	}
}

// channelAxes are those of samples and positions.
func channelAxes(rank int) []int64 { return append([]int64{0}, axes(2, rank)...) }

func convTransposeBack(c *call) {
	x, weight, v := c.in(0), c.in(1), c.dy[0]
	kernel := c.kernelOf(weight)
	if c.err != nil {
		return
	}
	w, group := c.transposedWindow(x, kernel), c.int("group", 1)
	if c.wants(0) {
		c.give(0, c.cropped(c.with("Conv", w.attributes(group), v, weight), x))
	}
	if c.wants(1) { // the input stands where a convolution has its output's gradient
		c.give(1, c.correlate(v, x, weight, w, group))
	}
	c.giveChannels(2, v)
}

// transposedWindow is the window of the convolution whose adjoint the node is. An output_shape or auto_pad
// says what is cut off of the full output.
func (c *call) transposedWindow(x string, kernel []int64) *window {
	a := c.n.Attributes
	auto, want, extra := c.str("auto_pad", "NOTSET"), a.Ints("output_shape"), a.Ints("output_padding")
	if want == nil && auto != "SAME_UPPER" && auto != "SAME_LOWER" {
		return c.window(x, kernel)
	}
	s, ok := c.static(x)
	if !ok && want != nil {
		c.refuse("with output_shape and sizes that differ from run to run has no gradient yet")
		return nil
	}
	plain := *c.n
	plain.Attributes = map[string]any{"strides": a["strides"], "dilations": a["dilations"]}
	w := (&call{builder: c.builder, n: &plain}).window(x, kernel)
	for i := range kernel {
		cut := w.reach(i) - w.strides[i] // to so many strides as there are inputs
		if i < len(extra) {
			cut += extra[i]
		}
		if i < len(want) && want[i] > 0 {
			cut += s[2+i]*w.strides[i] - want[i]
		}
		cut = max(0, cut)
		w.begin[i], w.end[i] = cut/2, cut-cut/2
		if auto != "SAME_UPPER" {
			w.begin[i], w.end[i] = w.end[i], w.begin[i]
		}
	}
	return w
}
