package linalg

import "math"

// A pair is two neighbouring blocks, [lo, mid) and [mid, hi), on their way to being one: the matrix is the diagonal
// one of their values plus rho times w w'.
type pair struct {
	lo, mid, hi int
	rho         float64
	w           []float64 // of row lo on
	kind        []byte    // of row lo on: where its vector has entries
	kept, gone  []int     // rows that take part, in rising order of d, and rows that are vectors already
}

const (
	first  byte = iota // in the columns of the first block
	both               // in all columns
	second             // in those of the second block
)

// columns is where the vector of row r has entries.
func (p *pair) columns(r int) (from, to int) {
	switch p.kind[r-p.lo] {
	case first:
		return p.lo, p.mid
	case second:
		return p.mid, p.hi
	}
	return p.lo, p.hi
}

// deflate finds the rows of two blocks that the other block does not change beyond rounding: those with a weight of
// nothing, and one of two rows with about one value, after a rotation that leaves it no weight (Dongarra and
// Sorensen 1987; LAPACK's dlaed2).
func (v *division) deflate(lo, mid, hi int) *pair {
	d, e := v.d, v.e[mid-1]
	p := &pair{lo: lo, mid: mid, hi: hi, rho: 2 * math.Abs(e), w: make([]float64, hi-lo), kind: make([]byte, hi-lo)}
	var size, weight float64
	for r := lo; r < hi; r++ {
		x := &v.ends[2*r+1]
		if r >= mid {
			x, p.kind[r-lo] = &v.ends[2*r], second
		}
		p.w[r-lo] = *x / math.Sqrt2
		if r >= mid && e < 0 {
			p.w[r-lo] = -p.w[r-lo]
		}
		*x = 0 // as an end of the larger block's vector
		size, weight = max(size, math.Abs(d[r])), max(weight, math.Abs(p.w[r-lo]))
	}
	nothing := 4 * eps * max(size, weight)
	rows := append([]int(nil), v.order[lo:hi]...)
	v.sort(rows)
	last := -1
	for _, r := range rows {
		if p.rho*math.Abs(p.w[r-lo]) <= nothing {
			p.gone = append(p.gone, r)
			continue
		}
		if last >= 0 {
			s, c := p.w[last-lo], p.w[r-lo]
			length := math.Hypot(c, s)
			c, s = c/length, -s/length
			if math.Abs((d[r]-d[last])*c*s) <= nothing {
				v.mix(p, last, r, c, s)
				p.w[r-lo], p.w[last-lo] = length, 0
				p.gone = append(p.gone, last)
			} else {
				p.kept = append(p.kept, last)
			}
		}
		last = r
	}
	if last >= 0 {
		p.kept = append(p.kept, last)
	}
	return p
}

// mix rotates the vectors of rows i and j, and their values with them.
func (v *division) mix(p *pair, i, j int, c, s float64) {
	turn := func(x, y []float64) {
		for q, a := range x {
			b := y[q]
			x[q], y[q] = c*a+s*b, c*b-s*a
		}
	}
	turn(v.ends[2*i:2*i+2], v.ends[2*j:2*j+2])
	if v.z != nil {
		if a, b := &p.kind[i-p.lo], &p.kind[j-p.lo]; *a != *b {
			for _, r := range []int{i, j} {
				from, to := p.columns(r)
				clear(v.z[r*v.n+p.lo : r*v.n+from])
				clear(v.z[r*v.n+to : r*v.n+p.hi])
			}
			*a, *b = both, both
		}
		turn(v.z[i*v.n+p.lo:i*v.n+p.hi], v.z[j*v.n+p.lo:j*v.n+p.hi])
	}
	a, b := v.d[i], v.d[j]
	v.d[i], v.d[j] = a*c*c+b*s*s, a*s*s+b*c*c
}
