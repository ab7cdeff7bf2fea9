package grad

import "github.com/stratascope/stratascope/op"

// deformLower writes DeformConv as a Conv of an image of what its taps read, tile by tile of the kernel's size.
func deformLower(c *call) []string {
	x, offset := c.in(0), c.in(2)
	d, image := c.dims(c.in(1)), c.dims(x)
	moves, group := c.int("offset_group", 1), c.int("group", 1)
	if c.err == nil && (len(d) != 4 || len(image) != 4 || d[1].Size < 1 || d[2].Size < 1 || d[3].Size < 1 || moves < 1) {
		c.refuse("of an image of shape %v with a weight of shape %v has no gradient", image, d)
	}
	if c.err != nil {
		return nil
	}
	w := c.window(x, []int64{int64(d[2].Size), int64(d[3].Size)})
	channels := int64(d[1].Size) * group
	// samples x groups x channels of one x pixels, and samples x groups x 1 x readings, which are taps x positions
	planes := c.with("Reshape", nil, x, c.list(c.sizeOf(x, 0), c.ints(moves, channels/moves, -1)))
	out := c.sizesOf(offset, 2, 4)
	shape := c.list(c.sizeOf(offset, 0), c.ints(moves, w.kernel[0], w.kernel[1], 2), out)
	moved := c.with("Reshape", nil, offset, shape)
	at := make([]string, 2)
	for k := range at {
		p := c.op("Squeeze", c.slice(moved, 4, c.ints(int64(k)), c.ints(int64(k)+1)), c.ints(4))
		at[k] = c.with("Reshape", nil, c.add(p, c.home(w, k, offset)), c.list(c.sizeOf(offset, 0), c.ints(moves, 1, -1)))
	}
	v := c.gridOf(x).read(planes, at)
	if mask := c.in(4); mask != "" {
		v = c.mul(v, c.with("Reshape", nil, mask, c.list(c.sizeOf(mask, 0), c.ints(moves, 1, -1))))
	}
	v = c.with("Reshape", nil, v, c.list(c.sizeOf(x, 0), c.ints(channels, w.kernel[0], w.kernel[1]), out))
	v = c.transpose(v, 0, 1, 4, 2, 5, 3)
	v = c.with("Reshape", nil, v, c.list(c.sizesOf(x, 0, 1), c.ints(channels), c.op("Mul", out, c.ints(w.kernel...))))
	in := []string{v, c.in(1)}
	if c.in(3) != "" {
		in = append(in, c.in(3))
	}
	return []string{c.with("Conv", op.Attributes{"strides": w.kernel, "kernel_shape": w.kernel, "group": group}, in...)}
}

// home returns where taps read along dimension k when nothing moves them: rows of taps x columns of taps x rows x
// columns of the result.
func (c *call) home(w *window, k int, offset string) string {
	tap := make([]int64, w.kernel[k])
	for i := range tap {
		tap[i] = int64(i)*w.dilations[k] - w.begin[k]
	}
	position := c.op("Mul", c.counted(offset, 2+k), c.integer(w.strides[k]))
	taps := c.reshape(c.ints(tap...), c.ints([][]int64{{-1, 1, 1, 1}, {-1, 1, 1}}[k]...))
	if k == 0 {
		position = c.unsqueeze(position, 1)
	}
	return c.cast(c.add(taps, position), offset)
}
