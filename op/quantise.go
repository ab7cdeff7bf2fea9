package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// What brings numbers to small integers and back, and calculates with those.
var (
	QuantizeLinear        = &Op{Name: "QuantizeLinear", Run: quantise}
	DequantizeLinear      = &Op{Name: "DequantizeLinear", Run: dequantise}
	DynamicQuantizeLinear = &Op{Name: "DynamicQuantizeLinear", Run: dynamicQuantise}
	MatMulInteger         = &Op{Name: "MatMulInteger", Run: matMulInteger}
	QLinearMatMul         = &Op{Name: "QLinearMatMul", Run: qLinearMatMul}
	ConvInteger           = &Op{Name: "ConvInteger", Run: convInteger}
	QLinearConv           = &Op{Name: "QLinearConv", Run: qLinearConv}
)

// parameter returns, for a scale or zero point, which of its elements belongs to element i of a tensor:
// one for all, one per slice of an axis, or one per block of an axis.
func parameter(p tensor.Tensor, shape []int, axis int64, blocked int64) (func(i int) int, error) {
	if p.Len() == 1 && blocked == 0 {
		return func(int) int { return 0 }, nil
	}
	ax, err := axisOf(axis, len(shape))
	if err != nil {
		return nil, err
	}
	inner, n := volume(shape[ax+1:]), shape[ax]
	if blocked == 0 {
		if p.Len() != n {
			return nil, fmt.Errorf("%d parameters along a dimension of %d", p.Len(), n)
		}
		return func(i int) int { return i / inner % n }, nil
	}
	blocks := (int64(n) + blocked - 1) / blocked
	if blocked < 0 || p.Len() != volume(shape[:ax])*int(blocks)*inner {
		return nil, fmt.Errorf("parameters of shape %v for shape %v in blocks of %d", p.Shape(), shape, blocked)
	}
	return func(i int) int { return (i/inner/n*int(blocks)+i/inner%n/int(blocked))*inner + i%inner }, nil
}

func quantise(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	d := tensor.Uint8
	zero := optional(in, 2)
	if n := a.Int("output_dtype", 0); n != 0 {
		var err error
		if d, err = TypeOf(n); err != nil {
			return nil, err
		}
	} else if zero.Valid() {
		d = zero.DType()
	}
	return one(quantised(x, a, in[0], in[1], zero, d))
}

// quantised is round(t / scale) + zero, held to the range of the type.
func quantised(x *Exec, a Attributes, t, scale, zero tensor.Tensor, d tensor.DType) (tensor.Tensor, error) {
	narrow := a.Int("output_dtype", 0)
	lo, hi, ok := rangeOfType(d)
	if bounds, whole := narrowInts[narrow]; whole {
		lo, hi = bounds[0], bounds[1]
	}
	float, narrowFloat := narrowFloats[narrow]
	if !ok && !narrowFloat {
		return t, unsupported(d)
	}
	at, err := parameter(scale, t.Shape(), a.Int("axis", 1), a.Int("block_size", 0))
	if err != nil {
		return t, err
	}
	s, z, err := scaleAndZero(scale, zero)
	if err != nil {
		return t, err
	}
	v, err := floatsOf(t)
	if err != nil {
		return t, err
	}
	single := t.DType() == tensor.Float32
	out := make([]float64, len(v))
	saturate := a.Int("saturate", 1) != 0
	span(x, len(v), func(from, to int) {
		for i := from; i < to; i++ {
			k := at(i)
			q := v[i] / s[k]
			if single {
				q = float64(float32(q))
			}
			switch {
			case narrowFloat:
				out[i] = float.round(q+z[k], saturate)
			case q != q: // as ONNX Runtime has it
				out[i] = lo
			default:
				out[i] = clamp(math.RoundToEven(q)+z[k], lo, hi)
			}
		}
	})
	return convert(x, tensor.Of(out, t.Shape()...), d)
}

// scaleAndZero returns both as float64, zeros where no zero point is given.
func scaleAndZero(scale, zero tensor.Tensor) (s, z []float64, err error) {
	if s, err = floatsOf(scale); err != nil {
		return nil, nil, err
	}
	if !zero.Valid() {
		return s, make([]float64, len(s)), nil
	}
	if z, err = floatsOf(zero); err != nil {
		return nil, nil, err
	}
	if len(z) == 1 && len(s) > 1 {
		for len(z) < len(s) {
			z = append(z, z[0])
		}
	}
	if len(z) != len(s) {
		return nil, nil, fmt.Errorf("zero points of shape %v for scales of shape %v", zero.Shape(), scale.Shape())
	}
	return s, z, nil
}

func rangeOfType(d tensor.DType) (lo, hi float64, ok bool) {
	switch d {
	case tensor.Uint8:
		return 0, math.MaxUint8, true
	case tensor.Int8:
		return math.MinInt8, math.MaxInt8, true
	case tensor.Uint16:
		return 0, math.MaxUint16, true
	case tensor.Int16:
		return math.MinInt16, math.MaxInt16, true
	}
	return 0, 0, false
}

func dequantise(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	v, err := dequantised(x, a, in[0], in[1], optional(in, 2))
	if err != nil {
		return nil, err
	}
	return fromFloats(x, in[1].DType(), v, in[0].Shape()...)
}

