package similarity

import (
	"cmp"
	"context"

	"github.com/stratascope/stratascope/linalg"
)

var penalties = [13]float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6}

// fold holds the samples of one fold and the sums over them.
type fold struct {
	n              int
	x, y           rows
	group          []int
	xx, xy, sx, sy []float64
	yy             float64
}

func split(x, y rows, groups []int) []fold {
	folds := make([]fold, predictFolds)
	for f := range folds {
		p := &folds[f]
		p.x, p.y = rows{d: x.d}, rows{d: y.d}
		p.sx, p.sy = make([]float64, x.d), make([]float64, y.d)
		for i, g := range groups {
			if g%predictFolds == f {
				p.x.v, p.y.v, p.group = append(p.x.v, x.row(i)...), append(p.y.v, y.row(i)...), append(p.group, g)
				addTo(p.sx, x.row(i), 1)
				addTo(p.sy, y.row(i), 1)
			}
		}
		p.n = len(p.group)
		p.x.n, p.y.n = p.n, p.n
		p.xx, p.xy, p.yy = products(p.x, p.x), products(p.x, p.y), dot(p.y.v, p.y.v)
	}
	return folds
}

// predictor fits on all folds but one or two. Units of x have a mean square of 1 over all samples.
type predictor struct {
	folds []fold
	fits  map[[2]int]*fit // by the folds left out, {f, f} for one
	best  []int           // per fold, the penalty of the others' choice
}

// fit is ridge regression for any penalty: X'X = V diag(values) V' of centred values, and v = V'X'Y.
type fit struct {
	n              int
	values, v, rot []float64
	mx, my         []float64
}

func (p *predictor) choose(ctx context.Context, workers int) error {
	var keys [][2]int
	for f := range p.folds {
		for g := f; g < len(p.folds); g++ {
			keys = append(keys, [2]int{f, g})
		}
	}
	fits, failed := make([]*fit, len(keys)), make([]error, len(keys))
	if err := each(ctx, workers, len(keys), func(k int) { fits[k], failed[k] = p.fit(keys[k]) }); err != nil {
		return err
	}
	if err := cmp.Or(failed...); err != nil {
		return err
	}
	p.fits = map[[2]int]*fit{}
	for k, key := range keys {
		p.fits[key] = fits[k]
	}
	p.best = make([]int, len(p.folds))
	return each(ctx, workers, len(p.folds), func(f int) {
		var sum [len(penalties)]float64
		for g := range p.folds {
			if g != f {
				p.fits[[2]int{min(f, g), max(f, g)}].addErrors(&sum, &p.folds[g])
			}
		}
		for c, v := range sum {
			if v < sum[p.best[f]] {
				p.best[f] = c
			}
		}
	})
}

func (p *predictor) fit(without [2]int) (*fit, error) {
	dx, dy := p.folds[0].x.d, p.folds[0].y.d
	t := &fit{mx: make([]float64, dx), my: make([]float64, dy)}
	xx, xy := make([]float64, dx*dx), make([]float64, dx*dy)
	for f := range p.folds {
		if f == without[0] || f == without[1] {
			continue
		}
		part := &p.folds[f]
		t.n += part.n
		addTo(xx, part.xx, 1)
		addTo(xy, part.xy, 1)
		addTo(t.mx, part.sx, 1)
		addTo(t.my, part.sy, 1)
	}
	n := float64(t.n)
	for j := range t.my {
		t.my[j] /= n
	}
	for i := range t.mx {
		t.mx[i] /= n
	}
	for i, m := range t.mx {
		addTo(xx[i*dx:(i+1)*dx], t.mx, -n*m)
		addTo(xy[i*dy:(i+1)*dy], t.my, -n*m)
	}
	var err error
	if t.values, t.rot, err = linalg.EigenSym(1, xx, dx, true); err != nil {
		return nil, err
	}
	t.v = linalg.Mul(1, false, false, dx, dy, dx, t.rot, xy)
	return t, nil
}

// weights returns the regression's weights, dx x dy in the eigenvectors' coordinates. A direction that is
// float32 rounding has none.
func (t *fit) weights(penalty float64) []float64 {
	dy := len(t.my)
	w := make([]float64, len(t.v))
	for i, e := range t.values {
		if e <= collinear*t.values[0] {
			continue
		}
		for j, v := range t.v[i*dy : (i+1)*dy] {
			w[i*dy+j] = v / (e + penalty*float64(t.n))
		}
	}
	return w
}

// addErrors adds the squared error on a fold under each penalty, from the fold's sums alone:
// |Y - XW|^2 = |Y|^2 - 2 <X'Y, W> + <W, X'X W>, X and Y less the fit's means, X in the eigenvectors' coordinates.
func (t *fit) addErrors(sum *[len(penalties)]float64, f *fold) {
	dx, dy := len(t.mx), len(t.my)
	xx, xy, yy := append([]float64(nil), f.xx...), append([]float64(nil), f.xy...), f.yy
	n := float64(f.n)
	for i, m := range t.mx {
		for j, c := range t.mx {
			xx[i*dx+j] += n*m*c - f.sx[i]*c - m*f.sx[j]
		}
		for j, c := range t.my {
			xy[i*dy+j] += n*m*c - f.sx[i]*c - m*f.sy[j]
		}
	}
	for j, c := range t.my {
		yy += n*c*c - 2*c*f.sy[j]
	}
	xx = linalg.Mul(1, false, true, dx, dx, dx, linalg.Mul(1, false, false, dx, dx, dx, t.rot, xx), t.rot)
	xy = linalg.Mul(1, false, false, dx, dy, dx, t.rot, xy)
	for c, penalty := range penalties {
		w := t.weights(penalty)
		sum[c] += yy - 2*dot(xy, w) + dot(w, linalg.Mul(1, false, false, dx, dy, dx, xx, w))
	}
}

// score adds the fold's squared errors, and deviations from the fitting part's mean, to those of its groups.
func (p *predictor) score(f int, wrong, spread []float64) {
	t, part := p.fits[[2]int{f, f}], &p.folds[f]
	dx, dy := len(t.mx), len(t.my)
	w := linalg.Mul(1, true, false, dx, dy, dx, t.rot, t.weights(penalties[p.best[f]]))
	x := append([]float64(nil), part.x.v...)
	for i := range part.n {
		addTo(x[i*dx:(i+1)*dx], t.mx, -1)
	}
	guess := linalg.Mul(1, false, false, part.n, dy, dx, x, w)
	for i, g := range part.group {
		for j, v := range part.y.row(i) {
			v -= t.my[j]
			spread[g] += v * v
			v -= guess[i*dy+j]
			wrong[g] += v * v
		}
	}
}
