package linalg

import (
	"errors"
	"math"
)

// sweep is one pass of rotations over a tridiagonal matrix: from row first on, upwards or
// downwards, each pair (c, s) of cs mixing a row with the next. The next sweep overwrites cs.
type sweep struct {
	first int
	up    bool
	cs    []float64
}

var errNoConvergence = errors.New("eigenvalues did not converge, want a finite symmetric matrix")

// implicit diagonalises the tridiagonal matrix (d, e) by implicit QL or QR steps, from the end
// where it converges fast (Bowdler, Martin, Reinsch and Wilkinson 1968; LAPACK's dsteqr), and
// gives every sweep to use.
func implicit(d, e []float64, use func(sweep)) error {
	budget, room := 30*len(d), make([]float64, 2*len(d))
	for lo := 0; lo < len(d); {
		hi := lo
		for hi < len(d)-1 && !negligible(d, e, hi) {
			hi++
		}
		if hi == lo {
			lo++
			continue
		}
		block := solver{d: d, e: e, use: use, room: room, budget: budget}
		if math.Abs(d[hi]) < math.Abs(d[lo]) {
			block.upwards(lo, hi)
		} else {
			block.downwards(lo, hi)
		}
		if budget = block.budget; budget <= 0 {
			return errNoConvergence
		}
	}
	return nil
}

// negligible tells whether e[i] is nothing beside its neighbours, and makes it zero if so.
func negligible(d, e []float64, i int) bool {
	const eps, tiny = 1.1102230246251565e-16, 2.2250738585072014e-308
	v := e[i]
	if v*v <= eps*math.Abs(d[i])*eps*math.Abs(d[i+1])+tiny {
		e[i] = 0
		return true
	}
	return false
}

type solver struct {
	d, e   []float64
	use    func(sweep)
	room   []float64
	budget int // steps left
}

// downwards finds the eigenvalues of rows [l, hi] by QL steps, those at l first.
func (s *solver) downwards(l, hi int) {
	d, e := s.d, s.e
	for l <= hi && s.budget > 0 {
		m := l
		for m < hi && !negligible(d, e, m) {
			m++
		}
		if m == l {
			l++
			continue
		}
		s.budget--
		g := shift(d[l], d[l+1], e[l], d[m])
		sin, cos, p := 1.0, 1.0, 0.0
		cs := s.room[:0]
		for i := m - 1; i >= l; i-- {
			f, b := sin*e[i], cos*e[i]
			var r float64
			cos, sin, r = rotation(g, f)
			if i != m-1 {
				e[i+1] = r
			}
			g = d[i+1] - p
			r = (d[i]-g)*sin + 2*cos*b
			p = sin * r
			d[i+1] = g + p
			g = cos*r - b
			cs = append(cs, cos, sin)
		}
		d[l] -= p
		e[l] = g
		s.use(sweep{m, false, cs})
	}
}

// upwards finds the eigenvalues of rows [lo, l] by QR steps, those at l first.
func (s *solver) upwards(lo, l int) {
	d, e := s.d, s.e
	for l >= lo && s.budget > 0 {
		m := l
		for m > lo && !negligible(d, e, m-1) {
			m--
		}
		if m == l {
			l--
			continue
		}
		s.budget--
		g := shift(d[l], d[l-1], e[l-1], d[m])
		sin, cos, p := 1.0, 1.0, 0.0
		cs := s.room[:0]
		for i := m; i < l; i++ {
			f, b := sin*e[i], cos*e[i]
			var r float64
			cos, sin, r = rotation(g, f)
			if i != m {
				e[i-1] = r
			}
			g = d[i] - p
			r = (d[i+1]-g)*sin + 2*cos*b
			p = sin * r
			d[i] = g + p
			g = cos*r - b
			cs = append(cs, cos, sin)
		}
		d[l] -= p
		e[l-1] = g
		s.use(sweep{m, true, cs})
	}
}

// shift is Wilkinson's, taken off the far end of the block.
func shift(p, neighbour, e, end float64) float64 {
	g := (neighbour - p) / (2 * e)
	return end - p + e/(g+math.Copysign(math.Hypot(g, 1), g))
}

// rotation gives c and s with c*f + s*g = r and c*g - s*f = 0. Entries are scaled to 1 at most
// (EigenSym), so that squares do not overflow.
func rotation(f, g float64) (c, s, r float64) {
	if g == 0 {
		return 1, 0, f
	}
	r = math.Sqrt(f*f + g*g)
	if r < 1e-150 {
		r = math.Hypot(f, g)
	}
	return f / r, g / r, r
}
