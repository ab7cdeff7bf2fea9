package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// What makes tensors out of little.
var (
	Constant        = &Op{Name: "Constant", Run: constant}
	ConstantOfShape = &Op{Name: "ConstantOfShape", Run: constantOfShape}
	Range           = &Op{Name: "Range", Run: rangeOf}
	EyeLike         = &Op{Name: "EyeLike", Run: eyeLike}
	OneHot          = &Op{Name: "OneHot", Run: oneHot}
	Dropout         = &Op{Name: "Dropout", Run: dropout}
)

func constant(_ *Exec, a Attributes, _ []tensor.Tensor) ([]tensor.Tensor, error) {
	for _, name := range []string{"value", "value_float", "value_int", "value_string", "value_floats", "value_ints", "value_strings"} {
		switch v := a[name].(type) {
		case tensor.Tensor:
			return []tensor.Tensor{v}, nil
		case float32:
			return []tensor.Tensor{tensor.Scalar(v)}, nil
		case int64:
			return []tensor.Tensor{tensor.Scalar(v)}, nil
		case string:
			return []tensor.Tensor{tensor.Scalar(v)}, nil
		case []float32:
			return []tensor.Tensor{tensor.Of(v, len(v))}, nil
		case []int64:
			return []tensor.Tensor{tensor.Of(v, len(v))}, nil
		case []string:
			return []tensor.Tensor{tensor.Of(v, len(v))}, nil
		}
	}
	return nil, fmt.Errorf("no value")
}

func constantOfShape(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	shape, err := sizes(in[0])
	if err != nil {
		return nil, err
	}
	value, ok := a["value"].(tensor.Tensor)
	if !ok {
		value = tensor.Of([]float32{0}, 1)
	}
	if value.Len() != 1 {
		return nil, fmt.Errorf("value of shape %v, want one element", value.Shape())
	}
	y, err := x.New(value.DType(), shape...)
	if err != nil {
		return nil, err
	}
	return one(y, expandInto(x, y, value.Reshape()))
}

func rangeOf(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	if err := same(in...); err != nil {
		return nil, err
	}
	var v [3]float64
	for i := range v {
		f, err := scalarOf(in[i])
		if err != nil {
			return nil, err
		}
		v[i] = f
	}
	count := math.Ceil((v[1] - v[0]) / v[2])
	if v[2] == 0 || !(count < 1<<40) {
		return nil, fmt.Errorf("a range from %v to %v in steps of %v", v[0], v[1], v[2])
	}
	y, err := x.New(in[0].DType(), int(max(0, count)))
	if err != nil {
		return nil, err
	}
	switch y.DType() {
	case tensor.Float32:
		steps(y.Float32s(), v[0], v[2])
	case tensor.Float64:
		steps(y.Float64s(), v[0], v[2])
	case tensor.Int64:
		steps(y.Int64s(), in[0].Int64s()[0], in[2].Int64s()[0])
	case tensor.Int32:
		steps(tensor.Data[int32](y), v[0], v[2])
	case tensor.Int16:
		steps(tensor.Data[int16](y), v[0], v[2])
	default:
		return nil, unsupported(y.DType())
	}
	return []tensor.Tensor{y}, nil
}

func steps[T tensor.Number, C int64 | float64](y []T, start, step C) {
	for i := range y {
		y[i] = T(start + C(i)*step)
	}
}

func eyeLike(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	if in[0].Rank() != 2 {
		return nil, fmt.Errorf("input of shape %v, want a matrix", in[0].Shape())
	}
	d := in[0].DType()
	if n := a.Int("dtype", 0); n != 0 {
		var err error
		if d, err = TypeOf(n); err != nil {
			return nil, err
		}
	}
	rows, cols, k := in[0].Dim(0), in[0].Dim(1), int(a.Int("k", 0))
	free := &Exec{Limit: x.Limit, Stop: x.Stop}
	eye, err := free.New(tensor.Float64, rows, cols)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if j := i + k; j >= 0 && j < cols {
			eye.Float64s()[i*cols+j] = 1
		}
	}
	return one(convert(x, eye, d))
}

func oneHot(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	depth, err := scalarOf(in[1])
	if err != nil {
		return nil, err
	}
	if depth < 1 || depth > 1<<40 || in[2].Len() != 2 {
		return nil, fmt.Errorf("depth %v and values of shape %v, want a positive depth and two values", depth, in[2].Shape())
	}
	list, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	axis, err := axisOf(a.Int("axis", -1), in[0].Rank()+1)
	if err != nil {
		return nil, err
	}
	n, s := int(depth), in[0].Shape()
	shape := append(append(append([]int{}, s[:axis]...), n), s[axis:]...)
	y, err := x.New(in[2].DType(), shape...)
	if err != nil {
		return nil, err
	}
	inner := volume(s[axis:])
	index := make([]int, y.Len())
	for i, v := range list {
		at := int(v)
		if at < 0 {
			at += n
		}
		if at >= 0 && at < n {
			index[(i/inner*n+at)*inner+i%inner] = 1
		}
	}
	take(y, in[2], index, 1)
	return []tensor.Tensor{y}, nil
}

// dropout passes everything on, as it does when a network is used and not trained; a dropout that
// is to drop needs random numbers that no other program would draw, so it is refused.
func dropout(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 3); err != nil {
		return nil, err
	}
	if t := optional(in, 2); t.Valid() {
		on, err := scalarOf(t)
		if err != nil {
			return nil, err
		}
		ratio := 0.5
		if r := optional(in, 1); r.Valid() {
			if ratio, err = scalarOf(r); err != nil {
				return nil, err
			}
		}
		if on != 0 && ratio != 0 {
			return nil, fmt.Errorf("training mode is not supported: export the network for inference")
		}
	}
	out := []tensor.Tensor{in[0]}
	if x.Outputs > 1 {
		mask, err := x.New(tensor.Bool, in[0].Shape()...)
		if err != nil {
			return nil, err
		}
		fill(tensor.Data[bool](mask), true)
		out = append(out, mask)
	}
	return out, nil
}
