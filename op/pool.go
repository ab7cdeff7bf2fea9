package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// The poolings.
var (
	MaxPool           = &Op{Name: "MaxPool", Run: maxPool}
	AveragePool       = &Op{Name: "AveragePool", Run: averagePool}
	LpPool            = &Op{Name: "LpPool", Run: lpPool}
	GlobalAveragePool = &Op{Name: "GlobalAveragePool", Run: globalPool(meanFold)}
	GlobalMaxPool     = &Op{Name: "GlobalMaxPool", Run: globalPool(maxFold)}
	GlobalLpPool      = &Op{Name: "GlobalLpPool", Run: globalLpPool}
)

// poolWindow checks the input of a pooling and reads its window.
func poolWindow(a Attributes, in []tensor.Tensor) (*window, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	if len(s) < 3 || len(s) > 5 {
		return nil, fmt.Errorf("input of shape %v, want rank 3, 4 or 5", s)
	}
	if a.Ints("kernel_shape") == nil {
		return nil, fmt.Errorf("no kernel_shape")
	}
	size, err := dims(a, "kernel_shape", len(s)-2, 1, 1)
	if err != nil {
		return nil, err
	}
	return windowOf(a, s[2:], size)
}

func maxPool(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	w, err := poolWindow(a, in)
	if err != nil {
		return nil, err
	}
	shape := append([]int{in[0].Dim(0), in[0].Dim(1)}, w.out...)
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	out := []tensor.Tensor{y}
	var where []int64
	if x.Outputs > 1 {
		t, err := x.New(tensor.Int64, shape...)
		if err != nil {
			return nil, err
		}
		out, where = append(out, t), t.Int64s()
	}
	column := a.Int("storage_order", 0) == 1
	switch y.DType() {
	case tensor.Float32:
		maxima(x, w, y.Float32s(), in[0].Float32s(), where, column, float32(math.Inf(-1)))
	case tensor.Float64:
		maxima(x, w, y.Float64s(), in[0].Float64s(), where, column, math.Inf(-1))
	case tensor.Uint8:
		maxima(x, w, tensor.Data[uint8](y), tensor.Data[uint8](in[0]), where, column, 0)
	case tensor.Int8:
		maxima(x, w, tensor.Data[int8](y), tensor.Data[int8](in[0]), where, column, math.MinInt8)
	default:
		return nil, unsupported(y.DType())
	}
	return out, nil
}

// maxima finds the largest value of every window; NaN counts as larger than any number.
func maxima[T tensor.Number](x *Exec, w *window, y, data []T, where []int64, column bool, least T) {
	w = w.padded()
	plane, positions := volume(w.in), volume(w.out)
	if plane*positions == 0 {
		return
	}
	planes := len(y) / positions
	each(x, planes, len(y)*volume(w.kernel), func(p int) {
		in, out := data[p*plane:(p+1)*plane], y[p*positions:(p+1)*positions]
		if where == nil && w.in[0] == 1 && w.kernel[0] == 1 {
			if single, ok := any(out).([]float32); ok {
				maxima32(x, w, single, any(in).([]float32))
				return
			}
			maxima2(x, w, out, in, least)
			return
		}
		if single, ok := any(out).([]float32); ok && where != nil && w.in[0] == 1 && w.kernel[0] == 1 && !column && plane <= math.MaxInt32 &&
			maximaAt(x, w, single, any(in).([]float32), where[p*positions:], p*plane) {
			return
		}
		w.outputs(x, func(i int, o [3]int) {
			best, at := least, -1
			w.taps(o, func(_, k int) {
				if v := in[k]; at < 0 || v > best || v != v && best == best {
					best, at = v, k
				}
			})
			out[i] = best
			if where != nil {
				where[p*positions+i] = int64(p*plane + w.order(at, column))
			}
		})
	})
}

// maxima2 is the frequent case beside maxima32: two dimensions, no positions asked for.
func maxima2[T tensor.Number](x *Exec, w *window, out, in []T, least T) {
	wide, stride := w.in[2], w.stride[2]
	work := w.out[2] * min(w.kernel[1], w.in[1]) * min(w.kernel[2], w.in[2]) // of a row
	for oy := 0; oy < w.out[1] && !x.endedBefore(work); oy++ {
		row := out[oy*w.out[2] : (oy+1)*w.out[2]]
		for ox := range row {
			row[ox] = least
		}
		top, bottom := w.within(1, oy)
		for ky := top; ky < bottom; ky++ {
			line := in[(oy*w.stride[1]-w.begin[1]+ky*w.dilation[1])*wide:][:wide]
			for kx := range w.kernel[2] { // one tap of all windows after the other
				first := kx*w.dilation[2] - w.begin[2]
				lo := max(0, (stride-1-first)/stride)
				hi := min(len(row), (wide-1-first+stride)/stride)
				if lo >= hi {
					continue
				}
				taps := line[lo*stride+first:]
				for i := range row[lo:hi] {
					row[lo+i] = max(row[lo+i], taps[i*stride])
				}
			}
		}
	}
}