func dequantised(x *Exec, a Attributes, t, scale, zero tensor.Tensor) ([]float64, error) {
	at, err := parameter(scale, t.Shape(), a.Int("axis", 1), a.Int("block_size", 0))
	if err != nil {
		return nil, err
	}
	s, z, err := scaleAndZero(scale, zero)
	if err != nil {
		return nil, err
	}
	v, err := floatsOf(t)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(v))
	span(x, len(v), func(from, to int) {
		for i := from; i < to; i++ {
			k := at(i)
			out[i] = (v[i] - z[k]) * s[k]
		}
	})
	return out, nil
}

// dynamicQuantise chooses scale and zero point so that zero is exact.
func dynamicQuantise(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	lo, hi := 0.0, 0.0
	for _, f := range v {
		lo, hi = min(lo, f), max(hi, f)
	}
	scale := float64(float32(float32(hi-lo) / 255))
	zero := 0.0
	if scale > 0 {
		zero = clamp(math.RoundToEven(-lo/scale), 0, 255)
	}
	s, z := tensor.Scalar(float32(scale)), tensor.Scalar(uint8(zero))
	if scale == 0 {
		y, err := x.New(tensor.Uint8, in[0].Shape()...)
		if err != nil {
			return nil, err
		}
		clear(tensor.Data[uint8](y))
		return []tensor.Tensor{y, s, z}, nil
	}
	y, err := quantised(x, nil, in[0], s, z, tensor.Uint8)
	return []tensor.Tensor{y, s, z}, err
}

// shifted subtracts the zero point, one for all or one per slice of an axis.
func shifted(x *Exec, t, zero tensor.Tensor, axis int64) (tensor.Tensor, error) {
	one := tensor.Of([]float64{1}, 1)
	if zero.Valid() && zero.Len() > 1 {
		ones := make([]float64, zero.Len())
		for i := range ones {
			ones[i] = 1
		}
		one = tensor.Of(ones, len(ones))
	}
	v, err := dequantised(x, Attributes{"axis": axis}, t, one, zero)
	if err != nil {
		return t, err
	}
	return tensor.Of(v, t.Shape()...), nil
}

// integers is the product of shifted integer matrices, exact in float64.
func integers(x *Exec, a, b, az, bz tensor.Tensor) (tensor.Tensor, error) {
	if a.Rank() < 1 || b.Rank() < 1 {
		return a, fmt.Errorf("shapes %v and %v: a scalar is no matrix", a.Shape(), b.Shape())
	}
	rows := int64(-2)
	if a.Rank() == 1 {
		rows = -1
	}
	sa, err := shifted(x, a, az, rows)
	if err != nil {
		return a, err
	}
	sb, err := shifted(x, b, bz, -1)
	if err != nil {
		return a, err
	}
	return product(&Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}, sa, sb)
}

func matMulInteger(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 4); err != nil {
		return nil, err
	}
	y, err := integers(x, in[0], in[1], optional(in, 2), optional(in, 3))
	if err != nil {
		return nil, err
	}
	return one(convert(x, y, tensor.Int32))
}

func qLinearMatMul(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 8, 8); err != nil {
		return nil, err
	}
	y, err := integers(x, in[0], in[3], in[2], in[5])
	if err != nil {
		return nil, err
	}
	return one(requantised(x, y, in[1], in[4], in[6], in[7], -1))
}

// requantised brings a product of integers to another scale.
func requantised(x *Exec, y, a, b, scale, zero tensor.Tensor, axis int64) (tensor.Tensor, error) {
	sa, err := scalarOf(a)
	if err != nil {
		return y, err
	}
	at, err := parameter(b, y.Shape(), axis, 0)
	if err != nil {
		return y, err
	}
	sb, err := floatsOf(b)
	if err != nil {
		return y, err
	}
	for i := range y.Float64s() {
		y.Float64s()[i] *= sa * sb[at(i)]
	}
	return quantised(x, nil, y, scale, zero, zero.DType())
}

// convIntegers is the convolution of shifted integers; w has one zero point, or one per filter.
func convIntegers(x *Exec, a Attributes, t, w, tz, wz, bias tensor.Tensor) (tensor.Tensor, error) {
	st, err := shifted(x, t, tz, 1)
	if err != nil {
		return t, err
	}
	sw, err := shifted(x, w, wz, 0)
	if err != nil {
		return t, err
	}
	in := []tensor.Tensor{st, sw}
	if bias.Valid() {
		b, err := floatsOf(bias)
		if err != nil {
			return t, err
		}
		in = append(in, tensor.Of(b, len(b)))
	}
	y, err := conv(&Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}, a, in)
	if err != nil {
		return t, err
	}
	return y[0], nil
}

func convInteger(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 4); err != nil {
		return nil, err
	}
	y, err := convIntegers(x, a, in[0], in[1], optional(in, 2), optional(in, 3), tensor.Tensor{})
	if err != nil {
		return nil, err
	}
	return one(convert(x, y, tensor.Int32))
}

func qLinearConv(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 8, 9); err != nil {
		return nil, err
	}
	y, err := convIntegers(x, a, in[0], in[3], in[2], in[5], optional(in, 8))
	if err != nil {
		return nil, err
	}
	return one(requantised(x, y, in[1], in[4], in[6], in[7], 1))
}
