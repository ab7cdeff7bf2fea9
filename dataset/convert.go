package dataset

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// convert returns the elements of t as another type. Numbers that the type cannot hold are errors.
func convert(t tensor.Tensor, to tensor.DType) (tensor.Tensor, error) {
	if t.DType() == to {
		return t, nil
	}
	out := tensor.New(to, t.Shape()...)
	return out, convertInto(out, t)
}

func convertInto(out, t tensor.Tensor) error {
	switch out.DType() {
	case tensor.Float32:
		return from(tensor.Data[float32](out), t, func(v float64) (float32, bool) { return float32(v), true })
	case tensor.Float64:
		return from(tensor.Data[float64](out), t, func(v float64) (float64, bool) { return v, true })
	case tensor.Int64:
		if src, ok := exact(t); ok {
			copy(tensor.Data[int64](out), src)
			return nil
		}
		return from(tensor.Data[int64](out), t, func(v float64) (int64, bool) { return int64(v), whole(v, -1<<53, 1<<53) })
	case tensor.Int32:
		return from(tensor.Data[int32](out), t, func(v float64) (int32, bool) { return int32(v), whole(v, math.MinInt32, math.MaxInt32) })
	case tensor.Uint8:
		return from(tensor.Data[uint8](out), t, func(v float64) (uint8, bool) { return uint8(v), whole(v, 0, 255) })
	case tensor.Bool:
		return from(tensor.Data[bool](out), t, func(v float64) (bool, bool) { return v != 0, v == v })
	}
	return fmt.Errorf("%v values cannot be made from %v", out.DType(), t.DType())
}

func whole(v, lo, hi float64) bool { return v == math.Trunc(v) && v >= lo && v <= hi }

// exact gives 64-bit whole numbers without the way through float64.
func exact(t tensor.Tensor) ([]int64, bool) {
	if t.DType() == tensor.Int64 {
		return t.Int64s(), true
	}
	return nil, false
}

func from[D any](dst []D, t tensor.Tensor, to func(float64) (D, bool)) error {
	switch t.DType() {
	case tensor.Float32:
		return each(dst, tensor.Data[float32](t), to)
	case tensor.Float64:
		return each(dst, tensor.Data[float64](t), to)
	case tensor.Int64:
		return each(dst, tensor.Data[int64](t), to)
	case tensor.Int32:
		return each(dst, tensor.Data[int32](t), to)
	case tensor.Int16:
		return each(dst, tensor.Data[int16](t), to)
	case tensor.Int8:
		return each(dst, tensor.Data[int8](t), to)
	case tensor.Uint64:
		return each(dst, tensor.Data[uint64](t), to)
	case tensor.Uint32:
		return each(dst, tensor.Data[uint32](t), to)
	case tensor.Uint16:
		return each(dst, tensor.Data[uint16](t), to)
	case tensor.Uint8:
		return each(dst, tensor.Data[uint8](t), to)
	case tensor.Bool:
		for i, b := range tensor.Data[bool](t) {
			v := 0.0
			if b {
				v = 1
			}
			dst[i], _ = to(v)
		}
		return nil
	}
	return fmt.Errorf("%v values are not numbers", t.DType())
}

func each[D any, S tensor.Number](dst []D, src []S, to func(float64) (D, bool)) error {
	for i, v := range src {
		d, ok := to(float64(v))
		if !ok {
			return fmt.Errorf("value %v does not fit the type wanted", v)
		}
		dst[i] = d
	}
	return nil
}

// toLabels returns whole numbers as int32; -1 and all else below 0 or above any number of classes
// (255 in many label maps) mean no label.
func toLabels(t tensor.Tensor) (tensor.Tensor, error) {
	out, err := convert(t, tensor.Int32)
	if err != nil {
		return out, fmt.Errorf("labels: %w", err)
	}
	if t.DType() == tensor.Int32 {
		out = out.Clone()
	}
	for i, v := range tensor.Data[int32](out) {
		if v < 0 || (t.DType() == tensor.Uint8 && v == 255) {
			tensor.Data[int32](out)[i] = -1
		}
	}
	return out, nil
}
