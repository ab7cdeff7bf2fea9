package signal

import (
	"errors"
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// ErrNoise is the reason of a noise scale where nothing is left of the gradient but noise.
var ErrNoise = errors.New("noise dominates the gradient")

// GradientNoise collects, step by step, what the noise scale of a gradient is estimated from (McCandlish et
// al. 2018, appendix A). Each step gives an unbiased estimate of the trace of the covariance of single
// samples' gradients, and of the squared norm of their mean; either can come out below 0. The zero value is
// ready.
type GradientNoise struct {
	trace, square []float64
}

// AddBatches adds a step by the squared norms of the mean gradients of a batch and of a larger one; norms of
// several batches of one size are averaged before.
func (g *GradientNoise) AddBatches(small, large int, ofSmall, ofLarge float64) error {
	if small < 1 || large <= small {
		return fmt.Errorf("batches of %d and %d samples, want the second larger: %w", small, large, infer.ErrRange)
	}
	if err := squares(ofSmall, ofLarge); err != nil {
		return err
	}
	b, l := float64(small), float64(large)
	g.trace = append(g.trace, (ofSmall-ofLarge)/(1/b-1/l))
	g.square = append(g.square, (l*ofLarge-b*ofSmall)/(l-b))
	return nil
}

// AddSamples adds a step by the squared norm of each sample's gradient and that of their mean.
func (g *GradientNoise) AddSamples(each []float64, ofMean float64) error {
	n := float64(len(each))
	if n < 2 {
		return fmt.Errorf("gradients of %d samples, want at least 2: %w", len(each), infer.ErrTooFew)
	}
	if err := squares(append([]float64{ofMean}, each...)...); err != nil {
		return err
	}
	total := infer.Total(each)
	trace := (total - n*ofMean) / (n - 1)
	g.trace = append(g.trace, trace)
	g.square = append(g.square, ofMean-trace/n)
	return nil
}

// AddGradients adds a step by the gradients of n samples, one after another.
func (g *GradientNoise) AddGradients(gradients []float32, n int) error {
	if n < 1 || len(gradients)%n != 0 {
		return fmt.Errorf("%d elements in gradients of %d samples: %w", len(gradients), n, infer.ErrRange)
	}
	width := len(gradients) / n
	each, mean := make([]float64, n), make([]float64, width)
	for i, v := range gradients {
		each[i/width] += float64(v) * float64(v)
		mean[i%width] += float64(v) / float64(n)
	}
	var square float64
	for _, m := range mean {
		square += float64(m * m)
	}
	return g.AddSamples(each, square)
}

func squares(norms ...float64) error {
	if err := infer.Finite(norms); err != nil {
		return fmt.Errorf("squared norms: %w", err)
	}
	for i, v := range norms {
		if v < 0 {
			return fmt.Errorf("squared norm %d is %v: %w", i, v, infer.ErrRange)
		}
	}
	return nil
}

// Merge adds the steps of another, which come after its own.
func (g *GradientNoise) Merge(o *GradientNoise) {
	g.trace, g.square = append(g.trace, o.trace...), append(g.square, o.square...)
}

// A NoiseScale is the batch size below which more samples still pay: Simple = Trace / Square. Both are means
// over Steps.
type NoiseScale struct {
	Simple        float64 // in samples
	Trace, Square float64 // of the covariance of single gradients; squared norm of the true gradient
	Steps         int
}

// Scale returns the noise scale of all steps, averages taken before the ratio. ErrNoise says that the squared
// norm of the gradient cannot be told from 0; Trace and Square are given even so.
func (g *GradientNoise) Scale() (NoiseScale, error) {
	s := NoiseScale{Steps: len(g.trace)}
	if s.Steps == 0 {
		return s, fmt.Errorf("noise scale of no steps: %w", infer.ErrTooFew)
	}
	s.Trace, s.Square = infer.Total(g.trace)/float64(s.Steps), infer.Total(g.square)/float64(s.Steps)
	if !(s.Square > 0) {
		return s, fmt.Errorf("squared norm of the gradient is %.3g beside a noise of %.3g: %w", s.Square, s.Trace, ErrNoise)
	}
	s.Simple = max(0, s.Trace) / s.Square
	return s, nil
}

// Estimate returns the noise scale with a standard error, for which one of up to 20 stretches of steps is left
// out at a time, since neighbouring steps are alike.
func (g *GradientNoise) Estimate() (infer.Estimate, error) {
	all, err := g.Scale()
	if err != nil {
		return infer.Estimate{}, err
	}
	parts := min(infer.JackknifeGroups, all.Steps)
	without := make([]float64, parts)
	for k := range without {
		lo, hi := k*all.Steps/parts, (k+1)*all.Steps/parts
		var rest GradientNoise
		rest.Merge(&GradientNoise{g.trace[:lo], g.square[:lo]})
		rest.Merge(&GradientNoise{g.trace[hi:], g.square[hi:]})
		s, err := rest.Scale()
		if err != nil {
			return infer.Estimate{}, fmt.Errorf("without steps %d to %d: %w", lo, hi-1, err)
		}
		without[k] = s.Simple
	}
	return infer.Jackknife(all.Simple, without)
}
