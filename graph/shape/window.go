package shape

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// window is what convolutions and poolings share: kernel, strides, dilations and padding.
type window struct {
	kernel, strides, dilations []int64
	pads                       []int64
	auto                       string
	ceil                       bool
}

func (c *call) window(spatial int, kernel []int64) (window, error) {
	w := window{kernel: kernel, auto: c.attributes.Str("auto_pad", "NOTSET"), ceil: c.attributes.Int("ceil_mode", 0) != 0}
	var err error
	if w.strides, err = c.perAxis("strides", spatial, 1); err != nil {
		return w, err
	}
	if w.dilations, err = c.perAxis("dilations", spatial, 1); err != nil {
		return w, err
	}
	if w.pads, err = c.perAxis("pads", 2*spatial, 0); err != nil {
		return w, err
	}
	if len(kernel) != spatial {
		return w, fmt.Errorf("kernel %v for %d spatial axes", kernel, spatial)
	}
	for i := range kernel {
		if kernel[i] < 1 || w.strides[i] < 1 || w.dilations[i] < 1 {
			return w, fmt.Errorf("kernel %v, strides %v, dilations %v: want at least 1", kernel, w.strides, w.dilations)
		}
	}
	return w, nil
}

func (c *call) perAxis(name string, n int, otherwise int64) ([]int64, error) {
	v := c.attributes.Ints(name)
	if v == nil {
		v = make([]int64, n)
		for i := range v {
			v[i] = otherwise
		}
	}
	if len(v) != n {
		return nil, fmt.Errorf("%s has %d entries, want %d", name, len(v), n)
	}
	return v, nil
}

// out returns the size of the output along spatial axis i for an input of size n.
func (w window) out(i, n int) (int, error) {
	span := int((w.kernel[i]-1)*w.dilations[i] + 1)
	stride := int(w.strides[i])
	if w.auto == "SAME_UPPER" || w.auto == "SAME_LOWER" {
		return (n + stride - 1) / stride, nil
	}
	free, begin := n-span, 0
	if w.auto != "VALID" {
		begin = int(w.pads[i])
		free += begin + int(w.pads[i+len(w.kernel)])
	}
	if free < 0 {
		return 0, fmt.Errorf("window of %d is larger than %d with its padding", span, n)
	}
	if !w.ceil {
		return free/stride + 1, nil
	}
	out := (free+stride-1)/stride + 1
	if (out-1)*stride >= n+begin { // the last window must start inside
		out--
	}
	return out, nil
}

func conv(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	k, err := c.shape(1)
	if err != nil {
		return err
	}
	if len(x) < 3 || len(k) != len(x) {
		return fmt.Errorf("input %v and weight %v do not fit", x, k)
	}
	w, err := c.window(len(x)-2, int64s(k[2:]))
	if err != nil {
		return err
	}
	shape := []int{x[0], k[0]}
	for i, n := range x[2:] {
		o, err := w.out(i, n)
		if err != nil {
			return err
		}
		shape = append(shape, o)
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func int64s(s []int) []int64 {
	out := make([]int64, len(s))
	for i, v := range s {
		out[i] = int64(v)
	}
	return out
}

func convTranspose(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	k, err := c.shape(1)
	if err != nil {
		return err
	}
	if len(x) < 3 || len(k) != len(x) {
		return fmt.Errorf("input %v and weight %v do not fit", x, k)
	}
	w, err := c.window(len(x)-2, int64s(k[2:]))
	if err != nil {
		return err
	}
	extra, err := c.perAxis("output_padding", len(x)-2, 0)
	if err != nil {
		return err
	}
	shape := []int{x[0], k[1] * int(c.attributes.Int("group", 1))}
	given := c.attributes.Ints("output_shape")
	for i, n := range x[2:] {
		span := int((w.kernel[i]-1)*w.dilations[i] + 1)
		o := int(w.strides[i])*(n-1) + int(extra[i]) + span - int(w.pads[i]+w.pads[i+len(x)-2])
		switch {
		case len(given) >= len(x)-2:
			o = int(given[len(given)-(len(x)-2)+i])
		case w.auto == "SAME_UPPER" || w.auto == "SAME_LOWER":
			o = min(n*int(w.strides[i]), int(w.strides[i])*(n-1)+int(extra[i])+span)
		}
		if o < 1 {
			return fmt.Errorf("kernel %v and pads %v leave nothing of %v", k[2:], w.pads, x)
		}
		shape = append(shape, o)
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}

func pool(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	if len(x) < 3 {
		return fmt.Errorf("input %v has no spatial axes", x)
	}
	w, err := c.window(len(x)-2, c.attributes.Ints("kernel_shape"))
	if err != nil {
		return err
	}
	shape := []int{x[0], x[1]}
	for i, n := range x[2:] {
		o, err := w.out(i, n)
		if err != nil {
			return err
		}
		shape = append(shape, o)
	}
	c.set(0, c.in[0].dtype, shape...)
	c.set(1, tensor.Int64, shape...)
	return nil
}

func globalPool(c *call) error {
	x, err := c.shape(0)
	if err != nil {
		return err
	}
	shape := append([]int{}, x...)
	for i := 2; i < len(shape); i++ {
		shape[i] = 1
	}
	c.set(0, c.in[0].dtype, shape...)
	return nil
}
