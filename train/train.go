package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// Options of a training. Losses, Schedule, and Steps or Epochs are wanted; everything else may be zero. Weights
// and layers are named by their names or patterns of them (path.Match).
type Options struct {
	Losses    []Term
	Optimiser Optimiser // SGD if nil
	Schedule  Schedule
	Batch     int // samples a step; 32 if 0
	Steps     int
	Epochs    int // instead of Steps
	DropLast  bool
	// Order returns the samples of an epoch, as many in each; nil shuffles all n.
	Order func(epoch, n int) []int
	Seed  uint64

	Trained []string                 // what is trained; nil is what Learned lists
	Frozen  []string                 // what of it stays as it is. A normalisation without trained weights uses its stored statistics.
	Masks   map[string]tensor.Tensor // by weight: 0 where it is zero and stays so, 1 elsewhere
	Penalty Penalty
	Clip    Clip
	Dropout []Dropout
	Noise   Noise
	Mixup   float64 // samples are mixed in pairs, by a share from Beta(Mixup, Mixup); 0 for none

	Validation *Validation // nil trains all steps
	Checkpoint Checkpoint
	Log        io.Writer              // JSON lines of step, name, value (docs/training.md); nil for none
	LogEvery   int                    // steps between its entries; 1 if 0
	Progress   func(p Progress) error // called after each step; an error ends the training
	Engine     engine.Engine          // native if nil
	Workers    int                    // goroutines; the result does not depend on it
	Memory     int64                  // most bytes a run of the network may hold; 0 is no limit
}

// Progress is how far a training is.
type Progress struct {
	Step, Steps int // Step is 1 after the first
	Epoch       int // 0 for the first
	Loss, Rate  float64
	Validation  float64       // the latest loss of the validation samples, 0 before the first
	Elapsed     time.Duration // of this run
	Left        time.Duration // if the other steps take as long
}

// A Result is a trained network.
type Result struct {
	Graph   *graph.Graph // what was given, with the weights of the last step, or of the best where there is validation
	Step    int          // whose weights these are
	Steps   int          // that were taken
	Loss    float64      // of the last batch
	Best    float64      // loss of the validation samples with these weights
	Stopped bool         // because the validation loss no longer fell
}

// A DivergedError is a training whose numbers are none any more.
type DivergedError struct {
	Step int
	What string // the loss, or the gradient of a weight
}

// Error says when and where.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("step %d: %s is not finite", e.Step, e.What)
}

// Run trains a network on samples. The graph that is given stays as it is. When ctx ends, a checkpoint is written
// if one is asked for, and the context's error returned.
func Run(ctx context.Context, g *graph.Graph, data Source, o Options) (*Result, error) {
	t, err := prepare(ctx, g, data, o)
	if err != nil {
		return nil, err
	}
	defer t.net.close()
	if err := t.resume(); err != nil {
		return nil, err
	}
	began, from := time.Now(), t.step
	for {
		err := t.validate(ctx) // which may be due still where a training goes on
		if err == nil && (t.saves() || t.done()) {
			err = t.save()
		}
		if err == nil && t.done() {
			return t.result()
		}
		if err == nil {
			err = t.advance(ctx)
		}
		if ctx.Err() != nil {
			if err := t.save(); err != nil {
				return nil, fmt.Errorf("%w; %w", ctx.Err(), err)
			}
			return nil, ctx.Err()
		}
		if err == nil {
			err = t.report(began, from)
		}
		if err != nil {
			return nil, err
		}
	}
}

// done says whether no step is left to take.
func (t *trainer) done() bool { return t.step >= t.options.Steps || t.stopped }

// A trainer is a training under way. What later steps depend on is weights, slots, step, and the state of the
// validation; checkpoint.go lists the same.
type trainer struct {
	options  Options
	data     Source
	net      *network
	order    *order
	weights  []*weight
	values   map[string]tensor.Tensor // of all weights that change, by name
	settings string                   // a hash of all that the result depends on
	step     int                      // that were taken
	loss     float64
	terms    []float64
	norm     float64 // of the gradient before it was clipped
	part     float64 // that it was multiplied by
	watch
}

// A weight is one that is trained.
type weight struct {
	name   string
	layer  string
	w, g   []float32
	at     []float32 // where the gradient is taken, if that is not w
	before []float32 // w before the update, for the log
	slots  [][]float32
	mask   []float32
	raw    raw
	decay  bool // penalty and weight decay are for it
}

func prepare(ctx context.Context, g *graph.Graph, data Source, o Options) (*trainer, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	t := &trainer{options: o, data: data, values: map[string]tensor.Tensor{}}
	if t.order, err = newOrder(o, data.Len()); err != nil {
		return nil, err
	}
	if t.options.Steps == 0 {
		t.options.Steps = o.Epochs * t.order.steps
	}
	if err := checkSchedule(o.Schedule, t.options.Steps); err != nil {
		return nil, err
	}
	trained, layers, err := chosen(g, o)
	if err != nil {
		return nil, err
	}
	first, err := data.Batch(ctx, t.order.at(0))
	if err != nil {
		return nil, err
	}
	if t.net, err = build(ctx, g, t.options, trained, first); err != nil {
		return nil, err
	}
	if err = t.lay(layers); err == nil {
		t.settings, err = t.fingerprint(first)
	}
	if err != nil {
		t.net.close()
		return nil, err
	}
	return t, nil
}

