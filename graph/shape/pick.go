package shape

import (
	"fmt"
	"math"
)

func split(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	a, err := axis(c.attributes.Int("axis", 0), len(x))
	if err != nil {
		return err
	}
	var parts []int64
	if c.has(1) {
		if parts, err = c.ints(1); err != nil {
			return err
		}
	} else {
		n := int64(len(c.out))
		each, left := (int64(x[a])+n-1)/n, int64(x[a])
		for range c.out {
			parts = append(parts, min(each, left))
			left -= min(each, left)
		}
	}
	if len(parts) != len(c.out) {
		return fmt.Errorf("%d parts for %d outputs", len(parts), len(c.out))
	}
	sum := int64(0)
	for i, p := range parts {
		shape := append([]int{}, x...)
		shape[a] = int(p)
		sum += p
		c.set(i, c.in[0].dtype, shape...)
	}
	if sum != int64(x[a]) {
		return fmt.Errorf("parts %v of axis %d with size %d", parts, a, x[a])
	}
	return nil
}

func slice(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	starts, err := c.ints(1)
	if err != nil {
		return err
	}
	ends, err := c.ints(2)
	if err != nil {
		return err
	}
	if len(ends) != len(starts) {
		return fmt.Errorf("%d starts and %d ends", len(starts), len(ends))
	}
	axes, steps := make([]int64, len(starts)), make([]int64, len(starts))
	for i := range axes {
		axes[i], steps[i] = int64(i), 1
	}
	if c.has(3) {
		if axes, err = c.ints(3); err != nil {
			return err
		}
	}
	if c.has(4) {
		if steps, err = c.ints(4); err != nil {
			return err
		}
	}
	if len(axes) != len(starts) || len(steps) != len(starts) {
		return fmt.Errorf("%d starts, %d axes, %d steps", len(starts), len(axes), len(steps))
	}
	shape := append([]int{}, x...)
	for i, a := range axes {
		k, err := axis(a, len(x))
		if err != nil {
			return err
		}
		if shape[k], err = taken(starts[i], ends[i], steps[i], x[k]); err != nil {
			return err
		}
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

// taken counts the elements that a slice takes from n.
func taken(start, end, step int64, n int) (int, error) {
	size := int64(n)
	if start < 0 {
		start += size
	}
	if end < 0 && end > math.MinInt64+size {
		end += size
	}
	switch {
	case step > 0:
		start, end = min(max(start, 0), size), min(max(end, 0), size)
		if end <= start {
			return 0, nil
		}
		return int((end-start-1)/step) + 1, nil
	case step < 0 && step > math.MinInt64:
		start, end = min(max(start, -1), size-1), min(max(end, -1), size-1)
		if end >= start {
			return 0, nil
		}
		return int((start-end-1)/-step) + 1, nil
	}
	return 0, fmt.Errorf("step %d", step)
}

func gather(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	ids, err := c.shape(1)
	if err != nil {
		return err
	}
	a, err := axis(c.attributes.Int("axis", 0), len(x))
	if err != nil {
		return err
	}
	shape := append(append(append([]int{}, x[:a]...), ids...), x[a+1:]...)
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func gatherElements(c *call) error {
	ids, err := c.shape(1)
	if err != nil {
		return err
	}
	c.set(0, c.in[0].dtype, ids...)
	return nil
}

func gatherND(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	ids, err := c.shape(1)
	if err != nil {
		return err
	}
	batch := int(c.attributes.Int("batch_dims", 0))
	if len(ids) == 0 || batch < 0 || batch >= len(ids) || batch+ids[len(ids)-1] > len(x) {
		return fmt.Errorf("indices %v into %v with %d batch sizes", ids, x, batch)
	}
	shape := append(append([]int{}, ids[:len(ids)-1]...), x[batch+ids[len(ids)-1]:]...)
	c.set(0, c.in[0].dtype, shape...)
	return nil
}
