package train

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/tensor"
)

const piece = 1 << 15 // elements of a weight that are updated at a time

// advance takes one step. Nothing that a checkpoint holds changes before all that may fail is done.
func (t *trainer) advance(ctx context.Context) error {
	o := &t.options
	feeds, err := t.feeds(ctx)
	if err != nil {
		return err
	}
	if err := t.differentiate(ctx, feeds, o.Noise.Weight, false); err != nil {
		return err
	}
	if c, ok := o.Optimiser.(Climber); ok {
		if err := t.climb(ctx, c, feeds); err != nil {
			return err
		}
	}
	if err := t.shape(); err != nil {
		return err
	}
	for _, m := range t.net.norms {
		m.update(t.values)
	}
	t.update()
	t.step++
	return t.record()
}

// feeds makes what the network is fed in this step, weights excepted.
func (t *trainer) feeds(ctx context.Context) (map[string]tensor.Tensor, error) {
	o := &t.options
	samples, err := t.order.at(t.step)
	if err != nil {
		return nil, err
	}
	batch, err := t.data.Batch(ctx, samples)
	if err != nil {
		return nil, err
	}
	feeds, err := t.net.feeds(ctx, t.net.learning, batch)
	if err != nil {
		return nil, err
	}
	for i := range t.net.masks {
		m := &t.net.masks[i]
		feeds[m.input] = t.draw(m, t.net.sizes(ctx, batch)[m.Value])
	}
	if o.Mixup > 0 {
		t.mix(feeds, len(samples))
	}
	if o.Noise.Input > 0 {
		for _, v := range t.net.graph.Inputs {
			if x := feeds[v.Name]; x.DType() == tensor.Float32 {
				x = x.Clone()
				noisy(x.Float32s(), x.Float32s(), o.Noise.Input, t.rand("input", v.Name))
				feeds[v.Name] = x
			}
		}
	}
	return feeds, nil
}

// differentiate fills in the gradients and, unless it is for the second time in a step, the losses and
// statistics of the batch. moved says that they are taken at weight.at.
func (t *trainer) differentiate(ctx context.Context, feeds map[string]tensor.Tensor, noise float64, moved bool) error {
	for name, v := range t.values {
		feeds[name] = v
	}
	for _, w := range t.weights {
		if noise == 0 && !moved {
			break
		}
		from := w.w
		if moved {
			from = w.at
		}
		at := tensor.New(tensor.Float32, t.values[w.name].Shape()...)
		copy(at.Float32s(), from)
		if noise > 0 {
			noisy(at.Float32s(), from, noise, t.rand("weight", w.name))
			multiply(at.Float32s(), w.mask)
		}
		feeds[w.name] = at
	}
	loss, terms := 0.0, make([]float64, len(t.net.learning.terms))
	err := t.net.learning.Run(ctx, feeds, func(name string, v tensor.Tensor) error {
		if i, ok := t.net.grads[name]; ok {
			copy(t.weights[i].g, v.Float32s())
			return nil
		}
		if name == t.net.learning.total {
			loss = float64(v.Float32s()[0])
		}
		for i, s := range t.net.learning.terms {
			if s == name {
				terms[i] = float64(v.Float32s()[0])
			}
		}
		for _, m := range t.net.norms {
			if !moved {
				m.take(name, v)
			}
		}
		return nil
	})
	if err != nil || moved {
		return err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return &DivergedError{Step: t.step + 1, What: "the loss"}
	}
	t.loss, t.terms = loss, terms
	for _, m := range t.net.norms {
		if err := m.see(t.net.sizes(ctx, feeds)[m.input]); err != nil {
			return err
		}
	}
	return nil
}

// climb takes the gradient again where the optimiser wants it.
func (t *trainer) climb(ctx context.Context, c Climber, feeds map[string]tensor.Tensor) error {
	var at, w, g [][]float32
	for _, v := range t.weights {
		if v.at == nil {
			v.at = make([]float32, len(v.w))
		}
		multiply(v.g, v.mask)
		at, w, g = append(at, v.at), append(w, v.w), append(g, v.g)
	}
	c.Climb(at, w, g)
	return t.differentiate(ctx, feeds, t.options.Noise.Weight, true)
}

// shape adds noise to the gradients and clips them.
func (t *trainer) shape() error {
	sum := 0.0
	for _, w := range t.weights {
		multiply(w.g, w.mask)
		s := squares(w.g)
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return &DivergedError{Step: t.step + 1, What: "the gradient of " + w.name}
		}
		if t.logs(t.step + 1) {
			w.measure()
		}
		if t.options.Noise.Gradient > 0 || t.options.Clip.Value > 0 {
			if t.options.Noise.Gradient > 0 {
				noisy(w.g, w.g, t.options.Noise.Gradient, t.rand("gradient", w.name))
				multiply(w.g, w.mask)
			}
			t.options.Clip.values(w.g)
			s = squares(w.g)
		}
		sum += s
	}
	t.norm = math.Sqrt(sum)
	t.part = t.options.Clip.factor(t.norm)
	for _, w := range t.weights {
		scale(w.g, t.part)
	}
	return nil
}

// update moves the weights.
func (t *trainer) update() {
	type part struct {
		w      *weight
		lo, hi int
	}
	var parts []part
	for _, w := range t.weights {
		if t.logs(t.step + 1) {
			w.before = append(w.before[:0], w.w...)
		}
		for lo := 0; lo < len(w.w); lo += piece {
			parts = append(parts, part{w, lo, min(lo+piece, len(w.w))})
		}
	}
	rate := t.rate(t.step)
	_ = parallel.Each(context.Background(), t.options.Workers, len(parts), func(_ context.Context, i int) error {
		p := parts[i]
		var slots [][]float32
		for _, s := range p.w.slots {
			slots = append(slots, s[p.lo:p.hi])
		}
		w := p.w.w[p.lo:p.hi]
		t.options.Optimiser.Update(Move{Step: t.step + 1, Rate: rate, Decay: p.w.decay}, w, p.w.g[p.lo:p.hi], slots)
		if p.w.decay {
			t.options.Penalty.step(w, rate)
		}
		return nil
	})
}

// multiply zeroes what a mask says; a nil mask nothing.
func multiply(v, mask []float32) {
	for i := range mask {
		v[i] *= mask[i]
	}
}
