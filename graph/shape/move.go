package shape

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

func shapeOf(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	lo, hi := clamp(c.attributes.Int("start", 0), len(x)), clamp(c.attributes.Int("end", math.MaxInt64), len(x))
	part := x[min(lo, hi):hi]
	return c.give(tensor.Of(int64s(part), len(part)))
}

func clamp(i int64, n int) int {
	if i < 0 {
		i += int64(n)
	}
	return int(min(max(i, 0), int64(n)))
}

func size(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	n, err := tensor.Count(x)
	if err != nil {
		return err
	}
	return c.give(tensor.Scalar(int64(n)))
}

func reshape(c *call) error {
	want, err := c.ints(1)
	if err != nil {
		return err
	}
	zero := c.attributes.Int("allowzero", 0) != 0
	x, err := c.shape(0)
	if err != nil && (zero || !slices.Contains(want, 0)) { // sizes that are all stated need not the input's
		x, err = positive(want)
	}
	if err != nil {
		return err
	}
	shape, err := reshaped(x, want, zero)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

// reshaped returns the shape that Reshape gives: 0 copies a size unless zeros are allowed, one -1 takes
// what is left.
func reshaped(x []int, want []int64, allowZero bool) ([]int, error) {
	total, err := tensor.Count(x)
	if err != nil {
		return nil, err
	}
	shape, free := make([]int, len(want)), -1
	for i, w := range want {
		switch {
		case w == -1 && free < 0:
			free, shape[i] = i, 1
		case w == 0 && !allowZero:
			if i >= len(x) {
				return nil, fmt.Errorf("shape %v copies size %d of %v", want, i, x)
			}
			shape[i] = x[i]
		case w < 0 || w > math.MaxInt32:
			return nil, fmt.Errorf("cannot reshape to %v", want)
		default:
			shape[i] = int(w)
		}
	}
	n, err := tensor.Count(shape)
	if err != nil {
		return nil, err
	}
	if free >= 0 && n > 0 && total%n == 0 {
		shape[free] = total / n
		n = total
	}
	if n != total {
		return nil, fmt.Errorf("shape %v does not hold the %d elements of %v", want, total, x)
	}
	return shape, nil
}

func flatten(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	a := c.attributes.Int("axis", 1)
	if a < 0 {
		a += int64(len(x))
	}
	if a < 0 || a > int64(len(x)) {
		return fmt.Errorf("axis %d is outside of rank %d", a, len(x))
	}
	m, err := tensor.Count(x[:a])
	if err != nil {
		return err
	}
	n, err := tensor.Count(x[a:])
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, m, n)
	return nil
}

func squeeze(c *call) error {
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
			if x[i] != 1 {
				return fmt.Errorf("axis %d of %v is not 1", a, x)
			}
			gone[i] = true
		}
	} else {
		for i, n := range x {
			gone[i] = n == 1
		}
	}
	c.set(0, c.in[0].dtype, without(x, gone, false)...)
	return nil
}

func unsqueeze(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	axes, err := c.ints(1)
	if err != nil {
		return err
	}
	added := make([]bool, len(x)+len(axes))
	for _, a := range axes {
		i, err := axis(a, len(added))
		if err != nil {
			return err
		}
		if added[i] {
			return fmt.Errorf("axis %d is added twice", a)
		}
		added[i] = true
	}
	shape, k := make([]int, len(added)), 0
	for i := range shape {
		if added[i] {
			shape[i] = 1
		} else {
			shape[i] = x[k]
			k++
		}
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func transpose(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	perm := c.attributes.Ints("perm")
	shape := make([]int, len(x))
	for i := range shape {
		from := len(x) - 1 - i
		if perm != nil {
			if len(perm) != len(x) || perm[i] < 0 || perm[i] >= int64(len(x)) {
				return fmt.Errorf("perm %v for rank %d", perm, len(x))
			}
			from = int(perm[i])
		}
		shape[i] = x[from]
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func concat(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	a, err := axis(c.attributes.Int("axis", 0), len(x))
	if err != nil {
		return err
	}
	shape := append([]int{}, x...)
	for i := 1; i < len(c.in); i++ {
		s, err := c.shape(i)
		if err != nil {
			return err
		}
		if len(s) != len(x) {
			return fmt.Errorf("ranks %d and %d are joined", len(x), len(s))
		}
		for k := range s {
			if k != a && s[k] != x[k] {
				return fmt.Errorf("shapes %v and %v are joined along axis %d", x, s, a)
			}
		}
		shape[a] += s[a]
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}
