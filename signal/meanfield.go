package signal

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// An Activation is the function of a layer's units.
type Activation int

// The activations of the theory.
const (
	ReLU Activation = iota
	Tanh
)

// MeanField is a deep network as it is drawn, its layers so wide that what reaches a unit is normal (Poole et
// al. 2016; Schoenholz et al. 2017).
type MeanField struct {
	Activation Activation
	Weight     float64 // variance of a weight times the inputs of a unit, sigma_w^2
	Bias       float64 // variance of a bias, sigma_b^2
}

// most is the largest variance that is integrated over; where tanh is a step to it.
const most = 1e4

// Next returns the variance of what reaches the units of a layer from that of the layer before: Weight
// E[phi(sqrt(q) z)^2] + Bias.
func (m MeanField) Next(q float64) (float64, error) {
	if err := m.check(q); err != nil {
		return 0, err
	}
	if m.Activation == ReLU {
		return m.Weight*q/2 + m.Bias, nil
	}
	return m.Weight*normalMean(q, func(u float64) float64 { return square(math.Tanh(u)) }) + m.Bias, nil
}

// Chi returns chi_1 = Weight E[phi'(sqrt(q) z)^2]: the factor by which a small difference of two inputs, and the
// squared norm of a gradient, changes from layer to layer. Below 1 both vanish (ordered), above they grow
// (chaotic).
func (m MeanField) Chi(q float64) (float64, error) {
	if err := m.check(q); err != nil {
		return 0, err
	}
	if m.Activation == ReLU {
		return m.Weight / 2, nil
	}
	return m.Weight * normalMean(q, func(u float64) float64 { return square(1 - square(math.Tanh(u))) }), nil
}

// Correlation returns the correlation of what two inputs send to a layer from theirs in the layer before, in
// which both have variance q. Its slope at 1 is Chi where q is the fixed point.
func (m MeanField) Correlation(q, c float64) (float64, error) {
	if !(c >= -1 && c <= 1) {
		return 0, fmt.Errorf("correlation is %v, want -1 to 1: %w", c, infer.ErrRange)
	}
	next, err := m.Next(q)
	if err != nil {
		return 0, err
	}
	if next == 0 {
		return 0, fmt.Errorf("nothing reaches the layer: %w", infer.ErrConstant)
	}
	var product float64
	if m.Activation == ReLU {
		// The arc-cosine kernel of order 1 (Cho & Saul 2009).
		product = q / 2 * (math.Sqrt(1-c*c) + c*(math.Pi-math.Acos(c))) / math.Pi
	} else {
		product = normalMean(q, func(u float64) float64 {
			return math.Tanh(u) * normalMean(q*(1-c*c), func(v float64) float64 { return math.Tanh(c*u + v) })
		})
	}
	return min(1, max(-1, (m.Weight*product+m.Bias)/next)), nil
}

// FixedPoint returns the variance that depth leads to. ErrRange says that it grows without end, ErrConstant
// that it stays what it is.
func (m MeanField) FixedPoint() (float64, error) {
	if err := m.check(0); err != nil {
		return 0, err
	}
	if m.Activation == ReLU {
		switch {
		case m.Weight == 2 && m.Bias == 0:
			return 0, fmt.Errorf("every variance is kept: %w", infer.ErrConstant)
		case m.Weight >= 2:
			return 0, fmt.Errorf("the variance grows by a factor of %v: %w", m.Weight/2, infer.ErrRange)
		}
		return m.Bias / (1 - m.Weight/2), nil
	}
	if m.Bias == 0 && m.Weight <= 1 {
		return 0, nil
	}
	// tanh^2 is at most 1, and the map is concave: one crossing lies below.
	high := m.Weight + m.Bias
	if err := m.check(high); err != nil {
		return 0, err
	}
	low := high
	grows := func(q float64) bool { next, _ := m.Next(q); return next > q }
	for low > 1e-300 && !grows(low) {
		low /= 2
	}
	for range 60 {
		if mid := low + (high-low)/2; grows(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2, nil
}

func (m MeanField) check(q float64) error {
	if m.Activation != ReLU && m.Activation != Tanh {
		return fmt.Errorf("activation %d is not known: %w", m.Activation, infer.ErrRange)
	}
	if err := infer.Finite([]float64{m.Weight, m.Bias, q}); err != nil {
		return fmt.Errorf("variances of weights, biases and signals: %w", err)
	}
	if m.Weight < 0 || m.Bias < 0 || q < 0 || q > most && m.Activation == Tanh {
		return fmt.Errorf("variances of weights, biases and signals are %v, %v and %v: %w", m.Weight, m.Bias, q, infer.ErrRange)
	}
	return nil
}

// normalMean returns E[f(sqrt(q) z)] for f as smooth as tanh: the rule of trapezoids, which is exact to
// rounding once its step is small beside the distance of the poles, pi/2 from the real axis.
func normalMean(q float64, f func(float64) float64) float64 {
	const far = 9.0
	s := math.Sqrt(q)
	steps := int(math.Ceil(far / 0.25 * max(1, s)))
	h := far / float64(steps)
	var sum float64
	for k := -steps; k <= steps; k++ {
		z := float64(k) * h
		sum += math.Exp(-z*z/2) * f(s*z)
	}
	return sum * h / math.Sqrt(2*math.Pi)
}

func square(v float64) float64 { return v * v }
