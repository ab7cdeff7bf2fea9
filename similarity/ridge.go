package similarity

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

// predictor fits without some samples. Samples are sorted by fold, and in it by group; units of x have a mean
// square of 1 and lie along the eigenvectors of X'X.
type predictor struct {
	x, y   rows
	values []float64 // of X'X
	xy     []float64 // X'Y, dx x dy
	starts []int     // of each group, by its number, and ends: [start, end)
	ends   []int
	sums   rows  // of y, by group
	best   []int // per fold, the penalty of the others' choice
}

// newPredictor sorts the samples, and turns x.
func newPredictor(workers int, x, y rows, groups []int, count int) (*predictor, error) {
	p := &predictor{
		x: rows{x.n, x.d, make([]float64, 0, len(x.v))}, y: rows{y.n, y.d, make([]float64, 0, len(y.v))},
		starts: make([]int, count), ends: make([]int, count), sums: rows{count, y.d, make([]float64, count*y.d)},
	}
	order := make([]int, x.n)
	for i := range order {
		order[i] = i
	}
	place := func(i int) int { return groups[i]%predictFolds*count + groups[i] }
	slices.SortStableFunc(order, func(i, j int) int { return place(i) - place(j) })
	for at, i := range order {
		g := groups[i]
		if p.ends[g] == 0 {
			p.starts[g] = at
		}
		p.ends[g] = at + 1
		p.x.v, p.y.v = append(p.x.v, x.row(i)...), append(p.y.v, y.row(i)...)
		addTo(p.sums.row(g), y.row(i), 1)
	}
	values, turn, err := linalg.EigenSym(workers, products(p.x, p.x), x.d, true)
	if err != nil {
		return nil, err
	}
	p.x.v = linalg.Mul(workers, false, true, x.n, x.d, x.d, p.x.v, turn)
	p.values, p.xy = values, products(p.x, p.y)
	return p, nil
}

// fold returns the samples of a fold, from lo to before hi.
func (p *predictor) fold(f int) (lo, hi int) {
	last := len(p.starts) - 1
	return p.starts[f], p.ends[last-(last-f)%predictFolds]
}

// A smoother is the regression on all samples for one penalty: the fit is G G'Y, and left is Y less it.
type smoother struct {
	*predictor
	scale   []float64 // of G's columns
	w       []float64 // coefficients of the fit, dx x dy
	g, left rows      // of all samples, once all is called
}

// smooth fits all samples.
func (p *predictor) smooth(penalty float64) *smoother {
	s := &smoother{predictor: p, scale: make([]float64, p.x.d), w: slices.Clone(p.xy)}
	for j, v := range p.values {
		c := 1 / math.Sqrt(max(0, v)+penalty*float64(p.x.n))
		s.scale[j] = c
		row := s.w[j*p.y.d : (j+1)*p.y.d]
		for k := range row {
			row[k] *= c * c
		}
	}
	return s
}

// part returns G and what is left of the samples from lo to before hi. The first column of G is the mean's.
func (s *smoother) part(lo, hi int) (g, left rows) {
	x, y, d := s.x.part(lo, hi), s.y.part(lo, hi), s.x.d
	g = rows{x.n, d + 1, make([]float64, x.n*(d+1))}
	for i := range x.n {
		to := g.row(i)
		to[0] = 1 / math.Sqrt(float64(s.x.n))
		for j, v := range x.row(i) {
			to[1+j] = v * s.scale[j]
		}
	}
	left = y.clone()
	kernel.Gemm64(1, false, false, y.n, y.d, d, -1, x.v, d, s.w, y.d, 1, left.v, y.d)
	return g, left
}

func (s *smoother) all() *smoother {
	s.g, s.left = s.part(0, s.x.n)
	return s
}

// A gap is some samples that a fit of all is freed of: (I - H)^-1 of what is left of their values in the fit of
// all, where H = G G' of these samples, is what is left in the fit without them, as in any fit by penalised least
// squares (Cook & Weisberg 1982, section 2.2). The smaller of I - G G' and I - G'G is factorised.
type gap struct {
	*smoother
	g, left rows      // of the samples, in the fit without them
	factor  []float64 // Cholesky's
	// For wider: G G' of the samples with all, (I - H)^-1 of it, and what is left of all.
	across, solved, rest rows
}

