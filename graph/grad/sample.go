package grad

import (
	"github.com/stratascope/stratascope/op"
)

// A grid is a reading of an image at points between its pixels, written as picking neighbours and weighing them.
type grid struct {
	*call
	dims          int
	mode, padding string
	corners       bool
	sizes, last   []string // of each dimension as numbers; the same less 1
}

// gridOf reads x, of samples x channels x positions.
func (c *call) gridOf(x string) *grid {
	g := &grid{call: c, dims: c.rank(x) - 2, mode: "linear", padding: "zeros"}
	for k := range g.dims {
		size := c.cast(c.op("Squeeze", c.sizeOf(x, 2+k), c.ints(0)), x)
		g.sizes, g.last = append(g.sizes, size), append(g.last, c.sub(size, c.number(1, x)))
	}
	return g
}

// gridLower writes GridSample with Gather.
func gridLower(c *call) []string {
	x, points := c.in(0), c.in(1)
	g := c.gridOf(x)
	g.mode, g.padding, g.corners = c.str("mode", "linear"), c.str("padding_mode", "zeros"), c.int("align_corners", 0) != 0
	if g.mode == "nearest" && c.active[points] {
		c.endsHere()
	}
	flat := c.with("Reshape", nil, x, c.list(c.sizeOf(x, 0), c.sizeOf(x, 1), c.ints(-1)))
	rows := c.with("Reshape", nil, points, c.list(c.sizeOf(points, 0), c.ints(1, -1), c.ints(int64(g.dims)))) // samples x 1 x points x dims
	at := make([]string, g.dims)
	for k := range at {
		last := c.ints(int64(g.dims - 1 - k)) // the last dimension comes first
		at[k] = g.pixel(c.op("Squeeze", c.with("Gather", op.Attributes{"axis": int64(3)}, rows, last), c.ints(3)), k)
	}
	return []string{c.like(g.read(flat, at), c.out(0))}
}

// read returns what lies at points, given by their place along each dimension, in planes whose pixels are the last
// axis of flat; the axis before is the channels, which read alike.
func (g *grid) read(flat string, at []string) string {
	n := g.rank(flat)
	sum := ""
	for _, t := range g.terms(at) {
		index := g.op("Expand", t.index, g.list(g.sizesOf(flat, 0, n-1), g.sizeOf(t.index, n-1)))
		v := g.mul(t.weight, g.with("GatherElements", op.Attributes{"axis": int64(n - 1)}, flat, index))
		if sum != "" {
			v = g.add(sum, v)
		}
		sum = v
	}
	return sum
}

// A neighbour is what a point reads: an index into a plane, which may be outside, and how much it counts.
type neighbour struct{ index, weight string }

// terms lists the neighbours of all points, products over the dimensions.
func (g *grid) terms(points []string) []neighbour {
	all := []neighbour{{}}
	for k, p := range points {
		stride := g.integer(1)
		for j := k + 1; j < g.dims; j++ {
			stride = g.op("Mul", stride, g.cast64(g.sizes[j]))
		}
		var next []neighbour
		for _, t := range all {
			for _, u := range g.along(p, k) {
				at := g.op("Mul", u.index, stride)
				if t.index != "" {
					at, u.weight = g.add(t.index, at), g.mul(t.weight, u.weight)
				}
				next = append(next, neighbour{at, u.weight})
			}
		}
		all = next
	}
	return all
}

// pixel turns a coordinate between -1 and 1 into a place along dimension k.
func (g *grid) pixel(coordinate string, k int) string {
	one, half := g.number(1, coordinate), g.number(0.5, coordinate)
	p := g.mul(g.add(coordinate, one), half)
	if g.corners {
		return g.mul(p, g.last[k])
	}
	return g.sub(g.mul(p, g.sizes[k]), half)
}

// along lists the neighbours of a place along dimension k.
func (g *grid) along(p string, k int) []neighbour {
	one := g.number(1, p)
	var weights []string
	first := ""
	switch g.mode {
	case "nearest":
		first = g.op("Round", p)
		weights = []string{one}
	case "cubic", "bicubic":
		first = g.op("Floor", p)
		t := g.sub(p, first)
		first = g.sub(first, one)
		u := g.sub(one, t)
		weights = []string{g.keys(g.add(t, one)), g.keys(t), g.keys(u), g.keys(g.add(u, one))}
	default:
		p = g.fold(p, k)
		first = g.op("Floor", p)
		t := g.sub(p, first)
		weights = []string{g.sub(one, t), t}
	}
	out := make([]neighbour, len(weights))
	zero := g.number(0, p)
	for i, w := range weights {
		at := g.add(first, g.number(float64(i), p))
		if g.padding == "zeros" {
			inside := g.op("And", g.op("GreaterOrEqual", at, zero), g.op("LessOrEqual", at, g.last[k]))
			w = g.op("Where", inside, w, zero)
		} else {
			at = g.fold(at, k)
		}
		at = g.op("Max", g.op("Min", at, g.last[k]), zero)
		out[i] = neighbour{g.cast64(at), w}
	}
	return out
}

// keys is the cubic kernel for distances up to 1, or from 1 to 2 (Keys 1981, eq. 4), with a = -3/4.
func (g *grid) keys(d string) string {
	const a = -0.75
	n := func(v float64) string { return g.number(v, d) }
	near := g.add(g.mul(g.mul(g.sub(g.mul(n(a+2), d), n(a+3)), d), d), n(1))
	far := g.sub(g.mul(g.add(g.mul(g.sub(g.mul(n(a), d), n(5*a)), d), n(8*a)), d), n(4*a))
	return g.op("Where", g.op("LessOrEqual", d, n(1)), near, far)
}

// fold brings a position back into the image.
func (g *grid) fold(p string, k int) string {
	zero := g.number(0, p)
	switch g.padding {
	case "border":
		return g.op("Max", g.op("Min", p, g.last[k]), zero)
	case "reflection":
		lo, width := g.number(-0.5, p), g.sizes[k]
		if g.corners {
			lo, width = zero, g.last[k]
		}
		twice := g.add(width, width)
		r := g.sub(p, lo)
		r = g.sub(r, g.mul(twice, g.op("Floor", g.div(r, twice)))) // Mod in ONNX is not for floats
		return g.add(g.op("Where", g.op("Greater", r, width), g.sub(twice, r), r), lo)
	}
	return p
}

// affineLower: the grid of the identity, with ones, times the matrices.
func affineLower(c *call) []string {
	theta := c.in(0)
	d := c.dims(theta)
	if c.err == nil && (len(d) != 3 || d[1].Size < 1) {
		c.refuse("of matrices of shape %v has no gradient yet", d)
	}
	if c.err != nil {
		return nil
	}
	k := int64(d[1].Size)
	size := c.list(c.ints(1), c.slice(c.in(1), 0, c.ints(1), c.ints(k+2)))
	identity := c.unsqueeze(c.with("EyeLike", nil, c.op("Expand", c.number(0, theta), c.ints(k, k+1))), 0)
	base := c.with("AffineGrid", op.Attributes{"align_corners": c.int("align_corners", 0)}, identity, size)
	base = c.with("Reshape", nil, base, c.ints(-1, k))
	one := c.op("Expand", c.number(1, theta), c.list(c.sizeOf(base, 0), c.ints(1)))
	base = c.with("Concat", op.Attributes{"axis": int64(1)}, base, one)
	return []string{c.like(c.op("MatMul", base, c.swapped(theta)), c.out(0))}
}
