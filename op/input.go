package op

import (
	"fmt"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// block is how many elements one goroutine takes at a time. Blocks start at multiples of it whatever
// the number of workers is, so that the ends of vector loops fall on the same elements.
const block = 1 << 13

// span calls f for the parts of [0, n), in parallel when that is worth a goroutine.
func span(x *Exec, n int, f func(lo, hi int)) {
	if n <= 4*block || x.Workers <= 1 {
		for lo := 0; lo < n && !x.ended(); lo += block {
			f(lo, min(lo+block, n))
		}
		return
	}
	kernel.Parallel(x.Workers, (n+block-1)/block, func(from, to int) {
		for b := from; b < to && !x.ended(); b++ {
			f(b*block, min(b*block+block, n))
		}
	})
}

// Spans calls f for the parts of [0, n), in parallel when that is worth a goroutine. Parts do not depend on the
// number of workers.
func (x *Exec) Spans(n int, f func(lo, hi int)) { span(x, n, f) }

// each calls f for every i below n, in parallel when the work of all, in elements, is worth it.
func each(x *Exec, n, work int, f func(i int)) {
	workers := x.Workers
	if work < 4*block {
		workers = 1
	}
	every := 1 // how often to ask whether the run goes on
	if work/max(1, n) < block {
		every = 64
	}
	kernel.Parallel(workers, n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if i%every == 0 && x.ended() {
				return
			}
			f(i)
		}
	})
}

// ended says whether the run was cancelled: what is left of an operator need not be done.
func (x *Exec) ended() bool { return x.stopped() != nil }

// endedBefore is ended before so many elementary operations. It asks once per block of them, since who
// answers may count the questions.
func (x *Exec) endedBefore(work int) bool {
	for range 1 + work/block {
		if x.ended() {
			return true
		}
	}
	return false
}

// Ended is the question for kernels that ask it themselves, nil when there is nothing to ask.
func (x *Exec) Ended() func() bool {
	if x.Stop == nil {
		return nil
	}
	return x.ended
}

// stopped asks whether the run was cancelled.
func (x *Exec) stopped() error {
	if x.Stop == nil {
		return nil
	}
	return x.Stop()
}

// check returns an error unless there are between least and most inputs and the first least are given.
func check(in []tensor.Tensor, least, most int) error {
	if len(in) < least || len(in) > most {
		return fmt.Errorf("%d inputs, want %d to %d", len(in), least, most)
	}
	for i := range least {
		if !in[i].Valid() {
			return fmt.Errorf("input %d is absent", i+1)
		}
	}
	return nil
}

// optional returns input i, or an invalid tensor when it is absent.
func optional(in []tensor.Tensor, i int) tensor.Tensor {
	if i < len(in) {
		return in[i]
	}
	return tensor.Tensor{}
}

// same returns an error unless all given inputs have one type.
func same(in ...tensor.Tensor) error {
	for _, t := range in {
		if t.Valid() && t.DType() != in[0].DType() {
			return fmt.Errorf("inputs of types %v and %v, want one type", in[0].DType(), t.DType())
		}
	}
	return nil
}

// unsupported is the error for an element type that an operator does not calculate with.
func unsupported(d tensor.DType) error { return fmt.Errorf("elements of type %v are not supported", d) }

// axisOf brings an axis, which may count from the end, into [0, rank).
func axisOf(axis int64, rank int) (int, error) {
	if axis < -int64(rank) || axis >= int64(rank) {
		return 0, fmt.Errorf("axis %d of a tensor of rank %d", axis, rank)
	}
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis), nil
}

// intsOf returns the elements of an integer tensor.
func intsOf(t tensor.Tensor) ([]int64, error) {
	switch t.DType() {
	case tensor.Int64:
		return t.Int64s(), nil
	case tensor.Int32:
		return widen(tensor.Data[int32](t)), nil
	case tensor.Uint8:
		return widen(tensor.Data[uint8](t)), nil
	case tensor.Int8:
		return widen(tensor.Data[int8](t)), nil
	case tensor.Int16:
		return widen(tensor.Data[int16](t)), nil
	case tensor.Uint16:
		return widen(tensor.Data[uint16](t)), nil
	case tensor.Uint32:
		return widen(tensor.Data[uint32](t)), nil
	}
	return nil, fmt.Errorf("elements of type %v, want integers", t.DType())
}

func widen[T int32 | int16 | int8 | uint32 | uint16 | uint8](x []T) []int64 {
	out := make([]int64, len(x))
	for i, v := range x {
		out[i] = int64(v)
	}
	return out
}

// scalarOf returns the one element of a tensor of any number type as float64.
func scalarOf(t tensor.Tensor) (float64, error) {
	if t.Len() != 1 {
		return 0, fmt.Errorf("shape %v, want one element", t.Shape())
	}
	f, err := floatsOf(t)
	if err != nil {
		return 0, err
	}
	return f[0], nil
}

// floatsOf returns the elements of a tensor of numbers or truth values as float64.
func floatsOf(t tensor.Tensor) ([]float64, error) {
	if t.DType() == tensor.Float64 {
		return t.Float64s(), nil
	}
	out := make([]float64, t.Len())
	if err := convertInto(out, t); err != nil {
		return nil, err
	}
	return out, nil
}

// fromFloats returns calculated values as a tensor of a float type.
func fromFloats(x *Exec, d tensor.DType, v []float64, shape ...int) ([]tensor.Tensor, error) {
	y, err := x.New(d, shape...)
	if err != nil {
		return nil, err
	}
	switch d {
	case tensor.Float32:
		converted(y.Float32s(), v)
	case tensor.Float64:
		copy(y.Float64s(), v)
	default:
		return nil, unsupported(d)
	}
	return []tensor.Tensor{y}, nil
}

// volume is the product of dimensions.
func volume(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// one wraps a single output.
func one(t tensor.Tensor, err error) ([]tensor.Tensor, error) {
	if err != nil {
		return nil, err
	}
	return []tensor.Tensor{t}, nil
}
