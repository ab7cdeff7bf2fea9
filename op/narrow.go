package op

import (
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// A narrowFloat is a floating type of eight bits or less. Its values are held as float32.
type narrowFloat struct {
	mantissa int     // bits behind the point
	least    int     // exponent of the smallest number with all of them
	top      float64 // largest finite value
	infinite bool    // whether there is an infinity; else what is too large is no number
	held     bool    // what is too large is the top always
}

// narrowFloats by the numbers that ONNX gives the types (onnx.proto, TensorProto.DataType).
var narrowFloats = map[int64]narrowFloat{
	17: {mantissa: 3, least: -6, top: 448},
	18: {mantissa: 3, least: -7, top: 240},
	19: {mantissa: 2, least: -14, top: 57344, infinite: true},
	20: {mantissa: 2, least: -15, top: 57344},
	23: {mantissa: 1, least: 0, top: 6, held: true},
	27: {mantissa: 3, least: 0, top: 7.5, held: true},
	28: {mantissa: 2, least: -2, top: 28, held: true},
}

const (
	onnxUint4 = 21
	onnxInt4  = 22
	onnxE8M0  = 24 // powers of two
	onnxUint2 = 25
	onnxInt2  = 26
)

// narrowInts are the ranges of integers of four and two bits, which are held in eight.
var narrowInts = map[int64][2]float64{onnxUint4: {0, 15}, onnxInt4: {-8, 7}, onnxUint2: {0, 3}, onnxInt2: {-2, 1}}

// round gives the nearest value of the type, ties to even.
func (f narrowFloat) round(v float64, saturate bool) float64 {
	a := math.Abs(v)
	switch {
	case v != v && f.held:
		return math.Copysign(0, -1) // which ONNX's own implementation gives, having no code for what is no number
	case v != v || a == 0:
		return v
	}
	if !math.IsInf(a, 0) {
		_, e := math.Frexp(a)
		unit := math.Ldexp(1, max(e-1, f.least)-f.mantissa)
		a = math.RoundToEven(a/unit) * unit
	}
	switch {
	case a <= f.top:
	case saturate || f.held:
		a = f.top
	case f.infinite:
		a = math.Inf(1)
	default:
		return math.NaN()
	}
	return math.Copysign(a, v)
}

// power gives the power of two that mode says: up, down or nearest. Every exponent that float32 has
// above its subnormal ones exists; what is not positive becomes the smallest.
func power(v float64, saturate bool, mode string) float64 {
	if v != v || math.IsInf(v, 0) {
		return math.NaN()
	}
	const low, high = -127, 127
	if v = math.Abs(v); v <= math.Ldexp(1, low) {
		return math.Ldexp(1, low)
	}
	frac, e := math.Frexp(v)
	e-- // v is 2 frac times 2^e
	if frac > 0.5 && mode == "up" || frac >= 0.75 && mode == "nearest" {
		e++
	}
	if e > high {
		if !saturate {
			return math.NaN()
		}
		e = high
	}
	return math.Ldexp(1, max(e, low))
}

// narrowed casts to a type of eight bits or less; ok is false where it is none of them. Integers keep their
// low bits.
func narrowed(x *Exec, a Attributes, t tensor.Tensor, to int64) (out tensor.Tensor, ok bool, err error) {
	if bounds, whole := narrowInts[to]; whole {
		d, _ := TypeOf(to)
		y, err := convert(x, t, tensor.Int64)
		if err != nil {
			return t, true, err
		}
		n := int64(bounds[1]-bounds[0]) + 1
		low := int64(bounds[0])
		z, err := x.New(tensor.Int64, t.Shape()...)
		if err != nil {
			return t, true, err
		}
		span(x, z.Len(), func(lo, hi int) {
			for i, v := range y.Int64s()[lo:hi] {
				z.Int64s()[lo+i] = ((v-low)%n+n)%n + low
			}
		})
		y, err = convert(x, z, d)
		return y, true, err
	}
	f, known := narrowFloats[to]
	if !known && to != onnxE8M0 {
		return t, false, nil
	}
	saturate, mode := a.Int("saturate", 1) != 0, a.Str("round_mode", "up")
	y, err := convert(x, t, tensor.Float64)
	if err != nil {
		return t, true, err
	}
	d := tensor.Float32
	if x.Wide {
		d = tensor.Float64
	}
	v := make([]float64, y.Len())
	span(x, len(v), func(lo, hi int) {
		for i, s := range y.Float64s()[lo:hi] {
			if known {
				v[lo+i] = f.round(s, saturate)
			} else {
				v[lo+i] = power(s, saturate, mode)
			}
		}
	})
	res, err := fromFloats(x, d, v, t.Shape()...)
	if err != nil {
		return t, true, err
	}
	return res[0], true, nil
}
