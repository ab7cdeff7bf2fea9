package op

import (
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// Softmax and its relatives, along one axis.
var (
	Softmax    = &Op{Name: "Softmax", Run: alongAxis(kernel.SoftmaxRows32, softmaxRows)}
	LogSoftmax = &Op{Name: "LogSoftmax", Run: alongAxis(nil, logSoftmaxRows)}
	Hardmax    = &Op{Name: "Hardmax", Run: alongAxis(nil, hardmaxRows)}
)

// rowsFunc sets each of rows rows of cols values.
type rowsFunc[T tensor.Number] func(dst, src []T, rows, cols int)

// alongAxis applies a function of rows along the attribute axis, which is brought to the end first.
func alongAxis(fast rowsFunc[float32], exact rowsFunc[float64]) Func {
	return func(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 1, 1); err != nil {
			return nil, err
		}
		axis, err := axisOf(a.Int("axis", -1), in[0].Rank())
		if err != nil {
			return nil, err
		}
		return one(lastAxis(x, in[0], axis, func(y, t tensor.Tensor) error { return rowwise(x, y, t, fast, exact) }))
	}
}

// lastAxis runs f on t with axis as its last dimension and brings the result back.
func lastAxis(x *Exec, t tensor.Tensor, axis int, f func(y, t tensor.Tensor) error) (tensor.Tensor, error) {
	last := t.Rank() - 1
	if volume(t.Shape()[axis+1:]) == 1 {
		y, err := x.New(t.DType(), t.Shape()...)
		if err != nil {
			return y, err
		}
		flat := t.Reshape(volume(t.Shape()[:axis]), t.Dim(axis))
		return y, f(y.Reshape(flat.Shape()...), flat)
	}
	perm := make([]int, t.Rank())
	for i := range perm {
		perm[i] = i
	}
	perm[axis], perm[last] = last, axis // its own inverse
	t, err := transposed(x, t, perm)
	if err != nil {
		return t, err
	}
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil {
		return y, err
	}
	if err := f(y, t); err != nil {
		return y, err
	}
	return transposed(x, y, perm)
}

// rowwise applies a function to the rows of the last dimension.
func rowwise(x *Exec, y, t tensor.Tensor, fast rowsFunc[float32], exact rowsFunc[float64]) error {
	cols := t.Dim(-1)
	if t.Len() == 0 {
		return nil
	}
	rows := t.Len() / cols
	per := max(1, block/cols)
	at := func(f func(lo, n int)) {
		each(x, (rows+per-1)/per, t.Len(), func(p int) { f(p*per, min(per, rows-p*per)) })
	}
	switch t.DType() {
	case tensor.Float32:
		d, s := y.Float32s(), t.Float32s()
		if fast == nil {
			fast = func(dst, src []float32, rows, cols int) {
				room := make([]float64, len(src))
				converted(room, src)
				exact(room, room, rows, cols)
				converted(dst, room)
			}
		}
		at(func(lo, n int) { fast(d[lo*cols:(lo+n)*cols], s[lo*cols:(lo+n)*cols], n, cols) })
	case tensor.Float64:
		d, s := y.Float64s(), t.Float64s()
		at(func(lo, n int) { exact(d[lo*cols:(lo+n)*cols], s[lo*cols:(lo+n)*cols], n, cols) })
	default:
		return unsupported(t.DType())
	}
	return nil
}

func softmaxRows(dst, src []float64, rows, cols int) {
	for r := range rows {
		d, s := dst[r*cols:(r+1)*cols], src[r*cols:(r+1)*cols]
		top, sum := largestOf(s), 0.0
		for i, v := range s {
			d[i] = math.Exp(v - top)
			sum += d[i]
		}
		for i := range d {
			d[i] /= sum
		}
	}
}

func logSoftmaxRows(dst, src []float64, rows, cols int) {
	for r := range rows {
		d, s := dst[r*cols:(r+1)*cols], src[r*cols:(r+1)*cols]
		top, sum := largestOf(s), 0.0
		for _, v := range s {
			sum += math.Exp(v - top)
		}
		shift := top + math.Log(sum)
		for i, v := range s {
			d[i] = v - shift
		}
	}
}

func hardmaxRows(dst, src []float64, rows, cols int) {
	for r := range rows {
		d, s := dst[r*cols:(r+1)*cols], src[r*cols:(r+1)*cols]
		top := 0
		for i, v := range s {
			if v > s[top] {
				top = i
			}
		}
		clear(d)
		d[top] = 1
	}
}

func largestOf(s []float64) float64 {
	top := math.Inf(-1)
	for _, v := range s {
		top = max(top, v)
	}
	return top
}
