package divergence

import (
	"errors"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// ErrInfinite is the reason of KL(p||q) where q is 0 and p is not.
var ErrInfinite = errors.New("divergence is infinite")

// KL returns sum p ln(p/q) in nats, 0 or more (Kullback & Leibler 1951). It is not symmetric, and no distance.
func KL(p, q []float64) (float64, error) {
	if err := check(p, q); err != nil {
		return 0, err
	}
	var s infer.Sum
	for i, v := range p {
		if v == 0 {
			continue
		}
		if q[i] == 0 {
			return 0, fmt.Errorf("outcome %d has probability %.3g and 0: %w", i, v, ErrInfinite)
		}
		s.Add(v * math.Log(v/q[i]))
	}
	return math.Max(0, s.Value()), nil
}

// JS returns the Jensen-Shannon divergence (KL(p||m) + KL(q||m)) / 2 in nats, m the mean of both (Lin
// 1991), 0 to ln 2; its root is a metric (Endres & Schindelin 2003). Divided by ln 2 it is in bits, 0 to 1.
func JS(p, q []float64) (float64, error) {
	if err := check(p, q); err != nil {
		return 0, err
	}
	return js(p, q), nil
}

func js(p, q []float64) float64 {
	var s infer.Sum
	for i, v := range p {
		m := (v + q[i]) / 2
		for _, w := range [2]float64{v, q[i]} {
			if w > 0 {
				s.Add(w * math.Log(w/m) / 2)
			}
		}
	}
	return math.Min(math.Ln2, math.Max(0, s.Value()))
}

// KLRows returns KL(p||q) in nats for each sample from rows of log probabilities of as many classes, such as those of
// a layer's probe and of the model.
func KLRows(logp, logq []float64, classes int) ([]float64, error) {
	if classes < 1 || len(logp) != len(logq) || len(logp)%classes != 0 {
		return nil, fmt.Errorf("%d and %d log probabilities of %d classes: %w", len(logp), len(logq), classes, infer.ErrRange)
	}
	out := make([]float64, len(logp)/classes)
	p, q := make([]float64, classes), make([]float64, classes)
	for i := range out {
		a, b := logp[i*classes:(i+1)*classes], logq[i*classes:(i+1)*classes]
		for c := range classes {
			p[c], q[c] = math.Exp(a[c]), math.Exp(b[c])
		}
		if err := check(p, q); err != nil {
			return nil, fmt.Errorf("sample %d: %w", i, err)
		}
		var s infer.Sum
		for c, v := range p {
			if v > 0 {
				if math.IsInf(b[c], -1) {
					return nil, fmt.Errorf("sample %d class %d has probability %.3g and 0: %w", i, c, v, ErrInfinite)
				}
				s.Add(v * (a[c] - b[c]))
			}
		}
		out[i] = math.Max(0, s.Value())
	}
	return out, nil
}

// check wants two distributions over the same outcomes.
func check(p, q []float64) error {
	if len(p) != len(q) {
		return fmt.Errorf("%d and %d outcomes, want as many: %w", len(p), len(q), infer.ErrRange)
	}
	if len(p) == 0 {
		return fmt.Errorf("no outcomes: %w", infer.ErrTooFew)
	}
	for _, d := range [][]float64{p, q} {
		if err := infer.Finite(d); err != nil {
			return err
		}
		for i, v := range d {
			if v < 0 {
				return fmt.Errorf("probability of outcome %d is %v, want 0 or more: %w", i, v, infer.ErrRange)
			}
		}
		if total := infer.Total(d); math.Abs(total-1) > 1e-6 {
			return fmt.Errorf("probabilities add up to %v, want 1: %w", total, infer.ErrRange)
		}
	}
	return nil
}
