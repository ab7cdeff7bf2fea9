package op

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// What finds elements.
var (
	ArgMax  = &Op{Name: "ArgMax", Run: argument(1)}
	ArgMin  = &Op{Name: "ArgMin", Run: argument(-1)}
	TopK    = &Op{Name: "TopK", Run: topK}
	NonZero = &Op{Name: "NonZero", Run: nonZero}
	Unique  = &Op{Name: "Unique", Run: unique}
)

// numbersOf returns elements in a form whose order is that of the tensor's: float64, or int64 where
// float64 could not tell neighbours apart.
func numbersOf(t tensor.Tensor) (less func(i, j int) bool, err error) {
	if t.DType() == tensor.Int64 {
		v := t.Int64s()
		return func(i, j int) bool { return v[i] < v[j] }, nil
	}
	if t.DType() == tensor.Uint64 {
		v := tensor.Data[uint64](t)
		return func(i, j int) bool { return v[i] < v[j] }, nil
	}
	v, err := floatsOf(t)
	return func(i, j int) bool { return v[i] < v[j] }, err
}

// argument finds where the largest (sign 1) or smallest (-1) element along an axis stands.
func argument(sign int) Func {
	return func(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 1, 1); err != nil {
			return nil, err
		}
		t := in[0]
		axis, err := axisOf(a.Int("axis", 0), t.Rank())
		if err != nil {
			return nil, err
		}
		less, err := numbersOf(t)
		if err != nil {
			return nil, err
		}
		s := t.Shape()
		outer, n, inner := volume(s[:axis]), s[axis], volume(s[axis+1:])
		if n == 0 {
			return nil, fmt.Errorf("no elements along axis %d of shape %v", axis, s)
		}
		shape := slices.Concat(s[:axis], []int{1}, s[axis+1:])
		if a.Int("keepdims", 1) == 0 {
			shape = slices.Concat(s[:axis], s[axis+1:])
		}
		y, err := x.New(tensor.Int64, shape...)
		if err != nil {
			return nil, err
		}
		last := a.Int("select_last_index", 0) != 0
		w := work{x: x}
		for o := range outer * inner {
			if w.done(n) {
				return nil, x.stopped()
			}
			first := o/inner*n*inner + o%inner
			best := 0
			for k := 1; k < n; k++ {
				i, j := first+k*inner, first+best*inner
				if sign < 0 {
					i, j = j, i
				}
				if less(j, i) || last && !less(i, j) {
					best = k
				}
			}
			y.Int64s()[o] = int64(best)
		}
		return []tensor.Tensor{y}, nil
	}
}

// topK sorts along an axis; of equal elements the one that stands first comes first.
func topK(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	t := in[0]
	axis, err := axisOf(a.Int("axis", -1), t.Rank())
	if err != nil {
		return nil, err
	}
	k, err := scalarOf(in[1])
	if err != nil {
		return nil, err
	}
	if k < 0 || int(k) > t.Dim(axis) {
		return nil, fmt.Errorf("k %v along a dimension of %d", k, t.Dim(axis))
	}
	less, err := numbersOf(t)
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(t.Shape())
	shape[axis] = int(k)
	values, err := x.New(t.DType(), shape...)
	if err != nil {
		return nil, err
	}
	where, err := x.New(tensor.Int64, shape...)
	if err != nil {
		return nil, err
	}
	s := t.Shape()
	outer, n, inner := volume(s[:axis]), s[axis], volume(s[axis+1:])
	index, order := make([]int, values.Len()), make([]int, n)
	largest := a.Int("largest", 1) != 0
	w := work{x: x}
	for o := range outer * inner {
		first := o/inner*n*inner + o%inner
		for i := range order {
			order[i] = i
		}
		w.sort(order, func(i, j int) int {
			p, q := first+i*inner, first+j*inner
			if largest {
				p, q = q, p
			}
			switch {
			case w.done(1):
				return 0
			case less(p, q):
				return -1
			case less(q, p):
				return 1
			}
			return 0
		})
		if w.ended {
			return nil, x.stopped()
		}
		for i := range int(k) {
			at := (o/inner*int(k)+i)*inner + o%inner
			index[at] = first + order[i]*inner
			where.Int64s()[at] = int64(order[i])
		}
	}
	take(values, t, index, 1)
	return []tensor.Tensor{values, where}, nil
}

func nonZero(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	var found []int
	for i, f := range v {
		if f != 0 {
			found = append(found, i)
		}
	}
	y, err := x.New(tensor.Int64, in[0].Rank(), len(found))
	if err != nil {
		return nil, err
	}
	for d, step := range rowStrides(in[0].Shape()) {
		for i, at := range found {
			y.Int64s()[d*len(found)+i] = int64(at / step % in[0].Dim(d))
		}
	}
	return []tensor.Tensor{y}, nil
}

// unique finds different elements, or different slices along an axis.
func unique(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	t, axis := in[0].Reshape(in[0].Len()), 0
	if v, ok := a["axis"].(int64); ok {
		var err error
		if axis, err = axisOf(v, in[0].Rank()); err != nil {
			return nil, err
		}
		t = in[0]
	}
	less, err := numbersOf(t)
	if err != nil {
		return nil, err
	}
	s := t.Shape()
	outer, n, inner := volume(s[:axis]), s[axis], volume(s[axis+1:])
	w := work{x: x}
	compare := func(i, j int) int {
		for o := range outer * inner {
			p := o/inner*n*inner + o%inner
			switch {
			case w.done(1):
				return 0
			case less(p+i*inner, p+j*inner):
				return -1
			case less(p+j*inner, p+i*inner):
				return 1
			}
		}
		return 0
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	w.sort(order, compare)
	u := classes(order, compare)
	if w.ended {
		return nil, x.stopped()
	}
	if a.Int("sorted", 1) == 0 {
		u.byAppearance()
	}
	shape := slices.Clone(s)
	shape[axis] = len(u.first)
	y, err := x.New(t.DType(), shape...)
	if err != nil {
		return nil, err
	}
	index := make([]int, 0, y.Len())
	for o := range outer {
		for _, f := range u.first {
			for i := range inner {
				index = append(index, (o*n+f)*inner+i)
			}
		}
	}
	take(y, t, index, 1)
	return []tensor.Tensor{y, whole(u.first), whole(u.class), whole(u.count)}, nil
}

func whole(v []int) tensor.Tensor {
	out := make([]int64, len(v))
	for i, n := range v {
		out[i] = int64(n)
	}
	return tensor.Of(out, len(out))
}

// A partition says which elements are equal: where each class appears first, the class of every
// element, and how many a class has.
type partition struct{ first, class, count []int }

func classes(order []int, compare func(i, j int) int) *partition {
	u := &partition{class: make([]int, len(order))}
	for i, at := range order {
		if i == 0 || compare(order[i-1], at) != 0 {
			u.first, u.count = append(u.first, at), append(u.count, 0)
		}
		c := len(u.first) - 1
		u.class[at] = c
		u.count[c]++
	}
	return u
}

// byAppearance orders the classes as they appear first.
func (u *partition) byAppearance() {
	rank := make([]int, len(u.first))
	var first, count []int
	for i, c := range u.class {
		if u.first[c] == i {
			rank[c] = len(first)
			first, count = append(first, i), append(count, u.count[c])
		}
	}
	for i, c := range u.class {
		u.class[i] = rank[c]
	}
	u.first, u.count = first, count
}
