package op

import (
	"errors"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

var errZero = errors.New("division of an integer by zero")

// nonzero refuses integer divisors of zero, which have no quotient.
func nonzero(_, b tensor.Tensor) error {
	if b.DType().IsFloat() {
		return nil
	}
	if b.DType() == tensor.Uint64 {
		for _, v := range tensor.Data[uint64](b) {
			if v == 0 {
				return errZero
			}
		}
		return nil
	}
	v, err := intsOf(b)
	if err != nil {
		return err
	}
	for _, d := range v {
		if d == 0 {
			return errZero
		}
	}
	return nil
}

func divide(a, b int64) int64 { return a / b }

func divideUnsigned(a, b uint64) uint64 { return a / b }

// mod is Python's remainder, with the sign of the divisor, or C's fmod.
func mod(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	f := binary{check: nonzero, unsigned: func(a, b uint64) uint64 { return a % b }}
	f.float, f.signed = floorMod, func(a, b int64) int64 {
		r := a % b
		if r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r
	}
	if a.Int("fmod", 0) == 1 {
		f.float, f.signed = math.Mod, func(a, b int64) int64 { return a % b }
	}
	return one(combine(x, &f, in[0], in[1]))
}

func floorMod(a, b float64) float64 {
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

// pow raises to a power whose type may differ from the base's.
func pow(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	base, exponent := in[0], in[1]
	if base.DType() == tensor.Float32 && exponent.Len() == 1 && exponent.Rank() <= base.Rank() {
		e, err := scalarOf(exponent)
		if err != nil {
			return nil, err
		}
		if fast := power32(e); fast != nil {
			return one(apply(x, base, fast, nil, nil))
		}
	}
	if base.DType() != exponent.DType() {
		e := make([]float64, exponent.Len())
		if err := convertInto(e, exponent); err != nil {
			return nil, err
		}
		if base.DType() != tensor.Float64 {
			return powMixed(x, base, tensor.Of(e, exponent.Shape()...))
		}
		exponent = tensor.Of(e, exponent.Shape()...)
	}
	f := binary{float: math.Pow, signed: powInt, unsigned: func(a, b uint64) uint64 { return uint64(powInt(int64(a), int64(b))) }}
	return one(combine(x, &f, base, exponent))
}

// powMixed calculates in float64 and rounds to the base's type.
func powMixed(x *Exec, base, exponent tensor.Tensor) ([]tensor.Tensor, error) {
	b := make([]float64, base.Len())
	if err := convertInto(b, base); err != nil {
		return nil, err
	}
	f := binary{float: math.Pow}
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	y, err := combine(free, &f, tensor.Of(b, base.Shape()...), exponent)
	if err != nil {
		return nil, err
	}
	return one(convert(x, y, base.DType()))
}

// power32 returns the fast form of a frequent power, or nil.
func power32(e float64) func(dst, src []float32) {
	switch e {
	case 2:
		return func(dst, src []float32) { kernel.Mul32(dst, src, src) }
	case 3:
		return func(dst, src []float32) {
			dst = dst[:len(src)]
			for i, v := range src {
				dst[i] = v * v * v
			}
		}
	case 0.5:
		return sqrt32
	case 1:
		return func(dst, src []float32) { copy(dst, src) }
	}
	return nil
}

func powInt(base, exponent int64) int64 {
	if exponent < 0 {
		return int64(math.Pow(float64(base), float64(exponent)))
	}
	y := int64(1)
	for exponent > 0 {
		if exponent&1 == 1 {
			y *= base
		}
		base *= base
		exponent >>= 1
	}
	return y
}

// The bits of integers.
var (
	BitwiseAnd = &Op{Name: "BitwiseAnd", InPlace: true, Run: arithmetic(binary{signed: func(a, b int64) int64 { return a & b }})}
	BitwiseOr  = &Op{Name: "BitwiseOr", InPlace: true, Run: arithmetic(binary{signed: func(a, b int64) int64 { return a | b }})}
	BitwiseXor = &Op{Name: "BitwiseXor", InPlace: true, Run: arithmetic(binary{signed: func(a, b int64) int64 { return a ^ b }})}
	BitwiseNot = &Op{Name: "BitwiseNot", InPlace: true, Run: bitwiseNot}
	BitShift   = &Op{Name: "BitShift", InPlace: true, Run: bitShift}
)

func bitwiseNot(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	if in[0].DType().IsFloat() {
		return nil, unsupported(in[0].DType())
	}
	return one(apply(x, in[0], nil, nil, func(v int64) int64 { return ^v }))
}

func bitShift(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	f := binary{unsigned: func(a, b uint64) uint64 { return a << b }}
	f.signed = func(a, b int64) int64 { return a << uint64(b) }
	switch d := a.Str("direction", ""); d {
	case "LEFT":
	case "RIGHT":
		f.unsigned = func(a, b uint64) uint64 { return a >> b }
		f.signed = func(a, b int64) int64 { return a >> uint64(b) }
	default:
		return nil, fmt.Errorf("direction %q, want LEFT or RIGHT", d)
	}
	return one(combine(x, &f, in[0], in[1]))
}
