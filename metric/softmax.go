package metric

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// LogSoftmax writes z - log sum exp z of one row of logits to dst, in float64 and shifted by the
// largest logit, so that it neither overflows nor loses small probabilities.
func LogSoftmax(dst []float64, logits []float32) error {
	if len(logits) == 0 || len(dst) != len(logits) {
		return fmt.Errorf("%d logits for a row of %d: %w", len(logits), len(dst), infer.ErrRange)
	}
	top, log, err := logSumExp(logits, 1)
	if err != nil {
		return err
	}
	for c, z := range logits {
		dst[c] = float64(z) - top - log
	}
	return nil
}

// logSumExp returns the largest logit and log sum exp((z-top)/temperature).
func logSumExp(logits []float32, temperature float64) (top, log float64, err error) {
	top = math.Inf(-1)
	for c, z := range logits {
		v := float64(z)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, 0, fmt.Errorf("logit of class %d is %v: %w", c, z, infer.ErrNotFinite)
		}
		top = math.Max(top, v)
	}
	var s float64
	for _, z := range logits {
		s += math.Exp((float64(z) - top) / temperature)
	}
	return top, math.Log(s), nil
}

// Softmax writes the probabilities of one row of logits to dst.
func Softmax(dst []float64, logits []float32) error {
	if err := LogSoftmax(dst, logits); err != nil {
		return err
	}
	for c, v := range dst {
		dst[c] = math.Exp(v)
	}
	return nil
}

// SoftmaxRows returns the probabilities of rows of logits.
func SoftmaxRows(logits []float32, classes int) ([]float64, error) {
	return rows(logits, classes, Softmax)
}

// LogSoftmaxRows returns the log-probabilities of rows of logits.
func LogSoftmaxRows(logits []float32, classes int) ([]float64, error) {
	return rows(logits, classes, LogSoftmax)
}

func rows(logits []float32, classes int, f func([]float64, []float32) error) ([]float64, error) {
	if classes < 1 || len(logits)%classes != 0 {
		return nil, fmt.Errorf("%d logits in rows of %d classes: %w", len(logits), classes, infer.ErrRange)
	}
	p := make([]float64, len(logits))
	for i := 0; i < len(p); i += classes {
		if err := f(p[i:i+classes], logits[i:i+classes]); err != nil {
			return nil, fmt.Errorf("sample %d: %w", i/classes, err)
		}
	}
	return p, nil
}

// Top returns each row's most probable class, the lowest of equal ones, and its probability.
func Top(p []float64, classes int) (class []int32, confidence []float64, err error) {
	if classes < 1 || len(p)%classes != 0 {
		return nil, nil, fmt.Errorf("%d probabilities in rows of %d classes: %w", len(p), classes, infer.ErrRange)
	}
	n := len(p) / classes
	class, confidence = make([]int32, n), make([]float64, n)
	for i := range n {
		best := 0
		row := p[i*classes : (i+1)*classes]
		for c, v := range row {
			if math.IsNaN(v) {
				return nil, nil, fmt.Errorf("probability of class %d of sample %d is NaN: %w", c, i, infer.ErrNotFinite)
			}
			if v > row[best] {
				best = c
			}
		}
		class[i], confidence[i] = int32(best), row[best]
	}
	return class, confidence, nil
}
