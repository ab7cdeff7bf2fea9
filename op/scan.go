package op

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// What goes along one axis.
var (
	CumSum          = &Op{Name: "CumSum", Run: cumulative(0, func(s, v float64) float64 { return s + v }, func(s, v int64) int64 { return s + v })}
	CumProd         = &Op{Name: "CumProd", Run: cumulative(1, func(s, v float64) float64 { return s * v }, func(s, v int64) int64 { return s * v })}
	ReverseSequence = &Op{Name: "ReverseSequence", Run: reverseSequence}
	Compress        = &Op{Name: "Compress", Run: compress}
)

// cumulative folds along an axis and keeps every intermediate result.
func cumulative(start int64, f func(s, v float64) float64, whole func(s, v int64) int64) Func {
	return func(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 2, 2); err != nil {
			return nil, err
		}
		list, err := intsOf(in[1])
		if err != nil {
			return nil, err
		}
		if len(list) != 1 {
			return nil, fmt.Errorf("axis of shape %v, want one number", in[1].Shape())
		}
		t := in[0]
		axis, err := axisOf(list[0], t.Rank())
		if err != nil {
			return nil, err
		}
		y, err := x.New(t.DType(), t.Shape()...)
		if err != nil {
			return nil, err
		}
		s := t.Shape()
		sec := section{volume(s[:axis]), s[axis], volume(s[axis+1:])}
		exclusive, reverse := a.Int("exclusive", 0) != 0, a.Int("reverse", 0) != 0
		switch t.DType() {
		case tensor.Float32:
			accumulate(x, sec, y.Float32s(), t.Float32s(), float64(start), exclusive, reverse, f)
		case tensor.Float64:
			accumulate(x, sec, y.Float64s(), t.Float64s(), float64(start), exclusive, reverse, f)
		case tensor.Int64:
			accumulate(x, sec, y.Int64s(), t.Int64s(), start, exclusive, reverse, whole)
		case tensor.Int32:
			accumulate(x, sec, tensor.Data[int32](y), tensor.Data[int32](t), start, exclusive, reverse, whole)
		case tensor.Uint64:
			accumulate(x, sec, tensor.Data[uint64](y), tensor.Data[uint64](t), start, exclusive, reverse, whole)
		case tensor.Uint32:
			accumulate(x, sec, tensor.Data[uint32](y), tensor.Data[uint32](t), start, exclusive, reverse, whole)
		default:
			return nil, unsupported(t.DType())
		}
		return []tensor.Tensor{y}, nil
	}
}

func accumulate[T, C tensor.Number](x *Exec, s section, y, data []T, start C, exclusive, reverse bool, f func(C, C) C) {
	every := max(1, block/max(1, s.n))
	for o := range s.outer * s.inner {
		if o%every == 0 && x.ended() {
			return
		}
		at, step := o/s.inner*s.n*s.inner+o%s.inner, s.inner
		if reverse {
			at, step = at+(s.n-1)*s.inner, -s.inner
		}
		sum := start
		for range s.n {
			if exclusive {
				y[at] = T(sum)
			}
			sum = f(sum, C(data[at]))
			if !exclusive {
				y[at] = T(sum)
			}
			at += step
		}
	}
}

func reverseSequence(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	t := in[0]
	batch, time := int(a.Int("batch_axis", 1)), int(a.Int("time_axis", 0))
	if t.Rank() < 2 || batch+time != 1 || batch*time != 0 {
		return nil, fmt.Errorf("shape %v with batch axis %d and time axis %d, want axes 0 and 1", t.Shape(), batch, time)
	}
	lengths, err := intsOf(in[1])
	if err != nil {
		return nil, err
	}
	if len(lengths) != t.Dim(batch) {
		return nil, fmt.Errorf("%d lengths for a batch of %d", len(lengths), t.Dim(batch))
	}
	index := make([]int, 0, t.Dim(0)*t.Dim(1))
	for i := range t.Dim(0) {
		for j := range t.Dim(1) {
			at := [2]int{i, j}
			n := lengths[at[batch]]
			if n < 0 || n > int64(t.Dim(time)) {
				return nil, fmt.Errorf("length %d of %d steps", n, t.Dim(time))
			}
			if at[time] < int(n) {
				at[time] = int(n) - 1 - at[time]
			}
			index = append(index, at[0]*t.Dim(1)+at[1])
		}
	}
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil {
		return nil, err
	}
	take(y, t, index, volume(t.Shape()[2:]))
	return []tensor.Tensor{y}, nil
}

// compress keeps the slices for which a condition is true.
func compress(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	if in[1].DType() != tensor.Bool {
		return nil, unsupported(in[1].DType())
	}
	t, axis := in[0].Reshape(in[0].Len()), int64(0)
	if v, ok := a["axis"].(int64); ok {
		t, axis = in[0], v
	}
	var keep []int64
	for i, c := range tensor.Data[bool](in[1]) {
		if c {
			keep = append(keep, int64(i))
		}
	}
	return gather(x, Attributes{"axis": axis}, []tensor.Tensor{t, tensor.Of(keep, len(keep))})
}
