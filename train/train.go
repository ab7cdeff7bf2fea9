package train

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

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
	samples, err := t.order.at(0)
	if err != nil {
		return nil, err
	}
	first, err := data.Batch(ctx, samples)
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
		w := &weight{name: name, w: v.Float32s(), g: make([]float32, v.Len())}
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
	values = maps.Clone(values)
	for _, tie := range t.net.ties {
		values[tie.copy] = tie.value(values[tie.of])
	}
	var err error
	r.Graph, err = t.net.graph.ReplaceWeights(values)
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
