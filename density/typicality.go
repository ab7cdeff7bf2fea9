package density

import (
	"fmt"
	"math"
	"sort"

	"github.com/stratascope/stratascope/infer"
)

// Typicality returns for each score the p of "as typical as the calibration samples": the share of these,
// and it, whose score lies as far from their mean, above or below (Nalisnick et al. 2019b, with the rank of
// Vovk et al. 2005). It is exact for samples exchangeable with calibration, which must not have been fitted
// on, but for their share in the mean.
func Typicality(calibration, scores []float64) ([]float64, error) {
	n := len(calibration)
	if n < 4 {
		return nil, fmt.Errorf("%d calibration samples, want at least 4: %w", n, infer.ErrTooFew)
	}
	if err := infer.Finite(calibration); err != nil {
		return nil, fmt.Errorf("calibration %w", err)
	}
	if err := infer.Finite(scores); err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	mean := infer.Total(calibration) / float64(n)
	away := make([]float64, n)
	for i, v := range calibration {
		away[i] = math.Abs(v - mean)
	}
	sort.Float64s(away)
	p := make([]float64, len(scores))
	for i, v := range scores {
		nearer := sort.SearchFloat64s(away, math.Abs(v-mean))
		p[i] = float64(n-nearer+1) / float64(n+1)
	}
	return p, nil
}
