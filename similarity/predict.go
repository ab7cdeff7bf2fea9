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
// of y weigh most. x's units are standardised, those that do not vary are left out. In each fold the penalty,
// one of 13 from 1e-6 to 1e6, is the one that does best when each other fold is predicted from the remaining
// ones, so the fold itself has no say (Stone 1974). It ignores scale and offset of every unit of x,
// rotation, scale and offset of y, and any invertible map of x where the penalty is small; it is not symmetric.
//
// groups keep samples of one source in one fold and are the units of the jackknife, in which all is fitted
// again without each group but for the penalties; nil deals samples to 20. With m = min(d, n) the cost is that of 10
// eigendecompositions and, for each group, 4 Cholesky factors of m, and n d (d + d').
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
	p := split(z.narrow(), b.narrow(), groups)
	for f, part := range p.folds {
		if part.n < 2 || a.n-part.n < 4 {
			return nil, fmt.Errorf("fold %d of %d holds %d of %d samples, want at least 2 and 4 others: %w", f, predictFolds, part.n, a.n, infer.ErrTooFew)
		}
	}
	if err := p.choose(ctx, workers); err != nil {
		return nil, err
	}
	r := &Prediction{Penalty: make([]float64, predictFolds)}
	for f, c := range p.best {
		r.Penalty[f] = penalties[c]
	}
	e, err := p.error(ctx, workers, count)
	if err != nil {
		return nil, err
	}
	r.R2, r.Error = 1-e.Value, e
	return r, nil
}

// error returns the squared error over the squared deviation, whole and refitted without each group in turn.
func (p *predictor) error(ctx context.Context, workers, groups int) (infer.Estimate, error) {
	wrong, spread := make([]float64, groups), make([]float64, groups)
	for f := range p.folds {
		if err := p.outOfFold(f, crossSums{}, wrong, spread); err != nil {
			return infer.Estimate{}, err
		}
	}
	value, err := share(wrong, spread)
	if err != nil {
		return infer.Estimate{}, err
	}
	leave, failed := make([]float64, groups), make([]error, groups)
	err = each(ctx, workers, groups, func(g int) {
		e, s := make([]float64, groups), make([]float64, groups)
		home := g % predictFolds
		without := p.folds[home].members(g)
		for f := range p.folds {
			if f != home {
				failed[g] = cmp.Or(failed[g], p.outOfFold(f, without, e, s))
			}
		}
		for h := home; h < groups; h += predictFolds { // fitted without g as it is
			if h != g {
				e[h], s[h] = wrong[h], spread[h]
			}
		}
		if failed[g] == nil {
			leave[g], failed[g] = share(e, s)
		}
	})
	if err := cmp.Or(err, cmp.Or(failed...)); err != nil {
		return infer.Estimate{}, err
	}
	return infer.Jackknife(value, leave)
}

// outOfFold fits on the other folds, without some of their samples, and scores the fold.
func (p *predictor) outOfFold(f int, without crossSums, wrong, spread []float64) error {
	s := p.all.clone()
	s.less(p.folds[f].crossSums)
	if without.n > 0 {
		s.less(without)
	}
	l, err := s.ridge(penalties[p.best[f]])
	if err != nil {
		return fmt.Errorf("regression without fold %d: %w", f, err)
	}
	p.folds[f].score(l, wrong, spread)
	return nil
}

func share(wrong, spread []float64) (float64, error) {
	s := infer.Total(spread)
	if !(s > 0) {
		return 0, fmt.Errorf("values to predict: %w", infer.ErrConstant)
	}
	return infer.Total(wrong) / s, nil
}
