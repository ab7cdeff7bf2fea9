package metric

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// NLL returns each sample's loss -log p of its label from rows of log-probabilities; their mean
// is the negative log-likelihood, a proper score.
func NLL(labels []int32, logp []float64, classes int) ([]float64, error) {
	return SmoothedCrossEntropy(labels, logp, classes, 0)
}

// SmoothedCrossEntropy returns each sample's loss against the target (1-eps) y + eps/C
// (Szegedy et al. 2016). Its floor is above 0: compare models on NLL.
func SmoothedCrossEntropy(labels []int32, logp []float64, classes int, eps float64) ([]float64, error) {
	if classes < 1 || len(logp) != len(labels)*classes {
		return nil, fmt.Errorf("%d log-probabilities for %d samples of %d classes: %w", len(logp), len(labels), classes, infer.ErrRange)
	}
	if err := sameLength("rows", len(labels), len(logp)/classes); err != nil {
		return nil, err
	}
	if err := checkClasses("label", labels, classes); err != nil {
		return nil, err
	}
	if !(eps >= 0 && eps < 1) {
		return nil, fmt.Errorf("smoothing is %v, want 0 up to 1: %w", eps, infer.ErrRange)
	}
	loss := make([]float64, len(labels))
	for i, l := range labels {
		row := logp[i*classes : (i+1)*classes]
		loss[i] = -(1 - eps) * row[l]
		if eps > 0 {
			var s float64
			for _, v := range row {
				s += v
			}
			loss[i] -= eps / float64(classes) * s
		}
		if v := loss[i]; math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("loss of sample %d is %v: %w", i, v, infer.ErrNotFinite)
		}
	}
	return loss, nil
}

// Brier returns each sample's sum of squared differences between its probabilities and its
// one-hot label (Brier 1950), from 0 to 2.
func Brier(labels []int32, p []float64, classes int) ([]float64, error) {
	if err := checkRows(labels, p, classes); err != nil {
		return nil, err
	}
	s := make([]float64, len(labels))
	for i, l := range labels {
		for c, v := range p[i*classes : (i+1)*classes] {
			if c == int(l) {
				v = 1 - v
			}
			s[i] += v * v
		}
	}
	return s, nil
}

// Mean returns the mean of values, added in double-double.
func Mean(values []float64) (float64, error) {
	if len(values) == 0 {
		return 0, fmt.Errorf("mean of no values: %w", infer.ErrTooFew)
	}
	if err := infer.Finite(values); err != nil {
		return 0, err
	}
	return infer.Total(values) / float64(len(values)), nil
}