func (s *smoother) gap(lo, hi int) (*gap, error) {
	o := &gap{smoother: s}
	o.g, o.left = s.part(lo, hi)
	if o.g.n <= o.g.d {
		o.factor = linalg.Mul(1, false, true, o.g.n, o.g.n, o.g.d, o.g.v, o.g.v)
	} else {
		o.factor = products(o.g, o.g)
	}
	if err := factorise(o.factor, min(o.g.n, o.g.d)); err != nil {
		return nil, err
	}
	o.solve(o.left)
	return o, nil
}

// factorise overwrites h, n x n, with the factor of I - h.
func factorise(h []float64, n int) error {
	for i := range h {
		h[i] = -h[i]
	}
	for i := range n {
		h[i*n+i]++
	}
	return linalg.Cholesky(1, h, n)
}

// solve overwrites b with (I - H)^-1 b.
func (o *gap) solve(b rows) {
	if o.g.n <= o.g.d {
		linalg.SolveCholesky(1, o.factor, o.g.n, b.v, b.d)
		return
	}
	t := products(o.g, b)
	linalg.SolveCholesky(1, o.factor, o.g.d, t, b.d)
	kernel.Gemm64(1, false, false, b.n, b.d, o.g.d, 1, o.g.v, o.g.d, t, b.d, 1, b.v, b.d)
}

// widen takes the products that wider needs, for all groups at once: few large ones cost less than many small ones.
func (o *gap) widen() {
	n, all := o.g.n, o.smoother.g
	o.across = rows{n, all.n, linalg.Mul(1, false, true, n, all.n, all.d, o.g.v, all.v)}
	o.solved = o.across.clone()
	o.solve(o.solved)
	o.rest = o.smoother.left.clone()
	kernel.Gemm64(1, true, false, all.n, o.rest.d, n, 1, o.across.v, all.n, o.left.v, o.rest.d, 1, o.rest.v, o.rest.d)
}

// wider returns what is left of the gap's values where the samples from lo to before hi are left out, too: the
// block inverse of I - H of both.
func (o *gap) wider(lo, hi int) (rows, error) {
	n, all, g := o.g.n, o.across.d, o.smoother.g.part(lo, hi)
	h := linalg.Mul(1, false, true, g.n, g.n, g.d, g.v, g.v)
	kernel.Gemm64(1, true, false, g.n, g.n, n, 1, o.across.v[lo:], all, o.solved.v[lo:], all, 1, h, g.n)
	if err := factorise(h, g.n); err != nil {
		return rows{}, err
	}
	e, out := o.rest.part(lo, hi).clone(), o.left.clone()
	linalg.SolveCholesky(1, h, g.n, e.v, e.d)
	kernel.Gemm64(1, false, false, n, e.d, g.n, 1, o.solved.v[lo:], all, e.v, e.d, 1, out.v, e.d)
	return out, nil
}

// score adds the squares of what is left of fold f to those of its groups, and the squares of the deviations from
// the mean of the samples that the fit had: all but the fold's and those of one more group, -1 for none.
func (p *predictor) score(f, more int, left rows, wrong, spread []float64) {
	lo, hi := p.fold(f)
	mean, rest := make([]float64, p.y.d), p.y.n-(hi-lo)
	if more >= 0 {
		rest -= p.ends[more] - p.starts[more]
	}
	for g := range p.starts {
		if g%predictFolds != f && g != more {
			addTo(mean, p.sums.row(g), 1/float64(rest))
		}
	}
	for g := f; g < len(p.starts); g += predictFolds {
		for i := p.starts[g]; i < p.ends[g]; i++ {
			for j, v := range p.y.row(i) {
				spread[g] += (v - mean[j]) * (v - mean[j])
			}
			row := left.row(i - lo)
			wrong[g] += dot(row, row)
		}
	}
}
