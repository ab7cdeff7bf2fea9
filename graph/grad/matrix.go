package grad

import (
	"github.com/stratascope/stratascope/op"
)

// largestDet is the size of the largest matrix whose determinant is differentiated: what its adjugate is
// made of cancels the more the larger it is.
const largestDet = 8

// detBack: the derivative of a determinant is the transposed adjugate, by the method of Faddeev and LeVerrier
// (Gantmacher 1959, IV.5), which divides by nothing that may be 0:
// M = I at first, then A M - trace(A M)/k I for k = 1 to n-1, and (-1)^(n-1) M at last.
func detBack(c *call) {
	a := c.in(0)
	d := c.dims(a)
	if c.err != nil {
		return
	}
	r := len(d)
	if r < 2 || d[r-1].Size < 1 || d[r-1].Size > largestDet {
		c.refuse("of matrices of shape %v has no gradient, only of such with fixed sizes up to %d", d, largestDet)
		return
	}
	n := int64(d[r-1].Size)
	unit := c.with("EyeLike", nil, c.op("Expand", c.number(0, a), c.ints(n, n)))
	unit = c.cast(unit, a)
	m := unit
	for k := range n - 1 {
		m = c.op("MatMul", a, m)
		trace := c.sum(c.mul(m, unit), true, int64(r-2), int64(r-1))
		m = c.sub(m, c.mul(c.div(trace, c.number(float64(k+1), a)), unit))
	}
	v := c.unsqueeze(c.dy[0], int64(r-2), int64(r-1))
	if n%2 == 0 {
		v = c.neg(v)
	}
	if n > 1 {
		m = c.swapped(m)
	}
	c.give(0, c.expand(c.mul(v, m), a))
}

// colToImageBack reads every patch where Col2Im added it.
func colToImageBack(c *call) {
	image, ok := c.fixed(c.in(1))
	block, also := c.fixed(c.in(2))
	if !ok || !also || len(image) != len(block) {
		c.refuse("whose image or patches have sizes that differ from run to run has no gradient yet")
		return
	}
	w := c.window(c.in(0), block)
	n := len(image)
	pads := make([]int64, 2*(n+2))
	at := []int64{0} // of the corners of the patches, in the image with its border
	var taps = []int64{0}
	for i := range n {
		pads[2+i], pads[n+4+i] = w.begin[i], w.end[i]
		size := image[i] + w.begin[i] + w.end[i]
		var corners, inside []int64
		for _, p := range at {
			for k := int64(0); k+w.reach(i) <= size; k += w.strides[i] {
				corners = append(corners, p*size+k)
			}
		}
		for _, p := range taps {
			for k := range block[i] {
				inside = append(inside, p*size+k*w.dilations[i])
			}
		}
		at, taps = corners, inside
	}
	index := make([]int64, 0, len(at)*len(taps))
	for _, t := range taps {
		for _, p := range at {
			index = append(index, t+p)
		}
	}
	x := c.in(0)
	v := c.op("Pad", c.dy[0], c.ints(pads...))
	v = c.with("Reshape", nil, v, c.list(c.sizesOf(v, 0, 2), c.ints(-1)))
	c.give(0, c.like(c.with("Gather", op.Attributes{"axis": int64(2)}, v, c.ints(index...)), x))
}
