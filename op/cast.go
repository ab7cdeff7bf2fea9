package op

import (
	"fmt"
	"math"
	"strconv"

	"github.com/stratascope/stratascope/tensor"
)

// Conversions between element types.
var (
	Cast     = &Op{Name: "Cast", Run: cast}
	CastLike = &Op{Name: "CastLike", Run: castLike}
)

// The numbers that ONNX gives the types half precision is cut to (onnx.proto, TensorProto.DataType).
const (
	onnxFloat16  = 10
	onnxBfloat16 = 16
)

// TypeOf returns the element type that stands for a number of onnx.proto's TensorProto.DataType; half
// precision and less is held as float32, an integer of less than eight bits in eight.
func TypeOf(n int64) (tensor.DType, error) {
	switch n {
	case 1, onnxFloat16, onnxBfloat16, onnxE8M0:
		return tensor.Float32, nil
	case 2, onnxUint4, onnxUint2:
		return tensor.Uint8, nil
	case 3, onnxInt4, onnxInt2:
		return tensor.Int8, nil
	case 4:
		return tensor.Uint16, nil
	case 5:
		return tensor.Int16, nil
	case 6:
		return tensor.Int32, nil
	case 7:
		return tensor.Int64, nil
	case 8:
		return tensor.String, nil
	case 9:
		return tensor.Bool, nil
	case 11:
		return tensor.Float64, nil
	case 12:
		return tensor.Uint32, nil
	case 13:
		return tensor.Uint64, nil
	}
	if _, ok := narrowFloats[n]; ok {
		return tensor.Float32, nil
	}
	return tensor.Invalid, fmt.Errorf("data type %d is not supported", n)
}

func cast(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	to := a.Int("to", 0)
	d, err := TypeOf(to)
	if err != nil {
		return nil, err
	}
	if y, ok, err := narrowed(x, a, in[0], to); ok {
		return one(y, err)
	}
	if in[0].DType() == tensor.Float64 && x.Wide && d == tensor.Float32 {
		return in[:1], nil
	}
	if x.Wide && d == tensor.Float32 {
		d = tensor.Float64
	}
	y, err := convert(x, in[0], d)
	if err != nil || d != tensor.Float32 || to == 1 {
		return one(y, err)
	}
	cut := cutFloat16
	if to == onnxBfloat16 {
		cut = cutBfloat16
	}
	return one(apply(&Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}, y, func(dst, src []float32) {
		for i, v := range src {
			dst[i] = cut(v)
		}
	}, nil, nil))
}

func castLike(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	return one(convert(x, in[0], in[1].DType()))
}

// cutBfloat16 rounds to the nearest value with eight significant bits, ties to even.
func cutBfloat16(v float32) float32 {
	if v != v {
		return v
	}
	b := math.Float32bits(v)
	return math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff)
}

// cutFloat16 rounds to the nearest value of IEEE 754 binary16, ties to even.
func cutFloat16(v float32) float32 {
	a := math.Abs(float64(v))
	switch {
	case v != v || a == 0:
		return v
	case a >= 65520:
		return float32(math.Copysign(math.Inf(1), float64(v)))
	}
	_, e := math.Frexp(a)
	unit := math.Ldexp(1, max(e, -13)-11)
	return float32(math.Copysign(math.RoundToEven(a/unit)*unit, float64(v)))
}

// convert returns the elements under another type; one that has it already is returned as it is.
func convert(x *Exec, t tensor.Tensor, d tensor.DType) (tensor.Tensor, error) {
	if t.DType() == d {
		return t, nil
	}
	y, err := x.New(d, t.Shape()...)
	if err != nil {
		return y, err
	}
	switch d {
	case tensor.Float32:
		err = convertInto(y.Float32s(), t)
	case tensor.Float64:
		err = convertInto(y.Float64s(), t)
	case tensor.Int64:
		err = convertInto(y.Int64s(), t)
	case tensor.Int32:
		err = convertInto(tensor.Data[int32](y), t)
	case tensor.Int16:
		err = convertInto(tensor.Data[int16](y), t)
	case tensor.Int8:
		err = convertInto(tensor.Data[int8](y), t)
	case tensor.Uint64:
		err = convertInto(tensor.Data[uint64](y), t)
	case tensor.Uint32:
		err = convertInto(tensor.Data[uint32](y), t)
	case tensor.Uint16:
		err = convertInto(tensor.Data[uint16](y), t)
	case tensor.Uint8:
		err = convertInto(tensor.Data[uint8](y), t)
	case tensor.Bool:
		err = truths(tensor.Data[bool](y), t)
	default:
		err = spell(tensor.Data[string](y), t)
	}
	return y, err
}

// convertInto converts the elements of t to a number type.
func convertInto[T tensor.Number](dst []T, t tensor.Tensor) error {
	switch t.DType() {
	case tensor.Float32:
		wholes(dst, t.Float32s())
	case tensor.Float64:
		wholes(dst, t.Float64s())
	case tensor.Int64:
		converted(dst, t.Int64s())
	case tensor.Int32:
		converted(dst, tensor.Data[int32](t))
	case tensor.Int16:
		converted(dst, tensor.Data[int16](t))
	case tensor.Int8:
		converted(dst, tensor.Data[int8](t))
	case tensor.Uint64:
		converted(dst, tensor.Data[uint64](t))
	case tensor.Uint32:
		converted(dst, tensor.Data[uint32](t))
	case tensor.Uint16:
		converted(dst, tensor.Data[uint16](t))
	case tensor.Uint8:
		converted(dst, tensor.Data[uint8](t))
	case tensor.Bool:
		for i, v := range tensor.Data[bool](t) {
			dst[i] = 0
			if v {
				dst[i] = 1
			}
		}
	case tensor.String:
		for i, s := range tensor.Data[string](t) {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return fmt.Errorf("element %d: %q is not a number", i, s)
			}
			dst[i] = T(v)
		}
	default:
		return unsupported(t.DType())
	}
	return nil
}

func converted[T, S tensor.Number](dst []T, src []S) {
	for i, v := range src {
		dst[i] = T(v)
	}
}

func truths(dst []bool, t tensor.Tensor) error {
	v, err := floatsOf(t)
	for i := range v {
		dst[i] = v[i] != 0
	}
	return err
}

// spell writes numbers as strings, as NumPy does for the conformance vectors.
func spell(dst []string, t tensor.Tensor) error {
	v, err := floatsOf(t)
	if err != nil {
		return err
	}
	bits := 64
	if t.DType() == tensor.Float32 {
		bits = 32
	}
	for i, f := range v {
		switch {
		case math.IsNaN(f):
			dst[i] = "NaN"
		case math.IsInf(f, 1):
			dst[i] = "INF"
		case math.IsInf(f, -1):
			dst[i] = "-INF"
		default:
			dst[i] = strconv.FormatFloat(f, 'g', -1, bits)
		}
	}
	return nil
}
