package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// BitCast reads the bits of each element as another type of the same size.
var BitCast = &Op{Name: "BitCast", Run: bitCast}

func bitCast(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	to := a.Int("to", 0)
	d, err := TypeOf(to)
	if err != nil {
		return nil, err
	}
	if to == onnxFloat16 || to >= onnxBfloat16 {
		return nil, fmt.Errorf("data type %d is not held in bits of its own", to)
	}
	t := in[0]
	if d == tensor.String || t.DType() == tensor.String || d.Size() != t.DType().Size() {
		return nil, fmt.Errorf("elements of type %v as %v, want types of one size", t.DType(), d)
	}
	y, err := x.New(d, t.Shape()...)
	if err != nil {
		return nil, err
	}
	span(x, t.Len(), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			setBits(y, i, bitsOf(t, i))
		}
	})
	return []tensor.Tensor{y}, nil
}

// bitsOf returns the bits of an element, those above its size being of no meaning.
func bitsOf(t tensor.Tensor, i int) uint64 {
	switch t.DType() {
	case tensor.Float32:
		return uint64(math.Float32bits(t.Float32s()[i]))
	case tensor.Float64:
		return math.Float64bits(t.Float64s()[i])
	case tensor.Int64:
		return uint64(t.Int64s()[i])
	case tensor.Int32:
		return uint64(tensor.Data[int32](t)[i])
	case tensor.Int16:
		return uint64(tensor.Data[int16](t)[i])
	case tensor.Int8:
		return uint64(tensor.Data[int8](t)[i])
	case tensor.Uint64:
		return tensor.Data[uint64](t)[i]
	case tensor.Uint32:
		return uint64(tensor.Data[uint32](t)[i])
	case tensor.Uint16:
		return uint64(tensor.Data[uint16](t)[i])
	case tensor.Uint8:
		return uint64(tensor.Data[uint8](t)[i])
	}
	if tensor.Data[bool](t)[i] {
		return 1
	}
	return 0
}

func setBits(t tensor.Tensor, i int, v uint64) {
	switch t.DType() {
	case tensor.Float32:
		t.Float32s()[i] = math.Float32frombits(uint32(v))
	case tensor.Float64:
		t.Float64s()[i] = math.Float64frombits(v)
	case tensor.Int64:
		t.Int64s()[i] = int64(v)
	case tensor.Int32:
		tensor.Data[int32](t)[i] = int32(v)
	case tensor.Int16:
		tensor.Data[int16](t)[i] = int16(v)
	case tensor.Int8:
		tensor.Data[int8](t)[i] = int8(v)
	case tensor.Uint64:
		tensor.Data[uint64](t)[i] = v
	case tensor.Uint32:
		tensor.Data[uint32](t)[i] = uint32(v)
	case tensor.Uint16:
		tensor.Data[uint16](t)[i] = uint16(v)
	case tensor.Uint8:
		tensor.Data[uint8](t)[i] = uint8(v)
	case tensor.Bool:
		tensor.Data[bool](t)[i] = v&0xff != 0
	}
}
