package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

const predictFolds = 5

// A Prediction tells how well one layer's values follow linearly from another's.
type Prediction struct {
	// R2 is 1 - squared error / squared deviation from the fitting part's mean: at most 1, below 0 where the
	// mean does better.
	R2      float64
	Error   infer.Estimate // of 1 - R2, the feature reconstruction error, with its jackknife over groups
	Penalty []float64      // chosen in each fold, relative to the mean square of a standardised unit
}

// Predict returns the out-of-fold R^2 of ridge regression of y on x in 5 folds, summed over units: large units
// of y weigh most. x's units are standardised, those that do not vary are left out. A fold's penalty, one of 13
// from 1e-6 to 1e6 times the number of samples, is the one that does best in the other four, each predicted from all
// but itself: how well it does in the fold itself has no say (Stone 1974). It ignores scale and offset of every unit
// of x, rotation, scale and offset of y, and any invertible map of x where the penalty is small; it is not symmetric.
//
// groups keep samples of one source in one fold and are the units of the jackknife, in which all is fitted
// again without each group but for the penalties; nil deals samples to 20. All fits come from one eigendecomposition
// of m = min(d, n) and, for each penalty, n m d': leaving samples out of a fit needs the fit's values for them only.
// For each group that takes some n^2 (m + d') / 25 more.
func Predict(ctx context.Context, workers int, x, y Matrix, groups []int) (*Prediction, error) {
	a, b, err := two(centred, x, y)
	if err != nil {
		return nil, err
	}
	groups, count, err := numbered(a.n, groups)
	if err != nil {
		return nil, err
	}
	if count < predictFolds {
		return nil, fmt.Errorf("%d groups of samples, want at least %d: %w", count, predictFolds, infer.ErrTooFew)
	}
	z := a.normalised()
	for i := range z.v {
		z.v[i] *= math.Sqrt(float64(z.n))
	}
	p, err := newPredictor(workers, z.narrow(), b.narrow(), groups, count)
	if err != nil {
		return nil, err
	}
	for f := range predictFolds {
		lo, hi := p.fold(f)
		if n := hi - lo; n < 2 || a.n-n < 4 {
			return nil, fmt.Errorf("fold %d of %d holds %d of %d samples, want at least 2 and 4 others: %w", f, predictFolds, n, a.n, infer.ErrTooFew)
		}
	}
	if err := p.choose(ctx, workers); err != nil {
		return nil, err
	}
	r := &Prediction{Penalty: make([]float64, predictFolds)}
	for f, c := range p.best {
		r.Penalty[f] = penalties[c]
	}
	e, err := p.error(ctx, workers)
	if err != nil {
		return nil, err
	}
	r.R2, r.Error = 1-e.Value, e
	return r, nil
}

// error returns the squared error over the squared deviation, whole and refitted without each group in turn.
func (p *predictor) error(ctx context.Context, workers int) (infer.Estimate, error) {
	groups := len(p.starts)
	wrong, spread := make([]float64, groups), make([]float64, groups)
	wrongs, spreads := make([][]float64, groups), make([][]float64, groups) // without each group
	for g := range groups {
		wrongs[g], spreads[g] = make([]float64, groups), make([]float64, groups)
	}
	failed := make([]error, groups)
	var s *smoother
	for f, c := range p.best {
		if f == 0 || c != p.best[f-1] {
			s = p.smooth(penalties[c]).all()
		}
		o, err := s.gap(p.fold(f))
		if err != nil {
			return infer.Estimate{}, fmt.Errorf("regression without fold %d: %w", f, err)
		}
		p.score(f, -1, o.left, wrong, spread)
		o.widen()
		err = each(ctx, workers, groups, func(g int) {
			if g%predictFolds != f {
				left, err := o.wider(p.starts[g], p.ends[g])
				if failed[g] = cmp.Or(failed[g], err); err == nil {
					p.score(f, g, left, wrongs[g], spreads[g])
				}
				return
			}
			for h := f; h < groups; h += predictFolds { // fitted without g as it is
				if h != g {
					wrongs[g][h], spreads[g][h] = wrong[h], spread[h]
				}
			}
		})
		if err := cmp.Or(err, cmp.Or(failed...)); err != nil {
			return infer.Estimate{}, err
		}
	}
	value, err := share(wrong, spread)
	if err != nil {
		return infer.Estimate{}, err
	}
	leave := make([]float64, groups)
	for g := range groups {
		if leave[g], err = share(wrongs[g], spreads[g]); err != nil {
			return infer.Estimate{}, err
		}
	}
	return infer.Jackknife(value, leave)
}

func share(wrong, spread []float64) (float64, error) {
	s := infer.Total(spread)
	if !(s > 0) {
		return 0, fmt.Errorf("values to predict: %w", infer.ErrConstant)
	}
	return infer.Total(wrong) / s, nil
}
