package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// A binary is a function of two variables in the forms that element types need. Functions that are
// absent are not supported; unsigned falls back on signed when wrapping gives the same bits.
type binary struct {
	fast     func(dst, a, b []float32)         // float32, element by element
	right    func(dst, a []float32, b float32) // float32 with one b for all
	float    func(a, b float64) float64        // exact for float32 too: one operation rounds alike
	signed   func(a, b int64) int64            //
	unsigned func(a, b uint64) uint64          //
	commutes bool                              // f(a, b) = f(b, a), so right serves for one a
	check    func(a, b tensor.Tensor) error    // what only some values allow
}

var (
	addition       = binary{fast: kernel.Add32, right: kernel.AddScalar32, commutes: true, float: func(a, b float64) float64 { return a + b }, signed: func(a, b int64) int64 { return a + b }}
	subtraction    = binary{fast: kernel.Sub32, right: func(dst, a []float32, b float32) { kernel.AddScalar32(dst, a, -b) }, float: func(a, b float64) float64 { return a - b }, signed: func(a, b int64) int64 { return a - b }}
	multiplication = binary{fast: kernel.Mul32, right: kernel.Scale32, commutes: true, float: func(a, b float64) float64 { return a * b }, signed: func(a, b int64) int64 { return a * b }}
	division       = binary{fast: kernel.Div32, right: divide32, float: func(a, b float64) float64 { return a / b }, signed: divide, unsigned: divideUnsigned, check: nonzero}
	maximum        = binary{commutes: true, float: func(a, b float64) float64 { return max(a, b) }, signed: func(a, b int64) int64 { return max(a, b) }, unsigned: func(a, b uint64) uint64 { return max(a, b) }}
	minimum        = binary{commutes: true, float: func(a, b float64) float64 { return min(a, b) }, signed: func(a, b int64) int64 { return min(a, b) }, unsigned: func(a, b uint64) uint64 { return min(a, b) }}
)

// The arithmetic of two or more operands with broadcasting.
var (
	Add  = &Op{Name: "Add", InPlace: true, Run: arithmetic(addition)}
	Sub  = &Op{Name: "Sub", InPlace: true, Run: arithmetic(subtraction)}
	Mul  = &Op{Name: "Mul", InPlace: true, Run: arithmetic(multiplication)}
	Div  = &Op{Name: "Div", InPlace: true, Run: arithmetic(division)}
	Max  = &Op{Name: "Max", Run: variadic(&maximum)}
	Min  = &Op{Name: "Min", Run: variadic(&minimum)}
	Sum  = &Op{Name: "Sum", Run: variadic(&addition)}
	Mean = &Op{Name: "Mean", Run: mean}
	Pow  = &Op{Name: "Pow", InPlace: true, Run: pow}
	Mod  = &Op{Name: "Mod", InPlace: true, Run: mod}
)

func arithmetic(f binary) Func {
	return func(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 2, 2); err != nil {
			return nil, err
		}
		return one(combine(x, &f, in[0], in[1]))
	}
}

func variadic(f *binary) Func {
	return func(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 1, math.MaxInt); err != nil {
			return nil, err
		}
		t := in[0]
		for _, u := range in[1:] {
			var err error
			if t, err = combine(x, f, t, u); err != nil {
				return nil, err
			}
		}
		return []tensor.Tensor{t}, nil
	}
}

func mean(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	t, err := variadic(&addition)(x, a, in)
	if err != nil {
		return nil, err
	}
	n := float64(len(in))
	return one(apply(x, t[0], nil, func(v float64) float64 { return v / n }, nil))
}

