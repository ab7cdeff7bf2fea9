package op

import (
	"cmp"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// Comparisons, logic and choice.
var (
	Equal          = &Op{Name: "Equal", Run: equal}
	Less           = &Op{Name: "Less", Run: ordered(func(c int) bool { return c == -1 }, func(a, b float32) bool { return a < b })}
	LessOrEqual    = &Op{Name: "LessOrEqual", Run: ordered(func(c int) bool { return c == -1 || c == 0 }, func(a, b float32) bool { return a <= b })}
	Greater        = &Op{Name: "Greater", Run: ordered(func(c int) bool { return c == 1 }, func(a, b float32) bool { return a > b })}
	GreaterOrEqual = &Op{Name: "GreaterOrEqual", Run: ordered(func(c int) bool { return c == 1 || c == 0 }, func(a, b float32) bool { return a >= b })}
	And            = &Op{Name: "And", InPlace: true, Run: logic(func(a, b bool) bool { return a && b })}
	Or             = &Op{Name: "Or", InPlace: true, Run: logic(func(a, b bool) bool { return a || b })}
	Xor            = &Op{Name: "Xor", InPlace: true, Run: logic(func(a, b bool) bool { return a != b })}
	Not            = &Op{Name: "Not", InPlace: true, Run: not}
	IsNaN          = &Op{Name: "IsNaN", Run: isNaN}
	IsInf          = &Op{Name: "IsInf", Run: isInf}
	Where          = &Op{Name: "Where", Run: where}
)

// unordered is what order gives for NaN.
const unordered = 2

// order compares two numbers; NaN is neither less, equal nor greater.
func order[T tensor.Number](a, b T) int {
	if a != a || b != b {
		return unordered
	}
	return cmp.Compare(a, b)
}

// ordered makes an operator of a test of the order, and of the same test of two float32.
func ordered(f func(c int) bool, fast func(a, b float32) bool) Func {
	return func(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		return one(compare(x, in, f, fast))
	}
}

// compare applies a test of the order of two broadcast operands.
func compare(x *Exec, in []tensor.Tensor, f func(c int) bool, fast func(a, b float32) bool) (tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return tensor.Tensor{}, err
	}
	if err := same(in...); err != nil {
		return tensor.Tensor{}, err
	}
	l, err := layoutOf(in...)
	if err != nil {
		return tensor.Tensor{}, err
	}
	y, err := x.New(tensor.Bool, l.shape...)
	if err != nil {
		return y, err
	}
	switch in[0].DType() {
	case tensor.Float32:
		tests(x, &l, y, in, fast)
	case tensor.Float64:
		tests[float64](x, &l, y, in, func(a, b float64) bool { return f(order(a, b)) })
	case tensor.Int64:
		tests[int64](x, &l, y, in, func(a, b int64) bool { return f(order(a, b)) })
	case tensor.Int32:
		tests[int32](x, &l, y, in, func(a, b int32) bool { return f(order(a, b)) })
	case tensor.Int16:
		tests[int16](x, &l, y, in, func(a, b int16) bool { return f(order(a, b)) })
	case tensor.Int8:
		tests[int8](x, &l, y, in, func(a, b int8) bool { return f(order(a, b)) })
	case tensor.Uint64:
		tests[uint64](x, &l, y, in, func(a, b uint64) bool { return f(order(a, b)) })
	case tensor.Uint32:
		tests[uint32](x, &l, y, in, func(a, b uint32) bool { return f(order(a, b)) })
	case tensor.Uint16:
		tests[uint16](x, &l, y, in, func(a, b uint16) bool { return f(order(a, b)) })
	case tensor.Uint8:
		tests[uint8](x, &l, y, in, func(a, b uint8) bool { return f(order(a, b)) })
	default:
		return y, unsupported(in[0].DType())
	}
	return y, nil
}

// tests sets y = f(a, b) element by element.
func tests[T tensor.Element](x *Exec, l *layout, y tensor.Tensor, in []tensor.Tensor, f func(a, b T) bool) {
	d, a, b := tensor.Data[bool](y), tensor.Data[T](in[0]), tensor.Data[T](in[1])
	sa, sb := l.step(0), l.step(1)
	l.walk(x, func(o, n int, at []int) {
		i, j := at[0], at[1]
		for k := range n {
			d[o+k] = f(a[i], b[j])
			i += sa
			j += sb
		}
	})
}

