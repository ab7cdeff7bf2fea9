package op

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// ConvTranspose is the adjoint of the convolution: every input spreads over a window of the output.
var ConvTranspose = &Op{Name: "ConvTranspose", Run: convTranspose}

func convTranspose(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	if err := same(in...); err != nil {
		return nil, err
	}
	xs, ws := in[0].Shape(), in[1].Shape()
	if len(xs) < 3 || len(xs) > 5 || len(ws) != len(xs) {
		return nil, fmt.Errorf("input %v and weight %v, want both of rank 3, 4 or 5", xs, ws)
	}
	groups := int(a.Int("group", 1))
	if groups < 1 || xs[1] != ws[0] || xs[1]%groups != 0 {
		return nil, fmt.Errorf("input %v and weight %v do not fit %d groups", xs, ws, groups)
	}
	w, err := transposeWindow(a, xs[2:], ws[2:])
	if err != nil {
		return nil, err
	}
	m := ws[1] * groups
	bias := optional(in, 2)
	if bias.Valid() && bias.Len() != m {
		return nil, fmt.Errorf("bias of shape %v for %d filters", bias.Shape(), m)
	}
	y, err := x.New(in[0].DType(), append([]int{xs[0], m}, w.in...)...)
	if err != nil {
		return nil, err
	}
	room, err := x.New(in[0].DType(), ws[1]*volume(ws[2:]), volume(xs[2:]))
	if err != nil {
		return nil, err
	}
	switch y.DType() {
	case tensor.Float32:
		spread(x, w.padded(), groups, in[0].Float32s(), in[1].Float32s(), y.Float32s(), room.Float32s(), xs, ws, gemm32(x))
		biased(y.Float32s(), optional32(bias), xs[0], m)
	case tensor.Float64:
		var b []float64
		if bias.Valid() {
			b = bias.Float64s()
		}
		spread(x, w.padded(), groups, in[0].Float64s(), in[1].Float64s(), y.Float64s(), room.Float64s(), xs, ws, gemm64(x))
		biased(y.Float64s(), b, xs[0], m)
	default:
		return nil, unsupported(y.DType())
	}
	return []tensor.Tensor{y}, nil
}

func optional32(t tensor.Tensor) []float32 {
	if !t.Valid() {
		return nil
	}
	return t.Float32s()
}

// transposeWindow returns the convolution whose adjoint this is: its input is our output.
func transposeWindow(a Attributes, spatial, size []int) (*window, error) {
	d := len(spatial)
	w := &window{kernel: size, out: spatial, in: make([]int, d)}
	var err error
	if w.stride, err = dims(a, "strides", d, 1, 1); err != nil {
		return nil, err
	}
	if w.dilation, err = dims(a, "dilations", d, 1, 1); err != nil {
		return nil, err
	}
	pads, err := dims(a, "pads", 2*d, 0, 0)
	if err != nil {
		return nil, err
	}
	extra, err := dims(a, "output_padding", d, 0, 0)
	if err != nil {
		return nil, err
	}
	want, err := dims(a, "output_shape", d, 0, 0)
	if err != nil {
		return nil, err
	}
	w.begin, w.end = pads[:d:d], pads[d:]
	auto := a.Str("auto_pad", "NOTSET")
	for i := range d {
		full := w.stride[i]*(spatial[i]-1) + extra[i] + w.dilation[i]*(size[i]-1) + 1
		switch {
		case want[i] > 0 || auto == "SAME_UPPER" || auto == "SAME_LOWER":
			w.in[i] = want[i]
			if want[i] == 0 {
				w.in[i] = min(full, spatial[i]*w.stride[i]) // nothing is added where a kernel is shorter than its stride
			}
			cut := max(0, full-w.in[i])
			w.begin[i], w.end[i] = cut/2, cut-cut/2
			if auto != "SAME_UPPER" {
				w.begin[i], w.end[i] = w.end[i], w.begin[i]
			}
		default:
			w.in[i] = full - w.begin[i] - w.end[i]
		}
		if w.in[i] < 1 {
			return nil, fmt.Errorf("an input of %v and a kernel of %v with pads %v leave no output", spatial, size, pads)
		}
	}
	return w, nil
}

// spread multiplies the weights with the input and adds each product where its window lies.
func spread[T float32 | float64](x *Exec, w *window, groups int, data, weight, y, room []T, xs, ws []int, f gemmFunc[T]) {
	clear(y)
	cg, mg := xs[1]/groups, ws[1]
	positions, plane, size := volume(w.out), volume(w.in), volume(w.kernel)
	if positions*plane*cg*mg == 0 {
		return
	}
	for ng := range xs[0] * groups {
		g := ng % groups
		f(x.Workers, true, false, mg*size, positions, cg, 1, weight[g*cg*mg*size:], mg*size, data[ng*cg*positions:], positions, 0, room, positions)
		each(x, mg, mg*size*positions, func(m int) {
			out := y[(ng*mg+m)*plane:]
			for k := size - 1; k >= 0 && !x.endedBefore(positions); k-- {
				spreadTap(w, k, out, room[(m*size+k)*positions:])
			}
		})
	}
}

// spreadTap adds what tap k of a window has at every output position to the plane it lies on. With the
// taps from last to first a plane's element sums its positions in their order.
func spreadTap[T float32 | float64](w *window, k int, out, from []T) {
	var tap, lo, hi [3]int
	for d, rest := 2, k; d >= 0; d-- {
		tap[d] = rest%w.kernel[d]*w.dilation[d] - w.begin[d]
		rest /= w.kernel[d]
		// o*stride + tap lies in [0, in)
		lo[d] = (max(0, -tap[d]) + w.stride[d] - 1) / w.stride[d]
		hi[d] = min(w.out[d], (max(0, w.in[d]-tap[d])+w.stride[d]-1)/w.stride[d])
	}
	for a := lo[0]; a < hi[0]; a++ {
		for b := lo[1]; b < hi[1]; b++ {
			if lo[2] >= hi[2] {
				return
			}
			row := from[(a*w.out[1]+b)*w.out[2]:][lo[2]:hi[2]]
			at := ((a*w.stride[0]+tap[0])*w.in[1]+b*w.stride[1]+tap[1])*w.in[2] + lo[2]*w.stride[2] + tap[2]
			if w.stride[2] == 1 {
				for i, v := range row {
					out[at+i] += v
				}
				continue
			}
			for _, v := range row {
				out[at] += v
				at += w.stride[2]
			}
		}
	}
}

// biased adds one value per channel to images of channels planes.
func biased[T float32 | float64](y, bias []T, images, channels int) {
	if bias == nil || len(y) == 0 {
		return
	}
	plane := len(y) / images / channels
	for i := range y {
		y[i] += bias[i/plane%channels]
	}
}