// complete fills in defaults and refuses what cannot be.
func (o Options) complete() (Options, error) {
	o.Batch, o.LogEvery = or(o.Batch, 32), or(o.LogEvery, 1)
	if o.Optimiser == nil {
		o.Optimiser = SGD{}
	}
	if o.Engine == nil {
		o.Engine = native.Engine{}
	}
	if o.Validation != nil {
		v := *o.Validation
		v.Batch = or(v.Batch, o.Batch)
		o.Validation = &v
	}
	switch {
	case (o.Steps > 0) == (o.Epochs > 0):
		return o, fmt.Errorf("%d steps and %d epochs, want one of them above 0", o.Steps, o.Epochs)
	case o.Batch < 0 || o.LogEvery < 0:
		return o, fmt.Errorf("a batch of %d and a log every %d steps, want more than 0", o.Batch, o.LogEvery)
	case !(o.Mixup >= 0) || math.IsInf(o.Mixup, 0):
		return o, fmt.Errorf("mixup of %v, want a number of at least 0", o.Mixup)
	}
	for _, v := range []float64{o.Penalty.L1, o.Penalty.L2, o.Clip.Norm, o.Clip.Value, o.Noise.Input, o.Noise.Weight, o.Noise.Gradient} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return o, fmt.Errorf("a penalty, clip or noise of %v, want a number of at least 0", v)
		}
	}
	return o, nil
}

// chosen returns the weights to train, in order of name, and the layers of all weights.
func chosen(g *graph.Graph, o Options) ([]string, map[string]string, error) {
	never := statistics(g)
	all := slices.DeleteFunc(slices.Sorted(maps.Keys(g.Weights)), func(s string) bool {
		return never[s] || g.Weights[s].DType() != tensor.Float32
	})
	layers := owners(g, all)
	trained := slices.DeleteFunc(Learned(g), func(s string) bool { return never[s] })
	if o.Trained != nil {
		some, err := choose("trained", o.Trained, all, layers)
		if err != nil {
			return nil, nil, err
		}
		trained = slices.Sorted(maps.Keys(some))
	}
	frozen, err := choose("frozen", o.Frozen, trained, layers)
	if err != nil {
		return nil, nil, err
	}
	trained = slices.DeleteFunc(trained, func(s string) bool { return frozen[s] })
	if len(trained) == 0 {
		return nil, nil, errors.New("no weight of the network is trained")
	}
	return trained, layers, nil
}

// lay makes room for what changes.
func (t *trainer) lay(layers map[string]string) error {
	o, g := &t.options, t.net.graph
	for _, name := range t.net.changing() {
		if g.Weights[name].DType() != tensor.Float32 {
			return fmt.Errorf("weight %q is %v, want float32", name, g.Weights[name])
		}
		t.values[name] = g.Weights[name].Clone()
	}
	spared, err := choose("penalty", o.Penalty.Exclude, t.net.trained, layers)
	if err != nil {
		return err
	}
	for _, name := range t.net.trained {
		v := t.values[name]
		w := &weight{name: name, layer: layers[name], w: v.Float32s(), g: make([]float32, v.Len())}
		w.decay = !spared[name] && (o.Penalty.Vectors || v.Rank() != 1)
		for range o.Optimiser.Slots() {
			w.slots = append(w.slots, make([]float32, v.Len()))
		}
		t.weights = append(t.weights, w)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Masks)) {
		m := o.Masks[name]
		i := slices.Index(t.net.trained, name)
		if i < 0 || m.DType() != tensor.Float32 || !slices.Equal(m.Shape(), t.values[name].Shape()) {
			return fmt.Errorf("mask of %q is %v, want the type and shape of a weight that is trained", name, m)
		}
		t.weights[i].mask = m.Float32s()
		multiply(t.weights[i].w, m.Float32s())
	}
	return nil
}

// result gives the graph its weights.
func (t *trainer) result() (*Result, error) {
	r := &Result{Step: t.step, Steps: t.step, Loss: t.loss, Stopped: t.stopped}
	values := t.values
	if t.best != nil {
		values, r.Step, r.Best = t.best, t.bestStep, t.bestLoss
	}
	own := map[string]tensor.Tensor{}
	for name, v := range values {
		own[name] = v.Clone()
	}
	var err error
	r.Graph, err = t.net.graph.ReplaceWeights(own)
	return r, err
}

// report calls whoever wants to know how far a training is.
func (t *trainer) report(began time.Time, from int) error {
	if t.options.Progress == nil {
		return nil
	}
	p := Progress{Step: t.step, Steps: t.options.Steps, Epoch: (t.step - 1) / t.order.steps, Loss: t.loss, Rate: t.rate(t.step - 1),
		Validation: t.latest, Elapsed: time.Since(began)}
	p.Left = p.Elapsed / time.Duration(t.step-from) * time.Duration(p.Steps-p.Step)
	return t.options.Progress(p)
}

// rate is the learning rate of a step, 0 for the first.
func (t *trainer) rate(step int) float64 { return t.options.Schedule.Rate(step, t.options.Steps) }
