package op

import (
	"fmt"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// Conv is the convolution (cross-correlation) over one, two or three spatial dimensions.
var Conv = &Op{Name: "Conv", Run: conv}

func conv(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	if err := same(in...); err != nil {
		return nil, err
	}
	w, groups, err := convWindow(a, in[0].Shape(), in[1].Shape())
	if err != nil {
		return nil, err
	}
	bias := optional(in, 2)
	if bias.Valid() && bias.Len() != in[1].Dim(0) {
		return nil, fmt.Errorf("bias of shape %v for %d filters", bias.Shape(), in[1].Dim(0))
	}
	y, err := x.New(in[0].DType(), append([]int{in[0].Dim(0), in[1].Dim(0)}, w.out...)...)
	if err != nil {
		return nil, err
	}
	if y.Len() == 0 {
		return []tensor.Tensor{y}, nil
	}
	if in[0].Len() == 0 || in[1].Len() == 0 {
		return nil, fmt.Errorf("input %v and weight %v without elements", in[0].Shape(), in[1].Shape())
	}
	switch y.DType() {
	case tensor.Float32:
		var b []float32
		if bias.Valid() {
			b = bias.Float32s()
		}
		if len(w.in) > 2 {
			convSpatial(x, w.padded(), groups, in[0], in[1].Float32s(), b, y.Float32s(), in[0].Float32s())
			break
		}
		s := w.shape(in[0].Dim(0), in[0].Dim(1), in[1].Dim(0), groups)
		kernel.Conv32(x.Workers, s, in[0].Float32s(), in[1].Float32s(), b, y.Float32s(), kernel.Epilogue{Stop: x.Ended()})
	case tensor.Float64:
		var b []float64
		if bias.Valid() {
			b = bias.Float64s()
		}
		if len(w.in) > 2 {
			convSpatial(x, w.padded(), groups, in[0], in[1].Float64s(), b, y.Float64s(), in[0].Float64s())
			break
		}
		kernel.Conv64(x.Ended(), x.Workers, w.shape(in[0].Dim(0), in[0].Dim(1), in[1].Dim(0), groups), in[0].Float64s(), in[1].Float64s(), b, y.Float64s())
	default:
		return nil, unsupported(y.DType())
	}
	return []tensor.Tensor{y}, nil
}

// ConvShape returns the geometry of a convolution over one or two spatial dimensions for the kernels.
func ConvShape(a Attributes, x, w []int) (kernel.ConvShape, error) {
	win, groups, err := convWindow(a, x, w)
	if err != nil {
		return kernel.ConvShape{}, err
	}
	if len(win.in) > 2 {
		return kernel.ConvShape{}, fmt.Errorf("a convolution over %d dimensions, want one or two", len(win.in))
	}
	return win.shape(x[0], x[1], w[0], groups), nil
}

// shape gives the window as the kernels want it.
func (w *window) shape(n, c, m, groups int) kernel.ConvShape {
	p := w.padded()
	return kernel.ConvShape{
		N: n, C: c, H: p.in[1], W: p.in[2], M: m, KH: p.kernel[1], KW: p.kernel[2],
		StrideH: p.stride[1], StrideW: p.stride[2], DilH: p.dilation[1], DilW: p.dilation[2],
		PadTop: p.begin[1], PadLeft: p.begin[2], PadBottom: p.end[1], PadRight: p.end[2],
		Groups: groups, OutH: p.out[1], OutW: p.out[2],
	}
}

// convWindow checks the shapes of a convolution.
func convWindow(a Attributes, x, w []int) (*window, int, error) {
	if len(x) < 3 || len(x) > 5 || len(w) != len(x) {
		return nil, 0, fmt.Errorf("input %v and weight %v, want both of rank 3, 4 or 5", x, w)
	}
	groups := int(a.Int("group", 1))
	if groups < 1 || x[1]%groups != 0 || w[0]%groups != 0 || w[1] != x[1]/groups {
		return nil, 0, fmt.Errorf("input %v and weight %v do not fit %d groups", x, w, groups)
	}
	size := w[2:]
	if k := a.Ints("kernel_shape"); k != nil {
		if len(k) != len(size) {
			return nil, 0, fmt.Errorf("kernel_shape %v for a weight of shape %v", k, w)
		}
		for i := range k {
			if int(k[i]) != size[i] {
				return nil, 0, fmt.Errorf("kernel_shape %v for a weight of shape %v", k, w)
			}
		}
	}
	win, err := windowOf(a, x[2:], size)
	if err != nil {
		return nil, 0, err
	}
	return win, groups, win.narrow()
}

// narrow refuses windows that together span far more than the input: kernels copy what windows see, padding too.
func (w *window) narrow() error {
	span, input, output, kernel := 1.0, 1.0, 1.0, 1.0
	for i, n := range w.in {
		span *= float64((max(w.out[i], 1)-1)*w.stride[i] + (w.kernel[i]-1)*w.dilation[i] + 1)
		input, output, kernel = input*float64(n), output*float64(w.out[i]), kernel*float64(w.kernel[i])
	}
	if most := 64*(input+output+kernel) + largest; span > most {
		return fmt.Errorf("strides %v, dilations %v and pads make windows span %.3g positions of an input of %v, want at most %.3g", w.stride, w.dilation, span, w.in, most)
	}
	return nil
}

// convSpatial convolves over three dimensions, loop by loop.
func convSpatial[T float32 | float64](x *Exec, w *window, groups int, t tensor.Tensor, weight, bias, y, data []T) {
	n, c := t.Dim(0), t.Dim(1)
	plane, positions, size := volume(w.in), volume(w.out), volume(w.kernel)
	m := len(weight) / size / (c / groups)
	each(x, n*m, n*m*positions*size, func(im int) {
		f := im % m
		first := im/m*c + f/(m/groups)*(c/groups)
		w.outputs(x, func(p int, o [3]int) {
			var sum float64
			if bias != nil {
				sum = float64(bias[f])
			}
			for ch := range c / groups {
				in, filter := data[(first+ch)*plane:], weight[(f*(c/groups)+ch)*size:]
				w.taps(o, func(k, i int) { sum += float64(in[i]) * float64(filter[k]) })
			}
			y[im*positions+p] = T(sum)
		})
	})
}
