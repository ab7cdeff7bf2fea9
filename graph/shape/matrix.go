package shape

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

func gemm(c *call) error {
	a, err := c.shape(0)
	if err != nil {
		return err
	}
	b, err := c.shape(1)
	if err != nil {
		return err
	}
	if len(a) != 2 || len(b) != 2 {
		return fmt.Errorf("shapes %v and %v, want matrices", a, b)
	}
	m, k := a[0], a[1]
	if c.attributes.Int("transA", 0) != 0 {
		m, k = k, m
	}
	n, l := b[1], b[0]
	if c.attributes.Int("transB", 0) != 0 {
		n, l = l, n
	}
	if k != l {
		return fmt.Errorf("shapes %v and %v do not multiply", a, b)
	}
	c.set(0, c.in[0].dtype, m, n)
	return nil
}

func matMul(c *call) error {
	a, err := c.shape(0)
	if err != nil {
		return err
	}
	b, err := c.shape(1)
	if err != nil {
		return err
	}
	shape, err := product(a, b)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func product(a, b []int) ([]int, error) {
	if len(a) == 0 || len(b) == 0 {
		return nil, fmt.Errorf("shapes %v and %v do not multiply", a, b)
	}
	row, column := len(a) == 1, len(b) == 1
	if row {
		a = []int{1, a[0]}
	}
	if column {
		b = []int{b[0], 1}
	}
	if a[len(a)-1] != b[len(b)-2] {
		return nil, fmt.Errorf("shapes %v and %v do not multiply", a, b)
	}
	shape, err := together(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, err
	}
	if !row {
		shape = append(shape, a[len(a)-2])
	}
	if !column {
		shape = append(shape, b[len(b)-1])
	}
	return shape, nil
}

func reduce(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	gone := make([]bool, len(x))
	if c.has(1) {
		axes, err := c.ints(1)
		if err != nil {
			return err
		}
		for _, a := range axes {
			i, err := axis(a, len(x))
			if err != nil {
				return err
			}
			gone[i] = true
		}
		if len(axes) == 0 {
			fill(gone, c.attributes.Int("noop_with_empty_axes", 0) == 0)
		}
	} else {
		fill(gone, c.attributes.Int("noop_with_empty_axes", 0) == 0)
	}
	keep := c.attributes.Int("keepdims", 1) != 0
	c.set(0, c.in[0].dtype, without(x, gone, keep)...)
	return nil
}

func fill(s []bool, v bool) {
	for i := range s {
		s[i] = v
	}
}

func without(x []int, gone []bool, keep bool) []int {
	shape := []int{}
	for i, n := range x {
		switch {
		case !gone[i]:
			shape = append(shape, n)
		case keep:
			shape = append(shape, 1)
		}
	}
	return shape
}

func argReduce(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	a, err := axis(c.attributes.Int("axis", 0), len(x))
	if err != nil {
		return err
	}
	gone := make([]bool, len(x))
	gone[a] = true
	c.set(0, tensor.Int64, without(x, gone, c.attributes.Int("keepdims", 1) != 0)...)
	return nil
}

// attention is ai.onnx 23: rank 3 inputs hold their heads side by side.
func attention(c *call) error {
	q, err := c.shape(0)
	if err != nil {
		return err
	}
	v, err := c.shape(2)
	if err != nil {
		return err
	}
	switch {
	case len(q) == 4 && len(v) == 4:
		c.set(0, c.in[0].dtype, q[0], q[1], q[2], v[3])
	case len(q) == 3 && len(v) == 3:
		heads, shared := c.attributes.Int("q_num_heads", 0), c.attributes.Int("kv_num_heads", 0)
		if heads < 1 || shared < 1 {
			return fmt.Errorf("q_num_heads %d, kv_num_heads %d, want both", heads, shared)
		}
		c.set(0, c.in[0].dtype, q[0], q[1], v[2]/int(shared)*int(heads))
	default:
		return fmt.Errorf("query %v and value %v, want rank 3 or 4", q, v)
	}
	return nil
}

// recurrent fills the outputs of LSTM, GRU and RNN: all steps, the last step, the last cell.
func recurrent(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	r, err := c.shape(2)
	if err != nil {
		return err
	}
	if len(x) != 3 || len(r) != 3 {
		return fmt.Errorf("input %v and recurrent weight %v, want rank 3", x, r)
	}
	if c.attributes.Int("layout", 0) != 0 {
		c.set(0, c.in[0].dtype, x[0], x[1], r[0], r[2])
		c.set(1, c.in[0].dtype, x[0], r[0], r[2])
		c.set(2, c.in[0].dtype, x[0], r[0], r[2])
		return nil
	}
	c.set(0, c.in[0].dtype, x[0], r[0], x[1], r[2])
	c.set(1, c.in[0].dtype, r[0], x[1], r[2])
	c.set(2, c.in[0].dtype, r[0], x[1], r[2])
	return nil
}