// combine applies a function of two variables to broadcast operands of one type.
func combine(x *Exec, f *binary, a, b tensor.Tensor) (tensor.Tensor, error) {
	if a.DType() != b.DType() {
		return tensor.Tensor{}, fmt.Errorf("operands of types %v and %v, want one type", a.DType(), b.DType())
	}
	l, err := layoutOf(a, b)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if f.check != nil {
		if err := f.check(a, b); err != nil {
			return tensor.Tensor{}, err
		}
	}
	if !f.takes(a.DType()) {
		return tensor.Tensor{}, unsupported(a.DType())
	}
	y, err := x.New(a.DType(), l.shape...)
	if err != nil {
		return y, err
	}
	switch a.DType() {
	case tensor.Float32:
		f.float32s(x, &l, y.Float32s(), a.Float32s(), b.Float32s())
	case tensor.Float64:
		paired(x, &l, y.Float64s(), a.Float64s(), b.Float64s(), f.float)
	case tensor.Int64:
		paired(x, &l, y.Int64s(), a.Int64s(), b.Int64s(), f.signed)
	case tensor.Int32:
		paired(x, &l, tensor.Data[int32](y), tensor.Data[int32](a), tensor.Data[int32](b), f.signed)
	case tensor.Int16:
		paired(x, &l, tensor.Data[int16](y), tensor.Data[int16](a), tensor.Data[int16](b), f.signed)
	case tensor.Int8:
		paired(x, &l, tensor.Data[int8](y), tensor.Data[int8](a), tensor.Data[int8](b), f.signed)
	case tensor.Uint64:
		unsignedPairs(x, &l, tensor.Data[uint64](y), tensor.Data[uint64](a), tensor.Data[uint64](b), f)
	case tensor.Uint32:
		unsignedPairs(x, &l, tensor.Data[uint32](y), tensor.Data[uint32](a), tensor.Data[uint32](b), f)
	case tensor.Uint16:
		unsignedPairs(x, &l, tensor.Data[uint16](y), tensor.Data[uint16](a), tensor.Data[uint16](b), f)
	case tensor.Uint8:
		unsignedPairs(x, &l, tensor.Data[uint8](y), tensor.Data[uint8](a), tensor.Data[uint8](b), f)
	}
	return y, nil
}

func (f *binary) takes(d tensor.DType) bool {
	switch d {
	case tensor.Float32, tensor.Float64:
		return f.float != nil
	case tensor.Int64, tensor.Int32, tensor.Int16, tensor.Int8:
		return f.signed != nil
	case tensor.Uint64, tensor.Uint32, tensor.Uint16, tensor.Uint8:
		return f.signed != nil || f.unsigned != nil
	}
	return false
}

// float32s takes the fast forms where the rows allow it.
func (f *binary) float32s(x *Exec, l *layout, y, a, b []float32) {
	sa, sb := l.step(0), l.step(1)
	switch {
	case sa == 1 && sb == 1 && f.fast != nil:
		l.walk(x, func(o, n int, at []int) { f.fast(y[o:o+n], a[at[0]:at[0]+n], b[at[1]:at[1]+n]) })
	case sa == 1 && sb == 0 && f.right != nil:
		l.walk(x, func(o, n int, at []int) { f.right(y[o:o+n], a[at[0]:at[0]+n], b[at[1]]) })
	case sa == 0 && sb == 1 && f.right != nil && f.commutes:
		l.walk(x, func(o, n int, at []int) { f.right(y[o:o+n], b[at[1]:at[1]+n], a[at[0]]) })
	default:
		paired(x, l, y, a, b, f.float)
	}
}

func divide32(dst, a []float32, b float32) {
	dst = dst[:len(a)]
	for i, v := range a {
		dst[i] = v / b
	}
}

// paired sets y = f(a, b) element by element, calculated as C.
func paired[T, C tensor.Number](x *Exec, l *layout, y, a, b []T, f func(C, C) C) {
	sa, sb := l.step(0), l.step(1)
	l.walk(x, func(o, n int, at []int) {
		i, j := at[0], at[1]
		for k := range y[o : o+n] {
			y[o+k] = T(f(C(a[i]), C(b[j])))
			i += sa
			j += sb
		}
	})
}

func unsignedPairs[T uint64 | uint32 | uint16 | uint8](x *Exec, l *layout, y, a, b []T, f *binary) {
	if f.unsigned != nil {
		paired(x, l, y, a, b, f.unsigned)
		return
	}
	paired(x, l, y, a, b, f.signed)
}
