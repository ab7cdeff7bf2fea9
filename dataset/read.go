package dataset

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/tensor"
)

// A Batch is some samples as a network is fed them.
type Batch struct {
	Indices   []int
	Inputs    map[string]tensor.Tensor // by the network's input names; the batch is the first dimension
	NotFinite []int                    // positions in the batch whose input holds NaN or Inf
}

// Read returns the samples named, preprocessed. Tensors of feeds that fit are written over and used
// again; feeds may be nil. What a set returns is the caller's own: no file lies under it.
func (s *Set) Read(ctx context.Context, indices []int, feeds map[string]tensor.Tensor) (Batch, error) {
	b := Batch{Indices: indices, Inputs: make(map[string]tensor.Tensor, len(s.inputs))}
	for _, i := range indices {
		if i < 0 || i >= s.N() {
			return b, fmt.Errorf("%s: sample %d of %d", s.Name, i, s.N())
		}
	}
	for _, in := range s.inputs {
		if in.source == nil {
			continue
		}
		t, err := s.readInput(ctx, in, indices, feeds[in.Name])
		if err != nil {
			return b, err
		}
		b.Inputs[in.Name] = t
		b.NotFinite = append(b.NotFinite, notFinite(t)...)
	}
	for _, in := range s.inputs {
		if in.source != nil {
			continue
		}
		t, err := in.fill(len(indices), b.Inputs)
		if err != nil {
			return b, err
		}
		b.Inputs[in.Name] = t
	}
	slices.Sort(b.NotFinite)
	b.NotFinite = slices.Compact(b.NotFinite)
	return b, nil
}

func (s *Set) readInput(ctx context.Context, in *input, indices []int, reuse tensor.Tensor) (tensor.Tensor, error) {
	shape := append([]int{len(indices)}, in.plan.shape...)
	to := in.DType
	if to == tensor.Invalid {
		to = tensor.Float32
	}
	if in.plan.picture == nil {
		return s.readPlain(in, indices, shape, to, reuse)
	}
	out := reuse
	if to != tensor.Float32 || out.DType() != tensor.Float32 || !slices.Equal(out.Shape(), shape) {
		out = tensor.New(tensor.Float32, shape...)
	}
	if err := s.readPictures(ctx, in, indices, out); err != nil {
		return out, err
	}
	return convert(out, to)
}

// readPlain reads values that are no pictures; float32 values fed as they are go from the file to the
// batch in one copy.
func (s *Set) readPlain(in *input, indices []int, shape []int, to tensor.DType, reuse tensor.Tensor) (tensor.Tensor, error) {
	g, ok := in.source.(gatherer)
	if !ok {
		return tensor.Tensor{}, fmt.Errorf("%s: input %q wants numbers, the samples are pictures", s.Name, in.Name)
	}
	raw := reuse
	if in.source.dtype() != to || raw.DType() != to || !slices.Equal(raw.Shape(), shape) {
		raw = tensor.New(in.source.dtype(), shape...)
	}
	if err := g.gather(raw, indices); err != nil {
		return raw, err
	}
	if p := in.plan; p.scale != 0 {
		f, err := convert(raw, tensor.Float32)
		if err != nil {
			return raw, fmt.Errorf("%s: %w", s.Name, err)
		}
		p.standardise(f.Float32s())
		raw = f
	}
	out, err := convert(raw, to)
	if err != nil {
		return out, fmt.Errorf("%s: input %q: %w", s.Name, in.Name, err)
	}
	return out, nil
}

func (p *plan) standardise(all []float32) {
	n := product(p.shape)
	at := func(m []float64, i int, without float64) float64 {
		switch len(m) {
		case 0:
			return without
		case 1:
			return m[0]
		}
		return m[i%n]
	}
	for i, v := range all {
		all[i] = float32((float64(v)*p.scale + p.shift - at(p.mean, i, 0)) / at(p.std, i, 1))
	}
}

// readPictures preprocesses samples on several goroutines, each its own rows.
func (s *Set) readPictures(ctx context.Context, in *input, indices []int, out tensor.Tensor) error {
	row := out.Len() / max(1, len(indices))
	var stored tensor.Tensor
	if g, ok := in.source.(gatherer); ok {
		stored = tensor.New(in.source.dtype(), append([]int{len(indices)}, in.source.shape()...)...)
		if err := g.gather(stored, indices); err != nil {
			return err
		}
	}
	one := func(_ context.Context, k int) error {
		var t tensor.Tensor
		var err error
		if stored.Valid() {
			t = stored.Rows(k, k+1).Reshape(in.source.shape()...)
		} else {
			t, err = in.source.sample(indices[k])
		}
		if err == nil {
			err = in.plan.picture.apply(out.Float32s()[k*row:(k+1)*row], t)
		}
		if err != nil {
			return fmt.Errorf("sample %s: %w", s.IDs[indices[k]], err)
		}
		return nil
	}
	jobs := s.options.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return parallel.Each(ctx, jobs, len(indices), one)
}

// notFinite returns the rows that hold NaN or Inf.
func notFinite(t tensor.Tensor) []int {
	if t.DType() != tensor.Float32 || t.Len() == 0 {
		return nil
	}
	all := t.Float32s()
	row := t.Len() / t.Dim(0)
	var bad []int
	for i := range t.Dim(0) {
		if !finite(all[i*row : (i+1)*row]) {
			bad = append(bad, i)
		}
	}
	return bad
}

// finite adds up x - x, which is zero for all numbers and NaN for NaN and Inf; four sums at a time, since
// each waits for its last addition.
func finite(xs []float32) bool {
	var a, b, c, d float32
	for ; len(xs) >= 4; xs = xs[4:] {
		a += xs[0] - xs[0]
		b += xs[1] - xs[1]
		c += xs[2] - xs[2]
		d += xs[3] - xs[3]
	}
	for _, x := range xs {
		a += x - x
	}
	return a+b+c+d == 0
}
