package shape

import (
	"fmt"
	"slices"
	"strings"
)

// loss gives one number, or one for each label, and of a cross-entropy the logarithms too.
func loss(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	labels, err := c.shape(1)
	if err != nil {
		return err
	}
	if len(x) < 2 || len(labels) != len(x)-1 {
		return fmt.Errorf("scores of shape %v and labels of shape %v", x, labels)
	}
	if c.attributes.Str("reduction", "mean") == "none" {
		c.set(0, c.in[0].dtype, labels...)
	} else {
		c.set(0, c.in[0].dtype)
	}
	c.set(1, c.in[0].dtype, x...)
	return nil
}

// einsum reads the sizes of an equation's names. Those that an ellipsis stands for are numbered from the
// last, so that they broadcast.
func einsum(c *call) error {
	left, right, written := strings.Cut(strings.ReplaceAll(c.attributes.Str("equation", ""), " ", ""), "->")
	terms, sizes, most := strings.Split(left, ","), map[string]int{}, 0
	if len(terms) != len(c.in) {
		return fmt.Errorf("equation %q for %d operands", left, len(c.in))
	}
	for i, t := range terms {
		x, err := c.shape(i)
		if err != nil {
			return err
		}
		unnamed := len(x) - len([]rune(strings.Replace(t, "...", "", 1)))
		names := spelled(t, unnamed)
		if unnamed < 0 || len(names) != len(x) {
			return fmt.Errorf("equation %q for operand %d of rank %d", left, i+1, len(x))
		}
		most = max(most, unnamed)
		for k, name := range names {
			sizes[name] = max(sizes[name], x[k])
		}
	}
	if !written {
		for _, name := range strings.Split(strings.NewReplacer(",", "", "...", "").Replace(left), "") {
			if strings.Count(left, name) == 1 {
				right += name
			}
		}
		once := strings.Split(right, "")
		slices.Sort(once)
		right = strings.Join(once, "")
		if strings.Contains(left, "...") {
			right = "..." + right
		}
	}
	shape := []int{}
	for _, name := range spelled(right, most) {
		shape = append(shape, sizes[name])
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

// spelled lists the names of a term whose ellipsis stands for so many.
func spelled(term string, unnamed int) []string {
	before, after, dots := strings.Cut(term, "...")
	var out []string
	add := func(s string) {
		for _, r := range s {
			out = append(out, string(r))
		}
	}
	add(before)
	for i := unnamed; dots && i > 0; i-- {
		out = append(out, fmt.Sprint(i))
	}
	add(after)
	return out
}

// eyeLike keeps the shape of a matrix and may change its type.
func eyeLike(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	d := c.in[0].dtype
	if to := c.attributes.Int("dtype", 0); to != 0 {
		d = Types[to]
	}
	c.set(0, d, x...)
	return nil
}
