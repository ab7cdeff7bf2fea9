package op

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// What looks at shapes or changes them; none of these but Transpose touches an element.
var (
	Identity  = &Op{Name: "Identity", Run: identity}
	Reshape   = &Op{Name: "Reshape", Run: reshape}
	Flatten   = &Op{Name: "Flatten", Run: flatten}
	Squeeze   = &Op{Name: "Squeeze", Run: squeeze}
	Unsqueeze = &Op{Name: "Unsqueeze", Run: unsqueeze}
	Shape     = &Op{Name: "Shape", Run: shape}
	Size      = &Op{Name: "Size", Run: size}
	Transpose = &Op{Name: "Transpose", Run: transpose}
)

func errShape(got, want []int) error { return fmt.Errorf("shape %v, want %v", got, want) }

func identity(_ *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	return in[:1], nil
}

func reshape(_ *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	want, err := intsOf(in[1])
	if err != nil {
		return nil, err
	}
	return one(Reshaped(in[0], want, a.Int("allowzero", 0) != 0))
}

// Reshaped returns the elements of t under the shape that a Reshape node asks for: -1 is what is left
// over, and 0 keeps a dimension unless zero means zero.
func Reshaped(t tensor.Tensor, want []int64, zero bool) (tensor.Tensor, error) {
	out, rest, known := make([]int, len(want)), -1, 1
	for i, v := range want {
		switch {
		case v == -1 && rest < 0:
			rest = i
			continue
		case v == 0 && !zero:
			if i >= t.Rank() {
				return t, fmt.Errorf("shape %v keeps dimension %d of %v", want, i, t.Shape())
			}
			out[i] = t.Dim(i)
		case v < 0:
			return t, fmt.Errorf("shape %v cannot be asked for", want)
		default:
			out[i] = int(v)
		}
		if out[i] > 0 && known > t.Len()/out[i] && t.Len() > 0 {
			return t, fmt.Errorf("%d elements of shape %v do not fill shape %v", t.Len(), t.Shape(), want)
		}
		known *= out[i]
	}
	if rest >= 0 {
		if known == 0 {
			if t.Len() != 0 {
				return t, fmt.Errorf("%d elements of shape %v do not fill shape %v", t.Len(), t.Shape(), want)
			}
		} else {
			out[rest] = t.Len() / known
			known *= out[rest]
		}
	}
	if n, err := tensor.Count(out); err != nil || n != t.Len() {
		return t, fmt.Errorf("%d elements of shape %v do not fill shape %v", t.Len(), t.Shape(), want)
	}
	return t.Reshape(out...), nil
}

func flatten(_ *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	axis, rank := a.Int("axis", 1), in[0].Rank()
	if axis < -int64(rank) || axis > int64(rank) {
		return nil, fmt.Errorf("axis %d of a tensor of rank %d", axis, rank)
	}
	if axis < 0 {
		axis += int64(rank)
	}
	s := in[0].Shape()
	return []tensor.Tensor{in[0].Reshape(volume(s[:axis]), volume(s[axis:]))}, nil
}

// listed reads axes from the second input or the attribute of older opsets.
func listed(a Attributes, in []tensor.Tensor) ([]int64, bool, error) {
	if t := optional(in, 1); t.Valid() {
		v, err := intsOf(t)
		return v, true, err
	}
	v := a.Ints("axes")
	return v, v != nil, nil
}

func squeeze(_ *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 2); err != nil {
		return nil, err
	}
	list, given, err := listed(a, in)
	if err != nil {
		return nil, err
	}
	axes, err := axesOf(list, in[0].Rank())
	if err != nil {
		return nil, err
	}
	var out []int
	for i, n := range in[0].Shape() {
		drop := n == 1 && !given
		if slices.Contains(axes, i) {
			if n != 1 {
				return nil, fmt.Errorf("dimension %d of shape %v is not 1", i, in[0].Shape())
			}
			drop = true
		}
		if !drop {
			out = append(out, n)
		}
	}
	return []tensor.Tensor{in[0].Reshape(out...)}, nil
}

func unsqueeze(_ *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 2); err != nil {
		return nil, err
	}
	list, _, err := listed(a, in)
	if err != nil {
		return nil, err
	}
	if len(list) > 64 {
		return nil, fmt.Errorf("%d axes to insert, want at most 64", len(list))
	}
	rank := in[0].Rank() + len(list)
	axes, err := axesOf(list, rank)
	if err != nil {
		return nil, err
	}
	out, rest := make([]int, rank), in[0].Shape()
	for i := range out {
		if slices.Contains(axes, i) {
			out[i] = 1
			continue
		}
		out[i], rest = rest[0], rest[1:]
	}
	return []tensor.Tensor{in[0].Reshape(out...)}, nil
}

func shape(_ *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	rank := int64(in[0].Rank())
	bound := func(v int64) int64 {
		if v < 0 {
			v += rank
		}
		return min(max(v, 0), rank)
	}
	lo, hi := bound(a.Int("start", 0)), bound(a.Int("end", rank))
	out := []int64{}
	for i := lo; i < hi; i++ {
		out = append(out, int64(in[0].Dim(int(i))))
	}
	return []tensor.Tensor{tensor.Of(out, len(out))}, nil
}

func size(_ *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	return []tensor.Tensor{tensor.Scalar(int64(in[0].Len()))}, nil
}

func transpose(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	rank := in[0].Rank()
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = rank - 1 - i
	}
	if list := a.Ints("perm"); list != nil {
		if len(list) != rank {
			return nil, fmt.Errorf("perm %v for a tensor of rank %d", list, rank)
		}
		var err error
		if perm, err = axesOf(list, rank); err != nil {
			return nil, err
		}
	}
	moved := false
	last := -1
	for _, p := range perm {
		if in[0].Dim(p) == 1 {
			continue
		}
		moved = moved || p < last
		last = p
	}
	if !moved { // only dimensions of one change places: the elements stay where they are
		out := make([]int, rank)
		for i, p := range perm {
			out[i] = in[0].Dim(p)
		}
		return []tensor.Tensor{in[0].Reshape(out...)}, nil
	}
	return one(transposed(x, in[0], perm))
}
