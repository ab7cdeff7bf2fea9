package shape

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// positive turns computed sizes into a shape.
func positive(v []int64) ([]int, error) {
	shape := make([]int, len(v))
	for i, n := range v {
		if n < 0 || n > math.MaxInt32 {
			return nil, fmt.Errorf("shape %v", v)
		}
		shape[i] = int(n)
	}
	_, err := tensor.Count(shape)
	return shape, err
}

func expand(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	want, err := c.ints(1)
	if err != nil {
		return err
	}
	to, err := positive(want)
	if err != nil {
		return err
	}
	shape, err := together(x, to)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func tile(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	times, err := c.ints(1)
	if err != nil {
		return err
	}
	if len(times) != len(x) {
		return fmt.Errorf("repeats %v for rank %d", times, len(x))
	}
	sizes := make([]int64, len(x))
	for i, n := range x {
		if times[i] > math.MaxInt32 {
			return fmt.Errorf("repeats %v", times)
		}
		sizes[i] = int64(n) * times[i]
	}
	shape, err := positive(sizes)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func pad(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	pads, err := c.ints(1)
	if err != nil {
		return err
	}
	axes := make([]int64, len(x))
	for i := range axes {
		axes[i] = int64(i)
	}
	if c.has(3) {
		if axes, err = c.ints(3); err != nil {
			return err
		}
	}
	if len(pads) != 2*len(axes) {
		return fmt.Errorf("%d pads for %d axes", len(pads), len(axes))
	}
	sizes := int64s(x)
	for i, a := range axes {
		k, err := axis(a, len(x))
		if err != nil {
			return err
		}
		sizes[k] += pads[i] + pads[i+len(axes)]
	}
	shape, err := positive(sizes)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func resize(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	axes := c.attributes.Ints("axes")
	if axes == nil {
		for i := range x {
			axes = append(axes, int64(i))
		}
	}
	shape := append([]int{}, x...)
	for i, a := range axes {
		k, err := axis(a, len(x))
		if err != nil {
			return err
		}
		if c.has(3) {
			sizes, err := c.ints(3)
			if err != nil || i >= len(sizes) || sizes[i] < 0 || sizes[i] > math.MaxInt32 {
				return fmt.Errorf("sizes of a resize are not known or wrong")
			}
			shape[k] = int(sizes[i])
			continue
		}
		if !c.has(2) || !c.in[2].value.Valid() || c.in[2].dtype != tensor.Float32 || i >= c.in[2].value.Len() {
			return errUnknown
		}
		shape[k] = int(math.Floor(float64(x[k]) * float64(c.in[2].value.Float32s()[i])))
	}
	if c.has(3) && c.attributes.Str("keep_aspect_ratio_policy", "stretch") != "stretch" {
		return errUnknown
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func constantOfShape(c *call) error {
	want, err := c.ints(0)
	if err != nil {
		return err
	}
	shape, err := positive(want)
	if err != nil {
		return err
	}
	d := tensor.Float32
	if v, ok := c.attributes["value"].(tensor.Tensor); ok {
		d = v.DType()
	}
	c.set(0, d, shape...)
	return nil
}

func rangeOf(c *call) error {
	var v [3]float64
	for i := range v {
		if i >= len(c.in) || !c.in[i].value.Valid() || c.in[i].value.Len() != 1 {
			return errUnknown
		}
		switch t := c.in[i].value; t.DType() {
		case tensor.Float32:
			v[i] = float64(t.Float32s()[0])
		case tensor.Float64:
			v[i] = t.Float64s()[0]
		default:
			k, err := c.ints(i)
			if err != nil {
				return err
			}
			v[i] = float64(k[0])
		}
	}
	n := math.Max(0, math.Ceil((v[1]-v[0])/v[2]))
	if !(n < math.MaxInt32) {
		return fmt.Errorf("range of %v from %v to %v", v[2], v[0], v[1])
	}
	c.set(0, c.in[0].dtype, int(n))
	return nil
}

func oneHot(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	depth, err := c.ints(1)
	if err != nil || len(depth) != 1 || depth[0] < 0 || depth[0] > math.MaxInt32 || len(c.in) < 3 {
		return errUnknown
	}
	a, err := axis(c.attributes.Int("axis", -1), len(x)+1)
	if err != nil {
		return err
	}
	shape := append(append(append([]int{}, x[:a]...), int(depth[0])), x[a:]...)
	c.set(0, c.in[2].dtype, shape...)
	return nil
}

func topK(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	k, err := c.ints(1)
	if err != nil || len(k) != 1 {
		return errUnknown
	}
	a, err := axis(c.attributes.Int("axis", -1), len(x))
	if err != nil {
		return err
	}
	if k[0] < 0 || k[0] > int64(x[a]) {
		return fmt.Errorf("the largest %d of %d", k[0], x[a])
	}
	shape := append([]int{}, x...)
	shape[a] = int(k[0])
	c.set(0, c.in[0].dtype, shape...)
	c.set(1, tensor.Int64, shape...)
	return nil
}

func depthToSpace(c *call) error { return c.blocks(false) }
func spaceToDepth(c *call) error { return c.blocks(true) }

func (c *call) blocks(toDepth bool) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	b := int(c.attributes.Int("blocksize", 0))
	if len(x) != 4 || b < 1 || b > math.MaxInt16 {
		return fmt.Errorf("blocks of %d in %v", b, x)
	}
	if toDepth {
		c.set(0, c.in[0].dtype, x[0], x[1]*b*b, x[2]/b, x[3]/b)
	} else {
		c.set(0, c.in[0].dtype, x[0], x[1]/(b*b), x[2]*b, x[3]*b)
	}
	return nil
}
