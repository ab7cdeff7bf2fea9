package op

import (
	"fmt"
)

// A window is the geometry of a convolution or pooling over any number of spatial dimensions.
type window struct {
	in, kernel, stride, dilation []int
	begin, end                   []int // padding
	out                          []int
}

// windowOf reads a window from attributes for an input of the given spatial size.
func windowOf(a Attributes, spatial, size []int) (*window, error) {
	d := len(spatial)
	w := &window{in: spatial, kernel: size}
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
	w.begin, w.end = pads[:d:d], pads[d:]
	w.out = make([]int, d)
	auto := a.Str("auto_pad", "NOTSET")
	for i := range d {
		if size[i] < 1 {
			return nil, fmt.Errorf("kernel %v: sizes below 1", size)
		}
		reach := w.dilation[i]*(size[i]-1) + 1
		switch auto {
		case "NOTSET", "":
		case "VALID":
			w.begin[i], w.end[i] = 0, 0
		case "SAME_UPPER", "SAME_LOWER":
			need := max(0, ((spatial[i]+w.stride[i]-1)/w.stride[i]-1)*w.stride[i]+reach-spatial[i])
			w.begin[i], w.end[i] = need/2, need-need/2
			if auto == "SAME_LOWER" {
				w.begin[i], w.end[i] = w.end[i], w.begin[i]
			}
		default:
			return nil, fmt.Errorf("auto_pad %q is not known", auto)
		}
		room := spatial[i] + w.begin[i] + w.end[i] - reach
		if room < 0 {
			return nil, fmt.Errorf("a kernel of %v with dilations %v does not fit an input of %v with pads %v", size, w.dilation, spatial, pads)
		}
		w.out[i] = room/w.stride[i] + 1
		if a.Int("ceil_mode", 0) == 1 && room%w.stride[i] != 0 && w.out[i]*w.stride[i] < spatial[i]+w.begin[i] {
			w.out[i]++ // the last window starts inside the input or its left padding
		}
	}
	return w, nil
}

// largest bounds strides, dilations, pads and kernel sizes, so that sums of them cannot overflow.
const largest = 1 << 24

// dims reads a list of n integers of at least least, or gives n times a default.
func dims(a Attributes, name string, n int, otherwise, least int) ([]int, error) {
	out := make([]int, n)
	v := a.Ints(name)
	if v != nil && len(v) != n {
		return nil, fmt.Errorf("%s %v, want %d numbers", name, v, n)
	}
	for i := range out {
		out[i] = otherwise
		if v == nil {
			continue
		}
		if v[i] < int64(least) || v[i] > largest {
			return nil, fmt.Errorf("%s %v: %d is not between %d and %d", name, v, v[i], least, largest)
		}
		out[i] = int(v[i])
	}
	return out, nil
}

// padded gives a window three spatial dimensions by leading ones of size one.
func (w *window) padded() *window {
	p := *w
	for len(p.in) < 3 {
		p.in, p.kernel, p.stride = lead(p.in, 1), lead(p.kernel, 1), lead(p.stride, 1)
		p.dilation, p.begin, p.end, p.out = lead(p.dilation, 1), lead(p.begin, 0), lead(p.end, 0), lead(p.out, 1)
	}
	return &p
}

func lead(s []int, v int) []int { return append([]int{v}, s...) }

// taps calls f for each tap of the window at output position o (three dimensions) that falls on the
// input: k is the tap's index in the kernel, i the element's in the plane.
func (w *window) taps(o [3]int, f func(k, i int)) {
	a0, a1 := w.within(0, o[0])
	b0, b1 := w.within(1, o[1])
	c0, c1 := w.within(2, o[2])
	for a := a0; a < a1; a++ {
		z := o[0]*w.stride[0] - w.begin[0] + a*w.dilation[0]
		for b := b0; b < b1; b++ {
			y := o[1]*w.stride[1] - w.begin[1] + b*w.dilation[1]
			for c := c0; c < c1; c++ {
				x := o[2]*w.stride[2] - w.begin[2] + c*w.dilation[2]
				f((a*w.kernel[1]+b)*w.kernel[2]+c, (z*w.in[1]+y)*w.in[2]+x)
			}
		}
	}
}

// within returns which taps [lo, hi) of dimension d fall on the input at output position o. A kernel can
// be far larger than the input: nothing walks over the taps that fall on padding.
func (w *window) within(d, o int) (lo, hi int) {
	at, step := o*w.stride[d]-w.begin[d], w.dilation[d]
	if at < 0 {
		lo = (step - 1 - at) / step
	}
	if room := w.in[d] - at; room > 0 {
		hi = min(w.kernel[d], (room+step-1)/step)
	}
	return lo, hi
}

// seen returns the taps [lo, hi) of dimension d that some output position has on the input, or between such taps.
func (w *window) seen(d int) (lo, hi int) {
	first, last, step := -w.begin[d], (w.out[d]-1)*w.stride[d]-w.begin[d], w.dilation[d]
	if last < 0 {
		lo = (step - 1 - last) / step
	}
	return lo, min(w.kernel[d], (max(0, w.in[d]-first)+step-1)/step)
}

// outputs calls f for every output position in order, until the run is cancelled.
func (w *window) outputs(x *Exec, f func(i int, o [3]int)) {
	taps := 1
	for d := range w.in {
		taps *= max(1, min(w.kernel[d], w.in[d]))
	}
	i, every := 0, max(1, block/taps)
	for a := range w.out[0] {
		for b := range w.out[1] {
			for c := range w.out[2] {
				if i%every == 0 && x.endedBefore(taps) {
					return
				}
				f(i, [3]int{a, b, c})
				i++
			}
		}
	}
}
