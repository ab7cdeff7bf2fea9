package train

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/tensor"
)

// A Source holds samples.
type Source interface {
	// Len is how many there are.
	Len() int
	// Batch returns samples as the network's inputs and the losses' targets, by name; the sample is the first
	// dimension. Other fields are left alone. The tensors belong to the source and are read until the next call.
	Batch(ctx context.Context, samples []int) (map[string]tensor.Tensor, error)
}

// Tensors are samples in memory, a tensor a field.
type Tensors map[string]tensor.Tensor

// Len is the smallest number of rows, so that a field of fewer is found when a batch is read.
func (t Tensors) Len() int {
	n := -1
	for _, v := range t {
		if rows := v.Dim(0); n < 0 || rows < n {
			n = rows
		}
	}
	return max(n, 0)
}

// Batch gathers rows.
func (t Tensors) Batch(_ context.Context, samples []int) (map[string]tensor.Tensor, error) {
	out := map[string]tensor.Tensor{}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		v := t[name]
		if v.Dim(0) != t.Len() {
			return nil, fmt.Errorf("field %q has %d samples, another %d", name, v.Dim(0), t.Len())
		}
		for _, i := range samples {
			if i < 0 || i >= t.Len() {
				return nil, fmt.Errorf("sample %d of %d", i, t.Len())
			}
		}
		out[name] = gather(v, samples)
	}
	return out, nil
}

// gather returns rows of a tensor.
func gather(t tensor.Tensor, rows []int) tensor.Tensor {
	out := tensor.New(t.DType(), append([]int{len(rows)}, t.Shape()[1:]...)...)
	for i, r := range rows {
		copyRow(out.Rows(i, i+1), t.Rows(r, r+1))
	}
	return out
}

func copyRow(dst, src tensor.Tensor) {
	switch src.DType() {
	case tensor.Float32:
		copy(dst.Float32s(), src.Float32s())
	case tensor.Float64:
		copy(dst.Float64s(), src.Float64s())
	case tensor.Int64:
		copy(dst.Int64s(), src.Int64s())
	case tensor.Int32:
		copy(tensor.Data[int32](dst), tensor.Data[int32](src))
	case tensor.Uint8:
		copy(tensor.Data[uint8](dst), tensor.Data[uint8](src))
	case tensor.Bool:
		copy(tensor.Data[bool](dst), tensor.Data[bool](src))
	default:
		panic(fmt.Sprintf("train: rows of %v", src))
	}
}

// Set are samples of a data set, such as those of a split: the network's inputs, "label" (int64, below 0 where
// there is none) or, where the task has no single label a sample, "target".
type Set struct {
	Data    *dataset.Set
	Samples []int // of Data
}

// Split are all samples of a split.
func Split(data *dataset.Set, split dataset.Split) Set {
	s := Set{Data: data}
	for i, of := range data.Splits {
		if of == split {
			s.Samples = append(s.Samples, i)
		}
	}
	return s
}

// Len is the number of Samples.
func (s Set) Len() int { return len(s.Samples) }

// Batch reads them.
func (s Set) Batch(ctx context.Context, samples []int) (map[string]tensor.Tensor, error) {
	at := make([]int, len(samples))
	for i, k := range samples {
		at[i] = s.Samples[k]
	}
	b, err := s.Data.Read(ctx, at, nil)
	if err != nil {
		return nil, err
	}
	if len(b.NotFinite) > 0 {
		return nil, fmt.Errorf("sample %s holds a value that is not finite", s.Data.IDs[at[b.NotFinite[0]]])
	}
	if s.Data.Labels != nil {
		labels := make([]int64, len(at))
		for i, k := range at {
			labels[i] = int64(s.Data.Labels[k])
		}
		b.Inputs["label"] = tensor.Of(labels, len(labels))
	} else if s.Data.Labelled() {
		if b.Inputs["target"], err = s.Data.ReadTargets(at); err != nil {
			return nil, err
		}
	}
	return b.Inputs, nil
}

// An order says which samples each step takes.
type order struct {
	list    func(epoch int) []int
	batch   int
	steps   int // an epoch
	epoch   int // of current
	current []int
}

// shuffled is the order of an epoch where the options give none.
func shuffled(seed uint64, epoch, n int) []int {
	return infer.Rand(seed, "train", "order", strconv.Itoa(epoch)).Perm(n)
}

func newOrder(o Options, n int) (*order, error) {
	d := &order{batch: o.Batch, epoch: -1}
	d.list = func(epoch int) []int { return shuffled(o.Seed, epoch, n) }
	if o.Order != nil {
		d.list = func(epoch int) []int { return o.Order(epoch, n) }
	}
	first := len(d.list(0))
	d.steps = first / o.Batch
	if !o.DropLast && first%o.Batch > 0 {
		d.steps++
	}
	if d.steps == 0 {
		return nil, fmt.Errorf("%d samples an epoch give no batch of %d", first, o.Batch)
	}
	return d, nil
}

// at returns the samples of a step, 0 for the first.
func (d *order) at(step int) []int {
	if epoch := step / d.steps; epoch != d.epoch {
		d.epoch, d.current = epoch, d.list(epoch)
	}
	lo := min(step%d.steps*d.batch, len(d.current))
	return d.current[lo:min(lo+d.batch, len(d.current))]
}
