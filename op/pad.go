package op

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// What adds or removes a border, or a triangle.
var (
	Pad           = &Op{Name: "Pad", Run: pad}
	CenterCropPad = &Op{Name: "CenterCropPad", Run: centerCropPad}
	Trilu         = &Op{Name: "Trilu", Run: trilu}
)

func pad(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 4); err != nil {
		return nil, err
	}
	t := in[0]
	list, err := intsOf(in[1])
	if err != nil {
		return nil, err
	}
	axes := from(0, t.Rank())
	if v := optional(in, 3); v.Valid() {
		l, err := intsOf(v)
		if err != nil {
			return nil, err
		}
		if axes, err = axesOf(l, t.Rank()); err != nil {
			return nil, err
		}
	}
	if len(list) != 2*len(axes) {
		return nil, fmt.Errorf("%d pads for %d axes", len(list), len(axes))
	}
	before, shape := make([]int, t.Rank()), slices.Clone(t.Shape())
	for i, ax := range axes {
		lo, hi := list[i], list[i+len(axes)]
		if n := int64(t.Dim(ax)); lo < -n || hi < -n || lo > 1<<40 || hi > 1<<40 || lo+hi+n < 0 {
			return nil, fmt.Errorf("pads %v of shape %v", list, t.Shape())
		}
		before[ax] = int(lo)
		shape[ax] += int(lo + hi)
	}
	y, err := x.New(t.DType(), shape...)
	if err != nil {
		return nil, err
	}
	switch mode := a.Str("mode", "constant"); mode {
	case "constant":
		value := optional(in, 2)
		if !value.Valid() {
			value = tensor.New(t.DType())
		}
		if value.DType() != t.DType() || value.Len() != 1 {
			return nil, fmt.Errorf("a padding value %v for %v", value, t)
		}
		if err := expandInto(x, y, value.Reshape()); err != nil {
			return nil, err
		}
		inside(x, y, t, before)
	case "edge", "reflect", "wrap":
		return one(y, borders(y, t, before, mode))
	default:
		return nil, fmt.Errorf("mode %q is not known", mode)
	}
	return []tensor.Tensor{y}, nil
}

// inside copies t into y, shifted; negative shifts and what falls outside y are cut off.
func inside(x *Exec, y, t tensor.Tensor, shift []int) {
	to, from := path{strides: rowStrides(y.Shape())}, path{strides: rowStrides(t.Shape())}
	shape := slices.Clone(t.Shape())
	for i, s := range shift {
		first := max(0, -s)
		last := min(t.Dim(i), y.Dim(i)-s)
		shape[i] = max(0, last-first)
		from.offset += first * from.strides[i]
		to.offset += (first + s) * to.strides[i]
	}
	move(x, y, t, shape, to, from)
}

// borders fills y from t with coordinates that are repeated, mirrored or taken round.
func borders(y, t tensor.Tensor, before []int, mode string) error {
	maps := make([][]int, t.Rank())
	strides := rowStrides(t.Shape())
	for d := range maps {
		n := t.Dim(d)
		maps[d] = make([]int, y.Dim(d))
		for i := range maps[d] {
			if n == 0 {
				return fmt.Errorf("mode %q of an empty dimension", mode)
			}
			maps[d][i] = border(i-before[d], n, mode) * strides[d]
		}
	}
	index, coordinate := make([]int, y.Len()), make([]int, t.Rank())
	for i := range index {
		for d, c := range coordinate {
			index[i] += maps[d][c]
		}
		advance(coordinate, y.Shape())
	}
	take(y, t, index, 1)
	return nil
}

func border(i, n int, mode string) int {
	switch {
	case mode == "edge":
		return min(max(i, 0), n-1)
	case mode == "wrap":
		return (i%n + n) % n
	case n == 1:
		return 0
	}
	i = (i%(2*n-2) + 2*n - 2) % (2*n - 2)
	if i >= n {
		i = 2*n - 2 - i
	}
	return i
}

// centerCropPad cuts or pads so that the middle stays in the middle.
func centerCropPad(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	want, err := sizes(in[1])
	if err != nil {
		return nil, err
	}
	axes := from(0, in[0].Rank())
	if l := a.Ints("axes"); l != nil {
		if axes, err = axesOf(l, in[0].Rank()); err != nil {
			return nil, err
		}
	}
	if len(axes) != len(want) {
		return nil, fmt.Errorf("%d sizes for %d axes", len(want), len(axes))
	}
	shape, shift := slices.Clone(in[0].Shape()), make([]int, in[0].Rank())
	for i, ax := range axes {
		shape[ax] = want[i]
		if d := want[i] - in[0].Dim(ax); d >= 0 {
			shift[ax] = d / 2
		} else {
			shift[ax] = -(-d / 2)
		}
	}
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	if err := expandInto(x, y, tensor.New(y.DType())); err != nil {
		return nil, err
	}
	inside(x, y, in[0], shift)
	return []tensor.Tensor{y}, nil
}

// trilu keeps the upper or lower triangle of matrices.
func trilu(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 2); err != nil {
		return nil, err
	}
	t, k := in[0], int64(0)
	if t.Rank() < 2 {
		return nil, fmt.Errorf("input of shape %v, want matrices", t.Shape())
	}
	if v := optional(in, 1); v.Valid() {
		l, err := intsOf(v)
		if err != nil {
			return nil, err
		}
		if len(l) != 1 {
			return nil, fmt.Errorf("k of shape %v, want one number", v.Shape())
		}
		k = l[0]
	}
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil {
		return nil, err
	}
	if err := expandInto(x, y, tensor.New(y.DType())); err != nil {
		return nil, err
	}
	upper := a.Int("upper", 1) != 0
	rows, cols := t.Dim(-2), t.Dim(-1)
	n := volume(t.Shape()[:t.Rank()-2])
	k = min(max(k, -int64(rows)-1), int64(cols)+1)
	for r := range rows {
		lo, hi := 0, min(max(0, r+int(k)+1), cols)
		if upper {
			lo, hi = min(max(0, r+int(k)), cols), cols
		}
		step := []int{rows * cols, 1}
		at := path{offset: r*cols + lo, strides: step}
		move(x, y, t, []int{n, hi - lo}, at, at)
	}
	return []tensor.Tensor{y}, nil
}
