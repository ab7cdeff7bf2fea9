package metric

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// A Linear is a classifier by linear scores z = W x + b.
type Linear struct {
	Weight   []float32 // [classes, features]
	Bias     []float32 // [classes], nil for none
	Classes  int
	Features int
}

// A Margin is how far a sample lies from where the prediction changes: Distance is the length, in the
// sample's units, of the smallest change of it that makes class Other as good as Class, which is predicted.
type Margin struct {
	Class, Other int32
	Distance     float64
}

// Margins returns the distance of each row of samples [samples, features] to the nearest boundary of the
// class that is predicted for it: the least |z_a - z_b| / ||w_a - w_b||_2, which is exact for linear scores
// (Moosavi-Dezfooli et al. 2016, eq. 7). Classes with the weights of the predicted one have no boundary with
// it; where none has, the reason is ErrConstant.
func (l Linear) Margins(samples []float32) ([]Margin, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if len(samples) == 0 || len(samples)%l.Features != 0 {
		return nil, fmt.Errorf("%d values in rows of %d features: %w", len(samples), l.Features, infer.ErrRange)
	}
	out := make([]Margin, len(samples)/l.Features)
	z := make([]float64, l.Classes)
	apart := make([][]float64, l.Classes) // lengths of w_a - w_b, made for classes that are predicted
	for i := range out {
		best := l.scores(z, samples[i*l.Features:(i+1)*l.Features])
		if err := infer.Finite(z); err != nil {
			return nil, fmt.Errorf("scores of sample %d: %w", i, err)
		}
		if apart[best] == nil {
			apart[best] = l.apart(best)
		}
		m := Margin{Class: int32(best), Other: -1, Distance: math.Inf(1)}
		for c, length := range apart[best] {
			if d := (z[best] - z[c]) / length; length > 0 && d < m.Distance {
				m.Other, m.Distance = int32(c), d
			}
		}
		if m.Other < 0 {
			return nil, fmt.Errorf("sample %d: no class has other weights than class %d: %w", i, best, infer.ErrConstant)
		}
		out[i] = m
	}
	return out, nil
}

func (l Linear) check() error {
	if l.Classes < 2 || l.Features < 1 || len(l.Weight) != l.Classes*l.Features || l.Bias != nil && len(l.Bias) != l.Classes {
		return fmt.Errorf("%d weights and %d biases for %d classes of %d features: %w", len(l.Weight), len(l.Bias), l.Classes, l.Features, infer.ErrRange)
	}
	for i, w := range l.Weight {
		if v := float64(w); v-v != 0 {
			return fmt.Errorf("weight %d of class %d is %v: %w", i%l.Features, i/l.Features, v, infer.ErrNotFinite)
		}
	}
	return nil
}

// scores fills in the scores of a sample and returns the class of the highest, the lowest of equal ones.
func (l Linear) scores(z []float64, x []float32) int {
	best := 0
	for c := range z {
		var s float64
		if l.Bias != nil {
			s = float64(l.Bias[c])
		}
		for k, w := range l.Weight[c*l.Features : (c+1)*l.Features] {
			s += float64(float64(w) * float64(x[k]))
		}
		if z[c] = s; s > z[best] {
			best = c
		}
	}
	return best
}

func (l Linear) apart(a int) []float64 {
	out := make([]float64, l.Classes)
	for b := range out {
		for k, w := range l.Weight[b*l.Features : (b+1)*l.Features] {
			d := float64(l.Weight[a*l.Features+k]) - float64(w)
			out[b] += float64(d * d)
		}
		out[b] = math.Sqrt(out[b])
	}
	return out
}
