package similarity

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/linalg"
)

var penalties = [13]float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6}

// crossSums are the sums over samples that ridge regression of y on x needs.
type crossSums struct {
	n              int
	xx, xy, sx, sy []float64
}

func newCrossSums(x, y rows) crossSums {
	s := crossSums{x.n, products(x, x), products(x, y), make([]float64, x.d), make([]float64, y.d)}
	for i := range x.n {
		addTo(s.sx, x.row(i), 1)
		addTo(s.sy, y.row(i), 1)
	}
	return s
}

func (s crossSums) clone() crossSums {
	return crossSums{s.n, slices.Clone(s.xx), slices.Clone(s.xy), slices.Clone(s.sx), slices.Clone(s.sy)}
}

// less takes the samples of o out.
func (s *crossSums) less(o crossSums) {
	s.n -= o.n
	for _, p := range [][2][]float64{{s.xx, o.xx}, {s.xy, o.xy}, {s.sx, o.sx}, {s.sy, o.sy}} {
		addTo(p[0], p[1], -1)
	}
}

// centre turns the sums of products into those less the means mx and my, and returns them.
func (s *crossSums) centre() (mx, my []float64) {
	n := float64(s.n)
	mx, my = slices.Clone(s.sx), slices.Clone(s.sy)
	for j := range my {
		my[j] /= n
	}
	for i := range mx {
		mx[i] /= n
	}
	s.around(mx, my)
	return mx, my
}

// around turns sums of products into those of values less a and b.
func (s *crossSums) around(a, b []float64) {
	n := float64(s.n)
	for i, c := range a {
		addTo(s.xx[i*len(a):(i+1)*len(a)], a, n*c-s.sx[i])
		addTo(s.xx[i*len(a):(i+1)*len(a)], s.sx, -c)
		addTo(s.xy[i*len(b):(i+1)*len(b)], b, n*c-s.sx[i])
		addTo(s.xy[i*len(b):(i+1)*len(b)], s.sy, -c)
	}
}

// line is a fitted regression: y is about (x - mx) w + my.
type line struct{ w, mx, my []float64 }

// ridge fits for one penalty. s is used up.
func (s *crossSums) ridge(penalty float64) (line, error) {
	mx, my := s.centre()
	d := len(mx)
	for i := range d {
		s.xx[i*d+i] += penalty * float64(s.n)
	}
	if err := linalg.Cholesky(1, s.xx, d); err != nil {
		return line{}, err
	}
	linalg.SolveCholesky(1, s.xx, d, s.xy, len(my))
	return line{s.xy, mx, my}, nil
}

// fold holds the samples of one fold and the sums over them.
type fold struct {
	crossSums
	x, y  rows
	group []int
	yy    float64
}

// predictor fits on all folds but one or two. Units of x have a mean square of 1 over all samples.
type predictor struct {
	folds []fold
	all   crossSums
	best  []int // per fold, the penalty of the others' choice
}

func split(x, y rows, groups []int) *predictor {
	p := &predictor{folds: make([]fold, predictFolds), all: newCrossSums(x, y)}
	for f := range p.folds {
		part := &p.folds[f]
		part.x, part.y = rows{d: x.d}, rows{d: y.d}
		for i, g := range groups {
			if g%predictFolds == f {
				part.x.v, part.y.v = append(part.x.v, x.row(i)...), append(part.y.v, y.row(i)...)
				part.group = append(part.group, g)
			}
		}
		part.x.n, part.y.n = len(part.group), len(part.group)
		part.crossSums, part.yy = newCrossSums(part.x, part.y), dot(part.y.v, part.y.v)
	}
	return p
}

// choose finds each fold's penalty: of those fitted without two folds, either judges for the other.
func (p *predictor) choose(ctx context.Context, workers int) error {
	var pairs [][2]int
	for f := range p.folds {
		for g := f + 1; g < len(p.folds); g++ {
			pairs = append(pairs, [2]int{f, g})
		}
	}
	loss, failed := make([][2][len(penalties)]float64, len(pairs)), make([]error, len(pairs))
	if err := each(ctx, workers, len(pairs), func(k int) { failed[k] = p.judge(pairs[k], &loss[k]) }); err != nil {
		return err
	}
	if err := cmp.Or(failed...); err != nil {
		return err
	}
	p.best = make([]int, len(p.folds))
	for f := range p.folds {
		var sum [len(penalties)]float64
		for k, pair := range pairs {
			for side, g := range pair {
				if g == f {
					addTo(sum[:], loss[k][1-side][:], 1)
				}
			}
		}
		for c, v := range sum {
			if v < sum[p.best[f]] {
				p.best[f] = c
			}
		}
	}
	return nil
}

// judge sets loss to the squared errors on each of two folds, under each penalty, of fits without both:
// |Y - XW|^2 = |Y|^2 - 2 <X'Y, W> + <W, X'X W>, in the coordinates of the fit's eigenvectors.
func (p *predictor) judge(pair [2]int, loss *[2][len(penalties)]float64) error {
	s := p.all.clone()
	s.less(p.folds[pair[0]].crossSums)
	s.less(p.folds[pair[1]].crossSums)
	mx, my := s.centre()
	dx, dy := len(mx), len(my)
	values, rot, err := linalg.EigenSym(1, s.xx, dx, true)
	if err != nil {
		return fmt.Errorf("regression without folds %v: %w", pair, err)
	}
	v, w := linalg.Mul(1, false, false, dx, dy, dx, rot, s.xy), make([]float64, dx*dy)
	for side, f := range pair {
		part := p.folds[f].clone()
		part.around(mx, my)
		xx := linalg.Mul(1, false, true, dx, dx, dx, linalg.Mul(1, false, false, dx, dx, dx, rot, part.xx), rot)
		xy, yy := linalg.Mul(1, false, false, dx, dy, dx, rot, part.xy), p.folds[f].yy
		for j, c := range my {
			yy += float64(part.n)*c*c - 2*c*part.sy[j]
		}
		for c, penalty := range penalties {
			for i := range w {
				w[i] = v[i] / (max(0, values[i/dy]) + penalty*float64(s.n))
			}
			loss[side][c] = yy - 2*dot(xy, w) + dot(w, linalg.Mul(1, false, false, dx, dy, dx, xx, w))
		}
	}
	return nil
}

// score adds a fold's squared errors, and deviations from the fitting part's mean, to those of its groups.
func (f *fold) score(l line, wrong, spread []float64) {
	dx, dy := len(l.mx), len(l.my)
	x := slices.Clone(f.x.v)
	for i := range f.n {
		addTo(x[i*dx:(i+1)*dx], l.mx, -1)
	}
	guess := linalg.Mul(1, false, false, f.n, dy, dx, x, l.w)
	for i, g := range f.group {
		for j, v := range f.y.row(i) {
			v -= l.my[j]
			spread[g] += v * v
			v -= guess[i*dy+j]
			wrong[g] += v * v
		}
	}
}

// members returns the sums over one group of the fold.
func (f *fold) members(group int) crossSums {
	x, y := rows{d: f.x.d}, rows{d: f.y.d}
	for i, g := range f.group {
		if g == group {
			x.v, y.v = append(x.v, f.x.row(i)...), append(y.v, f.y.row(i)...)
			x.n++
		}
	}
	y.n = x.n
	return newCrossSums(x, y)
}
