package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// What joins, cuts and repeats tensors.
var (
	Concat = &Op{Name: "Concat", Run: concat}
	Split  = &Op{Name: "Split", Run: split}
	Slice  = &Op{Name: "Slice", Run: slice}
	Expand = &Op{Name: "Expand", Run: expand}
	Tile   = &Op{Name: "Tile", Run: repeat}
)

func concat(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, math.MaxInt); err != nil {
		return nil, err
	}
	axis, err := axisOf(a.Int("axis", 0), in[0].Rank())
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(in[0].Shape())
	shape[axis] = 0
	for i, t := range in {
		if !t.Valid() || t.DType() != in[0].DType() || t.Rank() != len(shape) {
			return nil, fmt.Errorf("input %d is %v, the first is %v", i+1, t, in[0])
		}
		for d, n := range t.Shape() {
			if d != axis && n != shape[d] {
				return nil, fmt.Errorf("input %d is %v, the first is %v", i+1, t, in[0])
			}
		}
		shape[axis] += t.Dim(axis)
	}
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	strides, at := rowStrides(shape), 0
	for _, t := range in {
		move(x, y, t, t.Shape(), path{offset: at * strides[axis], strides: strides}, path{strides: rowStrides(t.Shape())})
		at += t.Dim(axis)
	}
	return []tensor.Tensor{y}, nil
}

func split(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 2); err != nil {
		return nil, err
	}
	t := in[0]
	axis, err := axisOf(a.Int("axis", 0), t.Rank())
	if err != nil {
		return nil, err
	}
	sizes := a.Ints("split")
	if s := optional(in, 1); s.Valid() {
		if sizes, err = intsOf(s); err != nil {
			return nil, err
		}
	}
	if sizes == nil {
		sizes = evenly(int64(t.Dim(axis)), a.Int("num_outputs", int64(max(1, x.Outputs))))
	}
	if len(sizes) > max(1, x.Outputs) {
		return nil, fmt.Errorf("a split into %d parts for %d outputs", len(sizes), x.Outputs)
	}
	var sum int64
	for _, s := range sizes {
		if s < 0 || s > int64(t.Dim(axis)) {
			return nil, fmt.Errorf("split %v of a dimension of %d", sizes, t.Dim(axis))
		}
		sum += s
	}
	if sum != int64(t.Dim(axis)) {
		return nil, fmt.Errorf("split %v of a dimension of %d", sizes, t.Dim(axis))
	}
	if volume(t.Shape()[:axis]) == 1 {
		return splitRows(t, axis, sizes), nil
	}
	out, at, strides := make([]tensor.Tensor, len(sizes)), 0, rowStrides(t.Shape())
	for i, s := range sizes {
		shape := slices.Clone(t.Shape())
		shape[axis] = int(s)
		if out[i], err = x.New(t.DType(), shape...); err != nil {
			return nil, err
		}
		move(x, out[i], t, shape, path{strides: rowStrides(shape)}, path{offset: at * strides[axis], strides: strides})
		at += int(s)
	}
	return out, nil
}

// splitRows gives parts that share the elements, which is possible where they lie one after another.
func splitRows(t tensor.Tensor, axis int, sizes []int64) []tensor.Tensor {
	flat := t.Reshape(t.Shape()[axis:]...)
	out, at := make([]tensor.Tensor, len(sizes)), 0
	for i, s := range sizes {
		shape := slices.Clone(t.Shape())
		shape[axis] = int(s)
		out[i] = flat.Rows(at, at+int(s)).Reshape(shape...)
		at += int(s)
	}
	return out
}

// evenly cuts n into parts of one size, the last one smaller if it must be.
func evenly(n, parts int64) []int64 {
	if parts < 1 || parts > n+1 && parts > 1<<16 {
		return []int64{n}
	}
	size := (n + parts - 1) / parts
	out := make([]int64, parts)
	for i := range out {
		out[i] = min(size, n)
		n -= out[i]
	}
	return out
}

