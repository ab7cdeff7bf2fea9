package native

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A run is one pass through a program.
type run struct {
	*program
	ctx     context.Context
	arena   *arena
	tensors []tensor.Tensor // by slot
	buffers []*buffer       // by slot; nil for weights and inputs, which are not ours
	made    []*buffer       // in the current step
	seen    func(slot int) error
}

// Run feeds the inputs and calls visit with each wanted value as soon as it exists.
func (p *program) Run(ctx context.Context, feeds map[string]tensor.Tensor, visit func(string, tensor.Tensor) error) error {
	r := &run{program: p, ctx: ctx, tensors: slices.Clone(p.constants), buffers: make([]*buffer, len(p.names))}
	sizes, err := r.feed(feeds)
	if err != nil {
		return err
	}
	if p.options.Memory > 0 {
		if need := p.peak(sizes); need > p.options.Memory {
			return &engine.MemoryError{Need: need, Limit: p.options.Memory}
		}
	}
	if r.arena, err = p.take(); err != nil {
		return err
	}
	r.seen = func(slot int) error {
		if !p.wanted[slot] || visit == nil {
			return nil
		}
		return visit(p.names[slot], r.tensors[slot])
	}
	if err := r.all(); err != nil {
		return err
	}
	p.give(r.arena)
	return nil
}

// all shows the inputs and weights that someone wants and runs the steps.
func (r *run) all() error {
	for slot, t := range r.tensors {
		if t.Valid() {
			if err := r.seen(slot); err != nil {
				return err
			}
		}
	}
	for i := range r.steps {
		if err := r.step(&r.steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// feed checks the inputs and gives the sizes of their named dimensions.
func (r *run) feed(feeds map[string]tensor.Tensor) (engine.Sizes, error) {
	sizes, err := engine.Feed(r.graph, feeds, r.options.Float64)
	if err != nil {
		return nil, err
	}
	for name, t := range feeds {
		if r.options.Float64 {
			t = widened(t)
		}
		if t.Valid() {
			r.tensors[r.slots[name]] = t
		}
	}
	return sizes, nil
}

// take returns the memory of a finished run, or a new arena.
func (p *program) take() (*arena, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("the program is closed")
	}
	if n := len(p.arenas); n > 0 {
		a := p.arenas[n-1]
		p.arenas = p.arenas[:n-1]
		return a, nil
	}
	return &arena{limit: p.options.Memory}, nil
}

// give keeps the memory of a finished run for the next.
func (p *program) give(a *arena) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.arenas = append(p.arenas, a)
	}
}

// step runs one step, shows what is wanted of its outputs and frees what is dead.
func (r *run) step(s *step) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	in := make([]tensor.Tensor, len(s.inputs))
	for i, at := range s.inputs {
		if at < 0 {
			continue
		}
		if in[i] = r.tensors[at]; !in[i].Valid() {
			return fmt.Errorf("node %d %q (%s): input %q has no value", s.index, s.node.Name, s.node.Op, r.names[at])
		}
	}
	out, err := r.call(s, in)
	if stop := r.ctx.Err(); stop != nil {
		return stop // and what the operator left unfinished is seen by nobody
	}
	if err != nil {
		return fmt.Errorf("node %d %q (%s): %w", s.index, s.node.Name, s.node.Op, err)
	}
	if err := r.store(s, out); err != nil {
		return err
	}
	for _, at := range s.outputs {
		if at >= 0 && r.tensors[at].Valid() {
			if err := r.seen(at); err != nil {
				return err
			}
			if err := r.ctx.Err(); err != nil {
				return err
			}
		}
	}
	for _, at := range s.dead {
		if r.constants[at].Valid() {
			continue
		}
		r.arena.release(r.buffers[at])
		r.tensors[at], r.buffers[at] = tensor.Tensor{}, nil
	}
	return nil
}

// call runs the operator; what a bad file makes it panic with is an error like any other.
func (r *run) call(s *step, in []tensor.Tensor) (out []tensor.Tensor, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	r.made = r.made[:0]
	reuse := r.dying(s)
	x := &op.Exec{Workers: r.options.Workers, Outputs: len(s.outputs), Stop: r.ctx.Err, Wide: r.options.Float64, Limit: r.options.Memory}
	x.Alloc = func(d tensor.DType, shape ...int) (tensor.Tensor, error) {
		for i, at := range reuse {
			if t := r.tensors[at]; t.DType() == d && slices.Equal(t.Shape(), shape) {
				reuse = slices.Delete(reuse, i, i+1)
				return t, nil
			}
		}
		n := 1
		for _, v := range shape {
			n *= v
		}
		b, err := r.arena.buffer(d, n)
		if err != nil {
			return tensor.Tensor{}, err
		}
		b.refs = 1
		r.made = append(r.made, b)
		return b.tensor(d, n, shape), nil
	}
	if s.bodies != nil {
		return r.control(s, x, in)
	}
	return s.run(x, nil, in)
}

// dying lists the inputs whose memory an elementwise step may write its output to.
func (r *run) dying(s *step) (out []int) {
	if !s.inPlace {
		return nil
	}
	for _, at := range s.dead {
		if b := r.buffers[at]; b != nil && b.refs == 1 && !slices.Contains(s.outputs, at) {
			out = append(out, at)
		}
	}
	return out
}

// store puts the outputs into their slots and finds out whose memory they lie in.
func (r *run) store(s *step, out []tensor.Tensor) error {
	for i, at := range s.outputs {
		if at < 0 {
			continue
		}
		if i >= len(out) || !out[i].Valid() {
			return fmt.Errorf("node %d %q (%s): output %d %q is not calculated", s.index, s.node.Name, s.node.Op, i+1, r.names[at])
		}
		t := out[i]
		if r.options.Float64 {
			t = widened(t)
		}
		r.tensors[at] = t
		r.buffers[at] = r.owner(s, t)
		if b := r.buffers[at]; b != nil {
			b.refs++
		}
	}
	for _, b := range r.made {
		r.arena.release(b) // the call's own claim
	}
	return nil
}

// owner returns the buffer that a tensor lies in, nil if it is not one of the run's.
func (r *run) owner(s *step, t tensor.Tensor) *buffer {
	for _, b := range r.made {
		if b.holds(t) {
			return b
		}
	}
	for _, at := range s.inputs {
		if at >= 0 && r.buffers[at].holds(t) {
			return r.buffers[at]
		}
	}
	return nil
}
