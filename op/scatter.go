package op

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// What puts elements at indices.
var (
	ScatterElements = &Op{Name: "ScatterElements", Run: scatterElements}
	ScatterND       = &Op{Name: "ScatterND", Run: scatterND}
	TensorScatter   = &Op{Name: "TensorScatter", Run: tensorScatter}
)

func scatterElements(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	axis, err := axisOf(a.Int("axis", 0), in[0].Rank())
	if err != nil {
		return nil, err
	}
	if !slices.Equal(in[1].Shape(), in[2].Shape()) {
		return nil, fmt.Errorf("updates of shape %v for indices of shape %v", in[2].Shape(), in[1].Shape())
	}
	index, err := elementIndex(in[0], in[1], axis)
	if err != nil {
		return nil, err
	}
	return one(put(x, in[0], in[2], index, 1, a.Str("reduction", "none")))
}

func scatterND(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	index, size, err := blockIndex(in[0], in[1], 0)
	if err != nil {
		return nil, err
	}
	if in[2].Len() != len(index)*size {
		return nil, fmt.Errorf("updates of shape %v for indices of shape %v into shape %v", in[2].Shape(), in[1].Shape(), in[0].Shape())
	}
	return one(put(x, in[0], in[2], index, size, a.Str("reduction", "none")))
}

// put copies data and writes, or joins, blocks of updates at index.
func put(x *Exec, data, updates tensor.Tensor, index []int, size int, how string) (tensor.Tensor, error) {
	if err := same(data, updates); err != nil {
		return data, err
	}
	y, err := copyOf(x, data)
	if err != nil {
		return y, err
	}
	join, ok := map[string]*binary{"none": nil, "add": &addition, "mul": &multiplication, "max": &maximum, "min": &minimum}[how]
	if !ok {
		return y, fmt.Errorf("reduction %q is not known", how)
	}
	switch y.DType() {
	case tensor.Float32:
		if join == nil {
			putOf(y.Float32s(), updates.Float32s(), index, size)
			break
		}
		joinOf(y.Float32s(), updates.Float32s(), index, size, join.float)
	case tensor.Float64:
		if join == nil {
			putOf(y.Float64s(), updates.Float64s(), index, size)
			break
		}
		joinOf(y.Float64s(), updates.Float64s(), index, size, join.float)
	case tensor.Int64:
		if join == nil {
			putOf(y.Int64s(), updates.Int64s(), index, size)
			break
		}
		joinOf(y.Int64s(), updates.Int64s(), index, size, join.signed)
	case tensor.Int32:
		if join == nil {
			putOf(tensor.Data[int32](y), tensor.Data[int32](updates), index, size)
			break
		}
		joinOf(tensor.Data[int32](y), tensor.Data[int32](updates), index, size, join.signed)
	default:
		if join != nil {
			return y, unsupported(y.DType())
		}
		return y, putOther(y, updates, index, size)
	}
	return y, nil
}

// putOther writes the element types that nothing is calculated with here.
func putOther(y, updates tensor.Tensor, index []int, size int) error {
	switch y.DType() {
	case tensor.Bool:
		putOf(tensor.Data[bool](y), tensor.Data[bool](updates), index, size)
	case tensor.Uint8:
		putOf(tensor.Data[uint8](y), tensor.Data[uint8](updates), index, size)
	case tensor.Int8:
		putOf(tensor.Data[int8](y), tensor.Data[int8](updates), index, size)
	case tensor.String:
		putOf(tensor.Data[string](y), tensor.Data[string](updates), index, size)
	default:
		return unsupported(y.DType())
	}
	return nil
}

func putOf[T tensor.Element](y, updates []T, index []int, size int) {
	for i, at := range index {
		copy(y[at*size:(at+1)*size], updates[i*size:(i+1)*size])
	}
}

func joinOf[T, C tensor.Number](y, updates []T, index []int, size int, f func(C, C) C) {
	for i, at := range index {
		for j := range size {
			y[at*size+j] = T(f(C(y[at*size+j]), C(updates[i*size+j])))
		}
	}
}

// tensorScatter writes updates into a cache along an axis, from a position per sample on.
func tensorScatter(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	t, u := in[0], in[1]
	axis, err := axisOf(a.Int("axis", -2), t.Rank())
	if err != nil {
		return nil, err
	}
	if axis == 0 || u.Rank() != t.Rank() {
		return nil, fmt.Errorf("updates of shape %v for a cache of shape %v along axis %d", u.Shape(), t.Shape(), axis)
	}
	for d, n := range u.Shape() {
		if d != axis && n != t.Dim(d) || n > t.Dim(d) {
			return nil, fmt.Errorf("updates of shape %v for a cache of shape %v along axis %d", u.Shape(), t.Shape(), axis)
		}
	}
	starts := make([]int64, t.Dim(0))
	if v := optional(in, 2); v.Valid() {
		if starts, err = intsOf(v); err != nil {
			return nil, err
		}
	}
	if len(starts) != t.Dim(0) {
		return nil, fmt.Errorf("%d positions for a batch of %d", len(starts), t.Dim(0))
	}
	n, rows := t.Dim(axis), u.Dim(axis)
	outer := volume(t.Shape()[:axis])
	circular := a.Str("mode", "linear") == "circular"
	index := make([]int, 0, outer*rows)
	for o := range outer {
		first := starts[o/(outer/t.Dim(0))]
		for r := range rows {
			at := first + int64(r)
			if circular && n > 0 {
				at %= int64(n)
			}
			if at < 0 || at >= int64(n) {
				return nil, fmt.Errorf("position %d in a cache of %d", at, n)
			}
			index = append(index, o*n+int(at))
		}
	}
	return one(put(x, t, u, index, volume(t.Shape()[axis+1:]), "none"))
}
