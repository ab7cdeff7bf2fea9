package train

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/dataset"
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
		if v.Rank() == 0 {
			return 0
		}
		if rows := v.Dim(0); n < 0 || rows < n {
			n = rows
		}
	}
	return max(n, 0)
}

// Batch gathers rows.
func (t Tensors) Batch(_ context.Context, samples []int) (map[string]tensor.Tensor, error) {
	out, n := map[string]tensor.Tensor{}, t.Len()
	for _, i := range samples {
		if i < 0 || i >= n {
			return nil, fmt.Errorf("sample %d of %d", i, n)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		v := t[name]
		if v.Rank() == 0 || v.Dim(0) != n {
			return nil, fmt.Errorf("field %q is %v, want as many samples as in another, %d", name, v, n)
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
		copyAs[int32](dst, src)
	case tensor.Int16:
		copyAs[int16](dst, src)
	case tensor.Int8:
		copyAs[int8](dst, src)
	case tensor.Uint64:
		copyAs[uint64](dst, src)
	case tensor.Uint32:
		copyAs[uint32](dst, src)
	case tensor.Uint16:
		copyAs[uint16](dst, src)
	case tensor.Uint8:
		copyAs[uint8](dst, src)
	case tensor.Bool:
		copyAs[bool](dst, src)
	case tensor.String:
		copyAs[string](dst, src)
	}
}

func copyAs[T tensor.Element](dst, src tensor.Tensor) {
	copy(tensor.Data[T](dst), tensor.Data[T](src))
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
