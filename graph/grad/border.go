package grad

import (
	"maps"
	"slices"

	"github.com/stratascope/stratascope/op"
)

// bordered makes a rule of one for windows whose border is known, and of how the operator is written with a border
// that is computed, as auto_pad needs it for strides over sizes that differ from run to run.
func bordered(b func(*call), written func(*call) string) rule {
	return rule{back: b, lower: func(c *call) []string { return []string{written(c)} }, when: (*call).openBorder}
}

// kernelSize returns the size of a window of the node, nil if it is not known.
func (c *call) kernelSize() []int64 {
	kernel := c.n.Attributes.Ints("kernel_shape")
	if c.n.Op == "Conv" {
		kernel = nil
		for _, d := range c.values[c.in(1)].Shape[min(2, len(c.values[c.in(1)].Shape)):] {
			kernel = append(kernel, int64(d.Size))
		}
	}
	if len(kernel) == 0 || slices.Min(kernel) < 1 || len(c.values[c.in(0)].Shape) != len(kernel)+2 {
		return nil
	}
	return kernel
}

// openBorder says whether the border of the node's windows has to be computed in the run.
func (c *call) openBorder() bool {
	auto, kernel := c.str("auto_pad", "NOTSET"), c.kernelSize()
	if auto != "SAME_UPPER" && auto != "SAME_LOWER" || kernel == nil {
		return false
	}
	strides, d := c.n.Attributes.Ints("strides"), c.dims(c.in(0))
	for i := range min(len(strides), len(kernel)) {
		if strides[i] > 1 && d[2+i].Size < 0 {
			return true
		}
	}
	return false
}

// border puts zeros around a value of the input's sizes: as many as windows reach beyond so many strides as fit.
func (c *call) border(x string) string {
	kernel, n := c.kernelSize(), c.rank(x)
	plain := *c.n
	plain.Attributes = c.unpadded()
	w := (&call{builder: c.builder, n: &plain}).window(x, kernel)
	reach := make([]int64, len(kernel))
	for i := range reach {
		reach[i] = w.reach(i) - w.strides[i]
	}
	strides, sizes := c.ints(w.strides...), c.sizesOf(x, 2, n)
	steps := c.div(c.add(sizes, c.sub(strides, c.integer(1))), strides)
	need := c.op("Max", c.sub(c.add(c.mul(steps, strides), c.ints(reach...)), sizes), c.integer(0))
	half := c.div(need, c.integer(2))
	sides := []string{half, c.sub(need, half)}
	if c.str("auto_pad", "") == "SAME_LOWER" {
		slices.Reverse(sides)
	}
	return c.op("Pad", x, c.list(c.ints(0, 0), sides[0], c.ints(0, 0), sides[1]))
}

// unpadded are the node's attributes without those of its border.
func (c *call) unpadded() op.Attributes {
	a := maps.Clone(c.n.Attributes)
	delete(a, "auto_pad")
	delete(a, "pads")
	delete(a, "ceil_mode") // which says nothing beside auto_pad
	return a
}

func convBordered(c *call) string {
	return c.with("Conv", c.unpadded(), append([]string{c.border(c.in(0))}, c.n.Inputs[1:]...)...)
}

func lpPoolBordered(c *call) string { return c.with("LpPool", c.unpadded(), c.border(c.in(0))) }

// averagePoolBordered divides by the share of each window that lies within, unless the border counts.
func averagePoolBordered(c *call) string {
	x := c.in(0)
	y := c.with("AveragePool", c.unpadded(), c.border(x))
	if c.int("count_include_pad", 0) != 0 {
		return y
	}
	ones := c.op("Expand", c.number(1, x), c.list(c.ints(1, 1), c.sizesOf(x, 2, c.rank(x))))
	return c.div(y, c.with("AveragePool", c.unpadded(), c.border(ones)))
}
