package grad

import (
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// resizeBack: a Resize is a matrix along each axis, which the same Resize makes of the identity.
func resizeBack(c *call) {
	x, v := c.in(0), c.dy[0]
	n := c.rank(x)
	list := normal(c.n.Attributes.Ints("axes"), n)
	if c.n.Attributes.Ints("axes") == nil {
		list = axes(0, n)
	}
	if c.str("keep_aspect_ratio_policy", "stretch") != "stretch" {
		c.refuse("that keeps the aspect ratio has no gradient yet")
		return
	}
	a := op.Attributes{"axes": []int64{0}, "extrapolation_value": float32(0)}
	for name, value := range c.n.Attributes {
		if name != "axes" && name != "extrapolation_value" {
			a[name] = value
		}
	}
	from, to := c.dims(x), c.dims(v)
	for k, axis := range list {
		if c.err != nil {
			return
		}
		if sameDim(from[axis], to[axis]) && c.untouched(k) {
			continue
		}
		in := []string{c.identity(x, int(axis)), c.pick(c.in(1), k, k+len(list)), c.pick(c.in(2), k), c.pick(c.in(3), k)}
		v = c.along(v, int(axis), c.with("Resize", a, in...))
	}
	c.give(0, v)
}

// untouched says whether the k-th axis of a Resize, whose size stays, keeps its values too.
func (c *call) untouched(k int) bool {
	if c.str("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize" {
		return false
	}
	if c.in(3) != "" {
		return true
	}
	s, ok := c.tracer.Fixed(c.in(2))
	return ok && s.DType() == tensor.Float32 && s.Float32s()[k] == 1
}

// pick takes elements of a list that may be absent or empty.
func (c *call) pick(list string, at ...int) string {
	if s, ok := c.static(list); list == "" || ok && len(s) == 1 && s[0] == 0 {
		return ""
	}
	index := make([]int64, len(at))
	for i, k := range at {
		index[i] = int64(k)
	}
	return c.op("Gather", list, c.ints(index...))
}

// identity is the identity matrix of the size of an axis.
func (c *call) identity(x string, axis int) string {
	n := c.sizeOf(x, axis)
	to := int64(1)
	if c.values[x].DType == tensor.Float64 {
		to = 11
	}
	square := c.op("Expand", c.number(0, x), c.list(n, n))
	return c.with("EyeLike", op.Attributes{"dtype": to}, square)
}

// along multiplies one axis of v by a matrix [from, to].
func (c *call) along(v string, axis int, matrix string) string {
	n := c.rank(v)
	perm := axes(0, n) // its own inverse
	perm[axis], perm[n-1] = int64(n-1), int64(axis)
	return c.transpose(c.op("MatMul", c.transpose(v, perm...), matrix), perm...)
}
