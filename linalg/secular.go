package linalg

import (
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
)

// A secular is the equation 1/rho + sum of z[i]^2/(d[i]-x) = 0, whose roots are the eigenvalues of diag(d) + rho z z'.
// Values of d rise, no z is 0, rho is positive. Roots are not exact, but are those of nearby weights, of which the
// vectors are taken: so they are orthogonal however close roots are (Gu and Eisenstat 1995, section 2.3).
type secular struct {
	d, z, square []float64
	rho          float64
	roots        []offset
	weights      []float64
}

// An offset is a root by its distance from a value of d, which has full relative accuracy.
type offset struct{ origin, x float64 }

// weigh sets weights [lo, hi) to what has the roots found.
func (s *secular) weigh(lo, hi int) {
	d, w := s.d[lo:hi], s.weights[lo:hi]
	for i := range w {
		w[i] = -1
	}
	for j, root := range s.roots {
		at := min(max(j-lo, 0), len(w))
		kernel.DistanceRatios64(w[:at], d[:at], root.origin, root.x, s.d[j])
		if j >= lo && j < hi {
			w[at] *= d[at] - root.origin - root.x
			at++
		}
		kernel.DistanceRatios64(w[at:], d[at:], root.origin, root.x, s.d[j])
	}
	for i, v := range w {
		w[i] = math.Copysign(math.Sqrt(v), s.z[lo+i])
	}
}

// vector sets u to the vector of root j, entries in the order of columns, by way of room.
func (s *secular) vector(u, room []float64, j int, columns []int) {
	kernel.OverDistances64(room, s.weights, s.d, s.roots[j].origin, s.roots[j].x)
	by := 1 / math.Sqrt(kernel.DotDouble(room, room))
	for i, c := range columns {
		u[i] = room[c] * by
	}
}

const mostSteps = 200 // of the search for a root: there are about five

// root finds the root between d[j] and d[j+1], or above the last, by its offset from the nearer of the two. The two
// halves of the sum are taken for a simple pole each (the middle way of Li 1993, as in LAPACK's dlaed4), and the root
// stays between bounds.
func (s *secular) root(j int) offset {
	d, k := s.d, len(s.d)
	if k == 1 {
		return offset{d[0], s.rho * s.square[0]}
	}
	left := min(j, k-2) // the poles are left and left+1
	origin, x, lo, hi := s.start(j, left)
	for range mostSteps {
		below, slopeBelow := s.sums(d[origin], x, 0, left+1)
		above, slopeAbove := s.sums(d[origin], x, left+1, k)
		f, slope := 1/s.rho+below+above, slopeBelow+slopeAbove
		if math.Abs(f) <= eps/2*(16*(math.Abs(below)+math.Abs(above))+2/s.rho+math.Abs(x)*slope) {
			break
		}
		if f < 0 {
			lo = x
		} else {
			hi = x
		}
		l, r := d[left]-d[origin]-x, d[left+1]-d[origin]-x
		step := zero(f-l*slopeBelow-r*slopeAbove, (l+r)*f-l*r*slope, l*r*f, j > left)
		if !(f*step < 0) {
			step = -f / slope
		}
		to := x + step
		if !(to > lo && to < hi) {
			to = lo + (hi-lo)/2
		}
		if to == x || to <= lo || to >= hi {
			break
		}
		x = to
	}
	return offset{d[origin], x}
}

// zero is the root of c x^2 - a x + b that is nearer to 0 of the two, and on the last interval the larger one.
func zero(c, a, b float64, last bool) float64 {
	if last {
		c = math.Abs(c)
		if root := math.Sqrt(math.Abs(a*a - 4*b*c)); a >= 0 {
			return (a + root) / (2 * c)
		} else {
			return 2 * b / (a - root)
		}
	}
	root := math.Sqrt(math.Abs(a*a - 4*b*c))
	if a <= 0 {
		return (a - root) / (2 * c)
	}
	return 2 * b / (a + root)
}

// start gives the pole that root j is measured from, bounds of its offset and a first guess: where all but the
// poles left and left+1 are taken as constant.
func (s *secular) start(j, left int) (origin int, x, lo, hi float64) {
	d, k := s.d, len(s.d)
	a, b, gap := s.square[left], s.square[left+1], d[left+1]-d[left]
	if j > left {
		for _, v := range s.square {
			hi += v
		}
		hi *= s.rho * (1 + 8*eps)
		half := hi / 2
		rest, _ := s.sums(d[j], half, 0, left)
		c := 1/s.rho + rest
		if f := c - a/(gap+half) - b/half; f <= 0 {
			lo = half
		} else {
			hi = half
		}
		p, q := -c*gap+a+b, b*gap
		if root := math.Sqrt(p*p + 4*q*c); p < 0 {
			x = 2 * q / (root - p)
		} else {
			x = (p + root) / (2 * c)
		}
		return j, inside(x, lo, hi), lo, hi
	}
	half := gap / 2
	rest, _ := s.sums(d[j], half, 0, left)
	more, _ := s.sums(d[j], half, left+2, k)
	c := 1/s.rho + rest + more
	if f := c - a/half + b/(gap-half); f >= 0 {
		p, q := c*gap+a+b, a*gap
		if root := math.Sqrt(math.Abs(p*p - 4*q*c)); p > 0 {
			x = 2 * q / (p + root)
		} else {
			x = (p - root) / (2 * c)
		}
		return j, inside(x, 0, half), 0, half
	}
	p, q := c*gap-a-b, b*gap
	if root := math.Sqrt(math.Abs(p*p + 4*q*c)); p < 0 {
		x = 2 * q / (p - root)
	} else {
		x = -(p + root) / (2 * c)
	}
	return j + 1, inside(x, -half, 0), -half, 0
}

// inside is x, or the middle of lo and hi where x does not lie between them.
func inside(x, lo, hi float64) float64 {
	if x > lo && x < hi {
		return x
	}
	return lo + (hi-lo)/2
}

// sums adds up square/(d-origin-x), and square/(d-origin-x)^2, of poles [from, to).
func (s *secular) sums(origin, x float64, from, to int) (sum, slope float64) {
	return kernel.Poles64(s.d[from:to], s.square[from:to], origin, x)
}
