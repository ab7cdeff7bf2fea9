package train

import (
	"context"
	"errors"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// A Validation looks at samples that are not trained on. The weights of the least loss are the result; running
// statistics of normalisations count as weights.
type Validation struct {
	Data     Source
	Every    int     // steps between looks; 0 is once an epoch. The last step is looked at, too.
	Batch    int     // samples at a time; Options.Batch if 0
	Patience int     // looks without a lesser loss after which the training stops; 0 never stops
	Least    float64 // by how much a loss has to be less to count
}

// A watch is what validation has seen.
type watch struct {
	looked   int // the step looked at last
	latest   float64
	best     map[string]tensor.Tensor // nil before the first look
	bestLoss float64
	bestStep int
	waited   int // looks since
	stopped  bool
}

// validate takes a look if one is due that was not taken.
func (t *trainer) validate(ctx context.Context) error {
	v := t.options.Validation
	if v == nil || t.step == 0 || t.looked == t.step {
		return nil
	}
	if t.step%or(v.Every, t.order.steps) != 0 && t.step != t.options.Steps {
		return nil
	}
	loss, err := t.judge(ctx)
	if err != nil {
		return err
	}
	t.looked, t.latest = t.step, loss
	if t.best != nil && !(loss < t.bestLoss-v.Least) {
		t.waited++
		t.stopped = v.Patience > 0 && t.waited >= v.Patience
		return t.write("validation", loss)
	}
	t.best = map[string]tensor.Tensor{}
	for name, w := range t.values {
		t.best[name] = w.Clone()
	}
	t.bestLoss, t.bestStep, t.waited = loss, t.step, 0
	return t.write("validation", loss)
}

// judge is the mean loss of the validation samples.
func (t *trainer) judge(ctx context.Context) (float64, error) {
	v, p := t.options.Validation, t.net.judging
	n, sum := v.Data.Len(), 0.0
	if n == 0 {
		return 0, errors.New("there are no validation samples")
	}
	for lo := 0; lo < n; lo += v.Batch {
		var samples []int
		for i := lo; i < min(lo+v.Batch, n); i++ {
			samples = append(samples, i)
		}
		batch, err := v.Data.Batch(ctx, samples)
		if err != nil {
			return 0, err
		}
		feeds, err := t.net.feeds(ctx, p, batch)
		if err != nil {
			return 0, err
		}
		for name, w := range t.values {
			feeds[name] = w
		}
		if err := p.Run(ctx, feeds, func(name string, w tensor.Tensor) error {
			if name == p.total {
				sum += float64(w.Float32s()[0]) * float64(len(samples))
			}
			return nil
		}); err != nil {
			return 0, err
		}
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return 0, &DivergedError{Step: t.step, What: "the loss of the validation samples"}
	}
	return sum / float64(n), nil
}
