package tensor

import (
	"fmt"
	"math"
	"slices"
)

// A Tensor is a dense array in row-major order. It is a value: copying it shares the elements, and
// whoever receives one must not write to elements it did not make. The zero Tensor is invalid and
// stands for "no value" (an empty optional input of an operator).
type Tensor struct {
	shape []int
	dtype DType
	data  any // []float32, []float64, ...
}

// Of returns a tensor over data, which it keeps. It panics if the shape does not fit the data,
// which is a programmer's mistake; sizes that come from files are checked with Count first.
func Of[T Element](data []T, shape ...int) Tensor {
	n, err := Count(shape)
	if err != nil || n != len(data) {
		panic(fmt.Sprintf("tensor: %d elements do not fill shape %v", len(data), shape))
	}
	return Tensor{shape: slices.Clone(shape), dtype: TypeOf[T](), data: data}
}

// Scalar returns a tensor of rank 0.
func Scalar[T Element](v T) Tensor { return Of([]T{v}) }

// New returns a tensor of zeros.
func New(d DType, shape ...int) Tensor {
	n, err := Count(shape)
	if err != nil {
		panic(err)
	}
	t := Tensor{shape: slices.Clone(shape), dtype: d}
	switch d {
	case Float32:
		t.data = make([]float32, n)
	case Float64:
		t.data = make([]float64, n)
	case Int64:
		t.data = make([]int64, n)
	case Int32:
		t.data = make([]int32, n)
	case Int16:
		t.data = make([]int16, n)
	case Int8:
		t.data = make([]int8, n)
	case Uint64:
		t.data = make([]uint64, n)
	case Uint32:
		t.data = make([]uint32, n)
	case Uint16:
		t.data = make([]uint16, n)
	case Uint8:
		t.data = make([]uint8, n)
	case Bool:
		t.data = make([]bool, n)
	case String:
		t.data = make([]string, n)
	default:
		panic(fmt.Sprintf("tensor: no element type %v", d))
	}
	return t
}

// Count returns the number of elements of a shape, or an error when a dimension is negative or the
// product overflows.
func Count(shape []int) (int, error) {
	n := 1
	for _, s := range shape {
		if s < 0 {
			return 0, fmt.Errorf("shape %v: dimension %d is negative", shape, s)
		}
		if s > 0 && n > math.MaxInt/16/s {
			return 0, fmt.Errorf("shape %v: more elements than can be addressed", shape)
		}
		n *= s
	}
	return n, nil
}

// Data returns the elements, shared. It panics if T is not the element type.
func Data[T Element](t Tensor) []T {
	d, ok := t.data.([]T)
	if !ok {
		panic(fmt.Sprintf("tensor: %v elements asked of a %v tensor", TypeOf[T](), t.dtype))
	}
	return d
}

// Float32s returns the elements of a float32 tensor, shared.
func (t Tensor) Float32s() []float32 { return Data[float32](t) }

// Float64s returns the elements of a float64 tensor, shared.
func (t Tensor) Float64s() []float64 { return Data[float64](t) }

// Int64s returns the elements of an int64 tensor, shared.
func (t Tensor) Int64s() []int64 { return Data[int64](t) }

// Valid reports whether t holds a value.
func (t Tensor) Valid() bool { return t.dtype != Invalid }

// DType returns the element type.
func (t Tensor) DType() DType { return t.dtype }

// Shape returns the dimensions, shared: do not write to them.
func (t Tensor) Shape() []int { return t.shape }

// Rank returns the number of dimensions.
func (t Tensor) Rank() int { return len(t.shape) }

// Dim returns dimension i; a negative i counts from the end.
func (t Tensor) Dim(i int) int {
	if i < 0 {
		i += len(t.shape)
	}
	return t.shape[i]
}

// Len returns the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, s := range t.shape {
		n *= s
	}
	return n
}

// Bytes returns the memory the elements take.
func (t Tensor) Bytes() int64 { return int64(t.Len()) * int64(t.dtype.Size()) }

// Reshape returns the same elements under another shape. It panics if their number differs.
func (t Tensor) Reshape(shape ...int) Tensor {
	n, err := Count(shape)
	if err != nil || n != t.Len() {
		panic(fmt.Sprintf("tensor: shape %v does not hold the %d elements of %v", shape, t.Len(), t.shape))
	}
	return Tensor{shape: slices.Clone(shape), dtype: t.dtype, data: t.data}
}

// Rows returns rows lo to hi of the first dimension, shared.
func (t Tensor) Rows(lo, hi int) Tensor {
	if len(t.shape) == 0 || lo < 0 || hi < lo || hi > t.shape[0] {
		panic(fmt.Sprintf("tensor: rows %d:%d of shape %v", lo, hi, t.shape))
	}
	size := 1
	for _, s := range t.shape[1:] {
		size *= s
	}
	out := Tensor{shape: slices.Clone(t.shape), dtype: t.dtype}
	out.shape[0] = hi - lo
	lo, hi = lo*size, hi*size
	switch d := t.data.(type) {
	case []float32:
		out.data = d[lo:hi:hi]
	case []float64:
		out.data = d[lo:hi:hi]
	case []int64:
		out.data = d[lo:hi:hi]
	case []int32:
		out.data = d[lo:hi:hi]
	case []int16:
		out.data = d[lo:hi:hi]
	case []int8:
		out.data = d[lo:hi:hi]
	case []uint64:
		out.data = d[lo:hi:hi]
	case []uint32:
		out.data = d[lo:hi:hi]
	case []uint16:
		out.data = d[lo:hi:hi]
	case []uint8:
		out.data = d[lo:hi:hi]
	case []bool:
		out.data = d[lo:hi:hi]
	case []string:
		out.data = d[lo:hi:hi]
	}
	return out
}

// Clone returns a tensor with elements of its own.
func (t Tensor) Clone() Tensor {
	out := Tensor{shape: slices.Clone(t.shape), dtype: t.dtype}
	switch d := t.data.(type) {
	case []float32:
		out.data = slices.Clone(d)
	case []float64:
		out.data = slices.Clone(d)
	case []int64:
		out.data = slices.Clone(d)
	case []int32:
		out.data = slices.Clone(d)
	case []int16:
		out.data = slices.Clone(d)
	case []int8:
		out.data = slices.Clone(d)
	case []uint64:
		out.data = slices.Clone(d)
	case []uint32:
		out.data = slices.Clone(d)
	case []uint16:
		out.data = slices.Clone(d)
	case []uint8:
		out.data = slices.Clone(d)
	case []bool:
		out.data = slices.Clone(d)
	case []string:
		out.data = slices.Clone(d)
	}
	return out
}

// String describes the tensor without its elements: float32[2,3].
func (t Tensor) String() string {
	s := t.dtype.String() + "["
	for i, d := range t.shape {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprint(d)
	}
	return s + "]"
}
