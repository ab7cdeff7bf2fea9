package signal

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// Slope returns how many decades a quantity above 0 changes from one layer to the next: the median of the
// slopes of log10 between all pairs of layers (Theil 1950; Sen 1968), which a few odd layers do not move.
func Slope(values []float64) (float64, error) {
	if len(values) < 2 {
		return 0, fmt.Errorf("slope over %d layers, want at least 2: %w", len(values), infer.ErrTooFew)
	}
	if err := infer.Finite(values); err != nil {
		return 0, err
	}
	logs := make([]float64, len(values))
	for i, v := range values {
		if !(v > 0) {
			return 0, fmt.Errorf("value of layer %d is %v, want above 0: %w", i+1, v, infer.ErrRange)
		}
		logs[i] = math.Log10(v)
	}
	var slopes []float64
	for i, a := range logs {
		for j := range i {
			slopes = append(slopes, (a-logs[j])/float64(i-j))
		}
	}
	slices.Sort(slopes)
	n := len(slopes)
	return (slopes[(n-1)/2] + slopes[n/2]) / 2, nil
}

// DepthScale returns over how many layers a difference of two inputs changes e-fold where each multiplies it
// by chi (Schoenholz et al. 2017, eq. 9). At 1 it changes over none: ErrConstant.
func DepthScale(chi float64) (float64, error) {
	if !(chi > 0) || math.IsInf(chi, 0) {
		return 0, fmt.Errorf("chi is %v, want above 0: %w", chi, infer.ErrRange)
	}
	if chi == 1 {
		return 0, fmt.Errorf("chi is 1, differences are kept: %w", infer.ErrConstant)
	}
	return 1 / math.Abs(math.Log(chi)), nil
}
