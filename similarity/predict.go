package similarity

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

const predictFolds = 5

// A Prediction tells how well one layer's values follow linearly from another's.
type Prediction struct {
	R2      float64        // 1 - squared error / squared deviation from the fitting part's mean; at most 1, below 0 if the mean does better
	Error   infer.Estimate // of 1 - R2, the feature reconstruction error, with its jackknife over groups
	Penalty []float64      // chosen in each fold, relative to the mean square of a standardised unit
}

// Predict returns the out-of-fold R^2 of ridge regression of y on x in 5 folds, summed over units: large units of y
// weigh most. x's units are standardised, those that do not vary are left out. In each fold the penalty, one of 13
// from 1e-6 to 1e6, is the one that does best when each other fold is predicted from the remaining ones, so the fold
// itself has no say (Stone 1974). It ignores scale and offset of every unit of x, rotation, scale and offset of
// y, and any invertible map of x where the penalty is small; it is not symmetric.
//
// groups keep samples of one source in one fold and are the units of the jackknife, which takes the fits as they are;
// nil deals samples to 20. The cost is that of 15 eigendecompositions of min(d, n) and n d (d + d').
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
	p := &predictor{folds: split(z.narrow(), b.narrow(), groups)}
	for f, part := range p.folds {
		if part.n < 2 || a.n-part.n < 4 {
			return nil, fmt.Errorf("fold %d of %d holds %d of %d samples, want at least 2 and 4 others: %w", f, predictFolds, part.n, a.n, infer.ErrTooFew)
		}
	}
	if err := p.choose(ctx, workers); err != nil {
		return nil, err
	}
	wrong, spread := make([]float64, count), make([]float64, count)
	result := &Prediction{Penalty: make([]float64, predictFolds)}
	for f := range p.folds {
		result.Penalty[f] = penalties[p.best[f]]
		p.score(f, wrong, spread)
	}
	return result, result.judge(wrong, spread)
}

// judge sets R2 and Error from each group's squared error and squared deviation.
func (p *Prediction) judge(wrong, spread []float64) error {
	e, s := infer.Total(wrong), infer.Total(spread)
	if !(s > 0) {
		return fmt.Errorf("values to predict: %w", infer.ErrConstant)
	}
	leave := make([]float64, len(wrong))
	for g := range leave {
		if !(s-spread[g] > 0) {
			return fmt.Errorf("values to predict without group %d: %w", g, infer.ErrConstant)
		}
		leave[g] = (e - wrong[g]) / (s - spread[g])
	}
	p.R2 = 1 - e/s
	var err error
	p.Error, err = infer.Jackknife(e/s, leave)
	return err
}