func slice(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 5); err != nil {
		return nil, err
	}
	t := in[0]
	var lists [4][]int64
	for i := range lists {
		if l := optional(in, i+1); l.Valid() {
			v, err := intsOf(l)
			if err != nil {
				return nil, err
			}
			lists[i] = v
		}
	}
	starts, ends, axes, steps := lists[0], lists[1], lists[2], lists[3]
	n := len(starts)
	if axes == nil {
		for i := range n {
			axes = append(axes, int64(i))
		}
	}
	if steps == nil {
		steps = slices.Repeat([]int64{1}, n)
	}
	if len(ends) != n || len(axes) != n || len(steps) != n {
		return nil, fmt.Errorf("%d starts, %d ends, %d axes, %d steps", n, len(ends), len(axes), len(steps))
	}
	dims, err := axesOf(axes, t.Rank())
	if err != nil {
		return nil, err
	}
	p := path{strides: rowStrides(t.Shape())}
	shape := slices.Clone(t.Shape())
	for i, ax := range dims {
		first, count, err := cut(starts[i], ends[i], steps[i], int64(t.Dim(ax)))
		if err != nil {
			return nil, err
		}
		p.offset += int(first) * p.strides[ax]
		if count > 1 {
			p.strides[ax] *= int(steps[i])
		}
		shape[ax] = int(count)
	}
	y, err := x.New(t.DType(), shape...)
	if err != nil {
		return nil, err
	}
	move(x, y, t, shape, path{strides: rowStrides(shape)}, p)
	return []tensor.Tensor{y}, nil
}

// cut returns where a slice of a dimension of size n starts and how many elements it has.
func cut(start, end, step, n int64) (first, count int64, err error) {
	if step == 0 {
		return 0, 0, fmt.Errorf("a slice with step 0")
	}
	bound := func(v, lo, hi int64) int64 {
		if v < 0 {
			v = max(v, math.MinInt64+n) + n
		}
		return min(max(v, lo), hi)
	}
	if step > 0 {
		first, end = bound(start, 0, n), bound(end, 0, n)
		if end <= first {
			return 0, 0, nil
		}
		return first, (end-first-1)/step + 1, nil
	}
	first, end = bound(start, -1, n-1), bound(end, -1, n-1)
	if end >= first {
		return 0, 0, nil
	}
	return first, (end-first+1)/step + 1, nil
}

// sizes reads a shape from a tensor of integers.
func sizes(t tensor.Tensor) ([]int, error) {
	v, err := intsOf(t)
	if err != nil {
		return nil, err
	}
	if len(v) > 64 {
		return nil, fmt.Errorf("a shape of %d dimensions, want at most 64", len(v))
	}
	out := make([]int, len(v))
	for i, n := range v {
		out[i] = int(n)
	}
	if _, err := tensor.Count(out); err != nil {
		return nil, err
	}
	return out, nil
}

func expand(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	want, err := sizes(in[1])
	if err != nil {
		return nil, err
	}
	shape, err := Broadcast(in[0].Shape(), want)
	if err != nil {
		return nil, err
	}
	if slices.Equal(shape, in[0].Shape()) {
		return in[:1], nil
	}
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	return one(y, expandInto(x, y, in[0]))
}

// repeat lays copies of a tensor side by side. The copies are dimensions of their own while moving.
func repeat(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	times, err := sizes(in[1])
	if err != nil {
		return nil, err
	}
	t := in[0]
	if len(times) != t.Rank() {
		return nil, fmt.Errorf("%d repeats for shape %v", len(times), t.Shape())
	}
	out, all, strides := make([]int, t.Rank()), []int{}, []int{}
	rows := rowStrides(t.Shape())
	for i, n := range t.Shape() {
		if n > 0 && times[i] > math.MaxInt/16/n {
			return nil, fmt.Errorf("%v repeats of shape %v", times, t.Shape())
		}
		out[i] = n * times[i]
		all, strides = append(all, times[i], n), append(strides, 0, rows[i])
	}
	y, err := x.New(t.DType(), out...)
	if err != nil {
		return nil, err
	}
	move(x, y, t, all, path{strides: rowStrides(all)}, path{strides: strides})
	return []tensor.Tensor{y}, nil
}