// order turns a row-major index of the plane into a column-major one when asked.
func (w *window) order(i int, column bool) int {
	if !column || i < 0 {
		return i
	}
	x, y, z := i%w.in[2], i/w.in[2]%w.in[1], i/w.in[2]/w.in[1]
	if w.in[0] == 1 {
		return x*w.in[1] + y
	}
	return (x*w.in[1]+y)*w.in[0] + z
}

func averagePool(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	w, err := poolWindow(a, in)
	if err != nil {
		return nil, err
	}
	all := a.Int("count_include_pad", 0) == 1
	w = w.padded()
	return pooled(x, w, in[0], func(o [3]int, sum float64, n int) float64 {
		if all {
			n = w.reach(o)
		}
		return sum / float64(max(1, n)) // 0 of a window that lies in the padding, as ONNX Runtime has it
	}, func(v float64) float64 { return v })
}

// reach counts the taps that fall on the input or its padding.
func (w *window) reach(o [3]int) int {
	n := 1
	for d := range 3 {
		room := w.in[d] + w.begin[d] + w.end[d] - o[d]*w.stride[d]
		n *= max(0, min(w.kernel[d], (room+w.dilation[d]-1)/w.dilation[d]))
	}
	return n
}

func lpPool(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	w, err := poolWindow(a, in)
	if err != nil {
		return nil, err
	}
	p := float64(a.Int("p", 2))
	return pooled(x, w.padded(), in[0], func(_ [3]int, sum float64, _ int) float64 { return math.Pow(sum, 1/p) },
		func(v float64) float64 { return math.Pow(math.Abs(v), p) })
}

// pooled sums a function of the values of every window and finishes the sum.
func pooled(x *Exec, w *window, t tensor.Tensor, finish func(o [3]int, sum float64, n int) float64, f func(float64) float64) ([]tensor.Tensor, error) {
	shape := append([]int{t.Dim(0), t.Dim(1)}, w.out[3-(t.Rank()-2):]...)
	y, err := x.New(t.DType(), shape...)
	if err != nil {
		return nil, err
	}
	switch t.DType() {
	case tensor.Float32:
		windows(x, w, y.Float32s(), t.Float32s(), finish, f)
	case tensor.Float64:
		windows(x, w, y.Float64s(), t.Float64s(), finish, f)
	default:
		return nil, unsupported(t.DType())
	}
	return []tensor.Tensor{y}, nil
}

func windows[T float32 | float64](x *Exec, w *window, y, data []T, finish func(o [3]int, sum float64, n int) float64, f func(float64) float64) {
	plane, positions := volume(w.in), volume(w.out)
	if plane*positions == 0 {
		return
	}
	each(x, len(y)/positions, len(y)*volume(w.kernel), func(p int) {
		in, out := data[p*plane:], y[p*positions:]
		w.outputs(x, func(i int, o [3]int) {
			sum, n := 0.0, 0
			w.taps(o, func(_, k int) {
				sum += f(float64(in[k]))
				n++
			})
			out[i] = T(finish(o, sum, n))
		})
	})
}

// globalPool reduces all spatial dimensions and keeps them with size one.
func globalPool(f fold) Func {
	return func(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		axes, err := spatialAxes(in)
		if err != nil {
			return nil, err
		}
		return one(reduce(x, in[0], axes, true, f))
	}
}

func spatialAxes(in []tensor.Tensor) ([]int, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	if in[0].Rank() < 3 {
		return nil, fmt.Errorf("input of shape %v, want spatial dimensions", in[0].Shape())
	}
	var axes []int
	for i := 2; i < in[0].Rank(); i++ {
		axes = append(axes, i)
	}
	return axes, nil
}

func globalLpPool(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	axes, err := spatialAxes(in)
	if err != nil {
		return nil, err
	}
	p := float64(a.Int("p", 2))
	f := fold{step: func(s, v float64) float64 { return s + math.Pow(math.Abs(v), p) }, finish: func(s float64, _ int) float64 { return math.Pow(s, 1/p) }}
	return one(reduce(x, in[0], axes, true, f))
}
