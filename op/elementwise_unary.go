package op

import (
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// The functions of one variable that are not activations.
var (
	Abs        = &Op{Name: "Abs", InPlace: true, Run: function(nil, math.Abs, func(v int64) int64 { return max(v, -v) })}
	Acos       = &Op{Name: "Acos", InPlace: true, Run: function(nil, math.Acos, nil)}
	Acosh      = &Op{Name: "Acosh", InPlace: true, Run: function(nil, math.Acosh, nil)}
	Asin       = &Op{Name: "Asin", InPlace: true, Run: function(nil, math.Asin, nil)}
	Asinh      = &Op{Name: "Asinh", InPlace: true, Run: function(nil, math.Asinh, nil)}
	Atan       = &Op{Name: "Atan", InPlace: true, Run: function(nil, math.Atan, nil)}
	Atanh      = &Op{Name: "Atanh", InPlace: true, Run: function(nil, math.Atanh, nil)}
	Ceil       = &Op{Name: "Ceil", InPlace: true, Run: function(nil, math.Ceil, nil)}
	Cos        = &Op{Name: "Cos", InPlace: true, Run: function(nil, math.Cos, nil)}
	Cosh       = &Op{Name: "Cosh", InPlace: true, Run: function(nil, math.Cosh, nil)}
	Erf        = &Op{Name: "Erf", InPlace: true, Run: function(kernel.Erf32, math.Erf, nil)}
	Exp        = &Op{Name: "Exp", InPlace: true, Run: function(kernel.Exp32, math.Exp, nil)}
	Floor      = &Op{Name: "Floor", InPlace: true, Run: function(nil, math.Floor, nil)}
	Log        = &Op{Name: "Log", InPlace: true, Run: function(nil, math.Log, nil)}
	Neg        = &Op{Name: "Neg", InPlace: true, Run: function(negate32, func(v float64) float64 { return -v }, func(v int64) int64 { return -v })}
	Reciprocal = &Op{Name: "Reciprocal", InPlace: true, Run: function(reciprocal32, func(v float64) float64 { return 1 / v }, nil)}
	Round      = &Op{Name: "Round", InPlace: true, Run: function(nil, math.RoundToEven, nil)}
	Sign       = &Op{Name: "Sign", InPlace: true, Run: function(nil, sign, func(v int64) int64 { return int64(sign(float64(v))) })}
	Sin        = &Op{Name: "Sin", InPlace: true, Run: function(nil, math.Sin, nil)}
	Sinh       = &Op{Name: "Sinh", InPlace: true, Run: function(nil, math.Sinh, nil)}
	Sqrt       = &Op{Name: "Sqrt", InPlace: true, Run: function(sqrt32, math.Sqrt, nil)}
	Tan        = &Op{Name: "Tan", InPlace: true, Run: function(nil, math.Tan, nil)}
)

// function makes an operator of a function of one variable: a fast form for float32 (nil: through
// float64), the exact one, and the one on integers (nil: refused).
func function(fast func(dst, src []float32), exact func(float64) float64, whole func(int64) int64) Func {
	return func(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 1, 1); err != nil {
			return nil, err
		}
		return one(apply(x, in[0], fast, exact, whole))
	}
}

// apply applies a function of one variable to every element.
func apply(x *Exec, t tensor.Tensor, fast func(dst, src []float32), exact func(float64) float64, whole func(int64) int64) (tensor.Tensor, error) {
	if !t.DType().IsFloat() && whole == nil {
		return tensor.Tensor{}, unsupported(t.DType())
	}
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil {
		return y, err
	}
	switch t.DType() {
	case tensor.Float32:
		src, dst := t.Float32s(), y.Float32s()
		if fast == nil {
			mapped(x, dst, src, exact)
			break
		}
		span(x, len(src), func(lo, hi int) { fast(dst[lo:hi], src[lo:hi]) })
	case tensor.Float64:
		mapped(x, y.Float64s(), t.Float64s(), exact)
	case tensor.Int64:
		mapped(x, y.Int64s(), t.Int64s(), whole)
	case tensor.Int32:
		mapped(x, tensor.Data[int32](y), tensor.Data[int32](t), whole)
	case tensor.Int16:
		mapped(x, tensor.Data[int16](y), tensor.Data[int16](t), whole)
	case tensor.Int8:
		mapped(x, tensor.Data[int8](y), tensor.Data[int8](t), whole)
	case tensor.Uint8:
		mapped(x, tensor.Data[uint8](y), tensor.Data[uint8](t), whole)
	case tensor.Uint16:
		mapped(x, tensor.Data[uint16](y), tensor.Data[uint16](t), whole)
	case tensor.Uint32:
		mapped(x, tensor.Data[uint32](y), tensor.Data[uint32](t), whole)
	default:
		return y, unsupported(t.DType())
	}
	return y, nil
}

// mapped sets dst[i] = f(src[i]), calculated as C.
func mapped[T, C tensor.Number](x *Exec, dst, src []T, f func(C) C) {
	span(x, len(src), func(lo, hi int) {
		d := dst[lo:hi]
		for i, v := range src[lo:hi] {
			d[i] = T(f(C(v)))
		}
	})
}

func negate32(dst, src []float32) { kernel.Scale32(dst, src, -1) }

func reciprocal32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = 1 / v
	}
}

func sqrt32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float32(math.Sqrt(float64(v)))
	}
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}
