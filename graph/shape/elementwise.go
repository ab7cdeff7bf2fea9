package shape

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

func likeFirst(c *call) error {
	s, err := c.shape(0)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, s...)
	return nil
}

func likeFirstBool(c *call) error {
	s, err := c.shape(0)
	if err != nil {
		return err
	}
	c.set(0, tensor.Bool, s...)
	return nil
}

func broadcast(c *call) error { return c.broadcastAs(c.floats(), c.in) }
func compare(c *call) error   { return c.broadcastAs(tensor.Bool, c.in) }

func where(c *call) error {
	if len(c.in) < 3 {
		return errUnknown
	}
	return c.broadcastAs(c.in[1].dtype, c.in)
}

func (c *call) broadcastAs(d tensor.DType, in []fact) error {
	shape := []int{}
	for i := range in {
		s, err := c.shape(i)
		if err != nil {
			return err
		}
		if shape, err = together(shape, s); err != nil {
			return err
		}
	}
	c.set(0, d, shape...)
	return nil
}

// together returns the shape that two shapes broadcast to.
func together(a, b []int) ([]int, error) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := append([]int{}, a...)
	for i := range b {
		k := len(a) - len(b) + i
		switch {
		case a[k] == b[i] || b[i] == 1:
		case a[k] == 1:
			out[k] = b[i]
		default:
			return nil, fmt.Errorf("shapes %v and %v do not broadcast", a, b)
		}
	}
	return out, nil
}

// Types gives the element type of an ONNX type number in memory; half precision is widened.
var Types = map[int64]tensor.DType{
	1: tensor.Float32, 2: tensor.Uint8, 3: tensor.Int8, 4: tensor.Uint16, 5: tensor.Int16, 6: tensor.Int32,
	7: tensor.Int64, 8: tensor.String, 9: tensor.Bool, 10: tensor.Float32, 11: tensor.Float64,
	12: tensor.Uint32, 13: tensor.Uint64, 16: tensor.Float32, 17: tensor.Float32, 18: tensor.Float32, 19: tensor.Float32,
	20: tensor.Float32, 21: tensor.Uint8, 22: tensor.Int8, 23: tensor.Float32, 24: tensor.Float32, 25: tensor.Uint8, 26: tensor.Int8,
	27: tensor.Float32, 28: tensor.Float32,
}

func cast(c *call) error {
	s, err := c.shape(0)
	if err != nil {
		return err
	}
	c.set(0, Types[c.attributes.Int("to", 0)], s...)
	return nil
}

func castLike(c *call) error {
	s, err := c.shape(0)
	if err != nil || len(c.in) < 2 {
		return errUnknown
	}
	c.set(0, c.in[1].dtype, s...)
	return nil
}

func dropout(c *call) error {
	s, err := c.shape(0)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, s...)
	c.set(1, tensor.Bool, s...)
	return nil
}

func batchNorm(c *call) error {
	s, err := c.shape(0)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, s...)
	if len(s) > 1 {
		c.set(1, c.in[0].dtype, s[1])
		c.set(2, c.in[0].dtype, s[1])
	}
	return nil
}

func layerNorm(c *call) error {
	s, err := c.shape(0)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, s...)
	a, err := axis(c.attributes.Int("axis", -1), len(s))
	if err != nil {
		return err
	}
	stat := append([]int{}, s...)
	for i := a; i < len(s); i++ {
		stat[i] = 1
	}
	c.set(1, tensor.Float32, stat...)
	c.set(2, tensor.Float32, stat...)
	return nil
}