func equal(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if len(in) == 2 && in[0].DType() == in[1].DType() {
		switch in[0].DType() {
		case tensor.Bool:
			return logic(func(a, b bool) bool { return a == b })(x, nil, in)
		case tensor.String:
			l, err := layoutOf(in...)
			if err != nil {
				return nil, err
			}
			y, err := x.New(tensor.Bool, l.shape...)
			if err == nil {
				tests[string](x, &l, y, in, func(a, b string) bool { return a == b })
			}
			return one(y, err)
		}
	}
	return one(compare(x, in, func(c int) bool { return c == 0 }, func(a, b float32) bool { return a == b }))
}

func logic(f func(a, b bool) bool) Func {
	return func(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 2, 2); err != nil {
			return nil, err
		}
		if in[0].DType() != tensor.Bool || in[1].DType() != tensor.Bool {
			return nil, unsupported(in[0].DType())
		}
		l, err := layoutOf(in...)
		if err != nil {
			return nil, err
		}
		y, err := x.New(tensor.Bool, l.shape...)
		if err != nil {
			return nil, err
		}
		tests(x, &l, y, in, f)
		return []tensor.Tensor{y}, nil
	}
}

func not(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	if in[0].DType() != tensor.Bool {
		return nil, unsupported(in[0].DType())
	}
	y, err := x.New(tensor.Bool, in[0].Shape()...)
	if err != nil {
		return nil, err
	}
	d := tensor.Data[bool](y)
	for i, v := range tensor.Data[bool](in[0]) {
		d[i] = !v
	}
	return []tensor.Tensor{y}, nil
}

func isNaN(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	return probe(x, in, math.IsNaN)
}

func isInf(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	below, above := a.Int("detect_negative", 1) != 0, a.Int("detect_positive", 1) != 0
	return probe(x, in, func(v float64) bool { return below && math.IsInf(v, -1) || above && math.IsInf(v, 1) })
}

// probe tests every float.
func probe(x *Exec, in []tensor.Tensor, f func(float64) bool) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	if !in[0].DType().IsFloat() {
		return nil, unsupported(in[0].DType())
	}
	y, err := x.New(tensor.Bool, in[0].Shape()...)
	if err != nil {
		return nil, err
	}
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	d := tensor.Data[bool](y)
	for i := range v {
		d[i] = f(v[i])
	}
	return []tensor.Tensor{y}, nil
}

// where takes elements of the second input where the first is true and of the third elsewhere.
func where(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	if in[0].DType() != tensor.Bool {
		return nil, unsupported(in[0].DType())
	}
	if err := same(in[1:]...); err != nil {
		return nil, err
	}
	l, err := layoutOf(in...)
	if err != nil {
		return nil, err
	}
	y, err := x.New(in[1].DType(), l.shape...)
	if err != nil {
		return nil, err
	}
	switch y.DType() {
	case tensor.Float32:
		choose[float32](x, &l, y, in)
	case tensor.Float64:
		choose[float64](x, &l, y, in)
	case tensor.Int64:
		choose[int64](x, &l, y, in)
	case tensor.Int32:
		choose[int32](x, &l, y, in)
	case tensor.Int16:
		choose[int16](x, &l, y, in)
	case tensor.Int8:
		choose[int8](x, &l, y, in)
	case tensor.Uint64:
		choose[uint64](x, &l, y, in)
	case tensor.Uint32:
		choose[uint32](x, &l, y, in)
	case tensor.Uint16:
		choose[uint16](x, &l, y, in)
	case tensor.Uint8:
		choose[uint8](x, &l, y, in)
	case tensor.Bool:
		choose[bool](x, &l, y, in)
	case tensor.String:
		choose[string](x, &l, y, in)
	}
	return []tensor.Tensor{y}, nil
}

func choose[T tensor.Element](x *Exec, l *layout, y tensor.Tensor, in []tensor.Tensor) {
	d, c, a, b := tensor.Data[T](y), tensor.Data[bool](in[0]), tensor.Data[T](in[1]), tensor.Data[T](in[2])
	sc, sa, sb := l.step(0), l.step(1), l.step(2)
	l.walk(x, func(o, n int, at []int) {
		h, i, j := at[0], at[1], at[2]
		for k := range n {
			if c[h] {
				d[o+k] = a[i]
			} else {
				d[o+k] = b[j]
			}
			h, i, j = h+sc, i+sa, j+sb
		}
	})
}
