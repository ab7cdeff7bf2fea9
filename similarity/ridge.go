package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/linalg"
)

var penalties = [13]float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6}

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

// fold returns the groups of a fold.
func (p *predictor) fold(f int) []int {
	var out []int
	for g := f; g < len(p.starts); g += predictFolds {
		out = append(out, g)
	}
	return out
}

func (p *predictor) size(groups []int) (n int) {
	for _, g := range groups {
		n += p.ends[g] - p.starts[g]
	}
	return n
}

// A smoother is the regression on all samples for one penalty: the fit is G G'Y, and left is Y less it.
type smoother struct {
	*predictor
	g, left rows
}

// smooth fits all samples. The first column of G is the mean's.
func (p *predictor) smooth(penalty float64) *smoother {
	n, d := p.x.n, p.x.d
	s := &smoother{p, rows{n, d + 1, make([]float64, n*(d+1))}, rows{n, p.y.d, nil}}
	scale := make([]float64, d)
	for j, v := range p.values {
		scale[j] = 1 / math.Sqrt(max(0, v)+penalty*float64(n))
	}
	for i := range n {
		to := s.g.row(i)
		to[0] = 1 / math.Sqrt(float64(n))
		for j, v := range p.x.row(i) {
			to[1+j] = v * scale[j]
		}
	}
	w := slices.Clone(p.xy)
	for j, c := range scale {
		for k := range p.y.d {
			w[j*p.y.d+k] *= c * c
		}
	}
	s.left.v = linalg.Mul(1, false, false, n, p.y.d, d, p.x.v, w)
	for i, v := range p.y.v {
		s.left.v[i] = v - s.left.v[i]
	}
	return s
}

// without returns what is left of the values of some groups in the fit without them, (I - H)^-1 of what is left
// in the fit of all, where H = G G' of those samples: that of a fit by penalised least squares (Cook & Weisberg
// 1982, section 2.2). The smaller of I - G G' and I - G'G is solved.
func (s *smoother) without(groups []int) (rows, error) {
	n := s.size(groups)
	g, e := rows{n, s.g.d, make([]float64, 0, n*s.g.d)}, rows{n, s.left.d, make([]float64, 0, n*s.left.d)}
	for _, k := range groups {
		lo, hi := s.starts[k], s.ends[k]
		g.v, e.v = append(g.v, s.g.v[lo*g.d:hi*g.d]...), append(e.v, s.left.v[lo*e.d:hi*e.d]...)
	}
	if g.n <= g.d {
		return e, solve(linalg.Mul(1, false, true, g.n, g.n, g.d, g.v, g.v), e)
	}
	t := rows{g.d, e.d, products(g, e)}
	if err := solve(products(g, g), t); err != nil {
		return rows{}, err
	}
	addTo(e.v, linalg.Mul(1, false, false, g.n, e.d, g.d, g.v, t.v), 1)
	return e, nil
}

// solve overwrites b with (I - h)^-1 b, and h.
func solve(h []float64, b rows) error {
	for i := range h {
		h[i] = -h[i]
	}
	for i := range b.n {
		h[i*b.n+i]++
	}
	if err := linalg.Cholesky(1, h, b.n); err != nil {
		return err
	}
	linalg.SolveCholesky(1, h, b.n, b.v, b.d)
	return nil
}

// choose finds each fold's penalty.
func (p *predictor) choose(ctx context.Context, workers int) error {
	loss, failed := make([][predictFolds]float64, len(penalties)), make([]error, len(penalties))
	err := each(ctx, workers, len(penalties), func(c int) {
		s := p.smooth(penalties[c])
		for f := range predictFolds {
			e, err := s.without(p.fold(f))
			if err != nil {
				failed[c] = fmt.Errorf("regression without fold %d: %w", f, err)
				return
			}
			loss[c][f] = dot(e.v, e.v)
		}
	})
	if err := cmp.Or(err, cmp.Or(failed...)); err != nil {
		return err
	}
	p.best = make([]int, predictFolds)
	for f := range predictFolds {
		var least float64
		for c, of := range loss {
			var sum float64
			for g, v := range of {
				if g != f {
					sum += v
				}
			}
			if c == 0 || sum < least {
				p.best[f], least = c, sum
			}
		}
	}
	return nil
}

// score adds the squares of what is left of a fold, fitted without it and some more groups, to those of its groups,
// and the squares of the deviations from the mean of the samples that the fit had.
func (s *smoother) score(fold, more []int, wrong, spread []float64) error {
	out := append(slices.Clone(fold), more...)
	e, err := s.without(out)
	if err != nil {
		return err
	}
	mean, rest := make([]float64, s.y.d), float64(s.y.n-s.size(out))
	for g := range s.starts {
		if !slices.Contains(out, g) {
			addTo(mean, s.sums.row(g), 1/rest)
		}
	}
	at := 0
	for _, g := range fold {
		for i := s.starts[g]; i < s.ends[g]; i++ {
			for j, v := range s.y.row(i) {
				spread[g] += (v - mean[j]) * (v - mean[j])
			}
			row := e.row(at)
			wrong[g] += dot(row, row)
			at++
		}
	}
	return nil
}
