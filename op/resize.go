package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// Resize interpolates along axes, one after the other.
var Resize = &Op{Name: "Resize", Run: resize}

func resize(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 4); err != nil {
		return nil, err
	}
	t := in[0]
	r, err := resampling(a, in)
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(t.Shape())
	for i, ax := range r.axes {
		shape[ax] = r.sizes[i]
	}
	y, err := x.New(t.DType(), shape...)
	if err != nil || y.Len() == 0 {
		return one(y, err)
	}
	if t.Len() == 0 {
		return nil, fmt.Errorf("an empty input of shape %v resized to %v", t.Shape(), shape)
	}
	axes := make([]*resampled, len(r.axes))
	for i := range r.axes {
		if axes[i], err = r.axis(i, t.Dim(r.axes[i])); err != nil {
			return nil, err
		}
	}
	if r.mode == "nearest" && !r.outside(axes) {
		nearest(y, t, r.axes, axes)
		return []tensor.Tensor{y}, nil
	}
	v, err := floatsOf(t)
	if err != nil {
		return nil, err
	}
	now := slices.Clone(t.Shape())
	for i, ax := range r.axes {
		v = axes[i].apply(x, v, now, ax)
		now[ax] = r.sizes[i]
	}
	r.extrapolate(v, shape, axes)
	z, err := convert(&Exec{}, tensor.Of(v, shape...), t.DType())
	if err != nil {
		return nil, err
	}
	flat := path{strides: []int{1}}
	move(x, y, z, []int{y.Len()}, flat, flat)
	return []tensor.Tensor{y}, nil
}

// A resample is what a Resize node asks for.
type resample struct {
	mode, coordinates, rounding string
	axes, sizes                 []int
	scales                      []float64
	roi                         []float64 // starts, then ends, of the axes
	cubic, extrapolation        float64
	exclude, antialias          bool
}

// resampling reads attributes and inputs.
func resampling(a Attributes, in []tensor.Tensor) (*resample, error) {
	t := in[0]
	r := &resample{mode: a.Str("mode", "nearest"), coordinates: a.Str("coordinate_transformation_mode", "half_pixel"),
		rounding: a.Str("nearest_mode", "round_prefer_floor"), cubic: float64(a.Float("cubic_coeff_a", -0.75)),
		extrapolation: float64(a.Float("extrapolation_value", 0)), exclude: a.Int("exclude_outside", 0) != 0,
		antialias: a.Int("antialias", 0) != 0, axes: from(0, t.Rank())}
	var err error
	if l := a.Ints("axes"); l != nil {
		if r.axes, err = axesOf(l, t.Rank()); err != nil {
			return nil, err
		}
	}
	n := len(r.axes)
	if v := optional(in, 1); v.Valid() && v.Len() > 0 {
		if r.roi, err = floatsOf(v); err != nil {
			return nil, err
		}
	}
	if r.coordinates == "tf_crop_and_resize" && len(r.roi) != 2*n {
		return nil, fmt.Errorf("a region of %d numbers for %d axes", len(r.roi), n)
	}
	r.sizes, r.scales = make([]int, n), make([]float64, n)
	if v := optional(in, 3); v.Valid() && v.Len() > 0 {
		want, err := sizes(v)
		if err != nil {
			return nil, err
		}
		if len(want) != n {
			return nil, fmt.Errorf("%d sizes for %d axes", len(want), n)
		}
		return r, r.bySizes(t, want, a.Str("keep_aspect_ratio_policy", "stretch"))
	}
	v := optional(in, 2)
	if !v.Valid() || v.Len() != n {
		return nil, fmt.Errorf("no sizes and %v as scales for %d axes", v, n)
	}
	scales, err := floatsOf(v)
	if err != nil {
		return nil, err
	}
	for i, s := range scales {
		size := math.Floor(float64(t.Dim(r.axes[i])) * s)
		if !(s > 0) || size > 1<<40 {
			return nil, fmt.Errorf("scales %v", scales)
		}
		r.scales[i], r.sizes[i] = s, int(size)
	}
	return r, nil
}

// bySizes finds the scales that lead to sizes.
func (r *resample) bySizes(t tensor.Tensor, want []int, policy string) error {
	scale := math.NaN()
	for i, w := range want {
		n := t.Dim(r.axes[i])
		if n == 0 {
			return fmt.Errorf("an empty input of shape %v resized to %v", t.Shape(), want)
		}
		r.sizes[i], r.scales[i] = w, float64(w)/float64(n)
		switch {
		case i == 0 || policy == "not_larger" && r.scales[i] < scale || policy == "not_smaller" && r.scales[i] > scale:
			scale = r.scales[i]
		}
	}
	if policy == "stretch" {
		return nil
	}
	for i := range want {
		r.scales[i] = scale
		r.sizes[i] = int(math.Floor(scale*float64(t.Dim(r.axes[i])) + 0.5))
	}
	return nil
}

// A resampled axis says, for every position of the output, which of the input count how much.
type resampled struct {
	first   []int
	weights [][]float64
	in      int
	outside []bool // to be filled with the extrapolation value
}

// axis calculates the weights of axis i, which has n positions.
func (r *resample) axis(i, n int) (*resampled, error) {
	out := r.sizes[i]
	s := &resampled{in: n, first: make([]int, out), weights: make([][]float64, out), outside: make([]bool, out)}
	for o := range out {
		at, err := r.source(i, o, n)
		if err != nil {
			return nil, err
		}
		if r.coordinates == "tf_crop_and_resize" && (at < 0 || at > float64(n-1)) {
			s.outside[o] = true
		}
		ceil := math.Ceil(at) // of a whole coordinate the position itself is the right neighbour
		ratio := at - ceil + 1
		w, err := r.coefficients(ratio, r.scales[i])
		if err != nil {
			return nil, err
		}
		first := int(ceil) - len(w)/2
		if r.exclude {
			exclude(w, first, n)
		}
		s.first[o], s.weights[o] = first, w
	}
	return s, nil
}

// source returns which coordinate of the input belongs to position o.
func (r *resample) source(i, o, n int) (float64, error) {
	x, scale, in := float64(o), r.scales[i], float64(n)
	out := scale * in
	switch r.coordinates {
	case "half_pixel":
		return (x+0.5)/scale - 0.5, nil
	case "half_pixel_symmetric":
		adjust := float64(r.sizes[i]) / out
		return in/2*(1-adjust) + (x+0.5)/scale - 0.5, nil
	case "pytorch_half_pixel":
		if out == 1 {
			return -0.5, nil
		}
		return (x+0.5)/scale - 0.5, nil
	case "tf_half_pixel_for_nn":
		return (x + 0.5) / scale, nil
	case "align_corners":
		if out == 1 {
			return 0, nil
		}
		return x * (in - 1) / (out - 1), nil
	case "asymmetric":
		return x / scale, nil
	case "tf_crop_and_resize":
		start, end := r.roi[i], r.roi[i+len(r.axes)]
		if out == 1 {
			return (start + end) / 2 * (in - 1), nil
		}
		return start*(in-1) + x*(end-start)*(in-1)/(out-1), nil
	}
	return 0, fmt.Errorf("coordinate_transformation_mode %q is not known", r.coordinates)
}

// coefficients returns the weights of the neighbours; ratio is how far the coordinate is from the left
// one of the middle pair, in (0, 1].
func (r *resample) coefficients(ratio, scale float64) ([]float64, error) {
	switch r.mode {
	case "nearest":
		left := false
		switch r.rounding {
		case "round_prefer_floor":
			left = ratio <= 0.5
		case "round_prefer_ceil":
			left = ratio < 0.5
		case "floor":
			left = ratio < 1
		case "ceil":
		default:
			return nil, fmt.Errorf("nearest_mode %q is not known", r.rounding)
		}
		if left {
			return []float64{1, 0}, nil
		}
		return []float64{0, 1}, nil
	case "linear":
		return r.filter(ratio, scale, 1, func(d float64) float64 { return max(0, 1-d) })
	case "cubic":
		return r.filter(ratio, scale, 2, func(d float64) float64 { return keys(r.cubic, d) })
	}
	return nil, fmt.Errorf("mode %q is not known", r.mode)
}

// keys is the cubic convolution kernel (Keys 1981, eq. 4, with its free parameter).
func keys(a, d float64) float64 {
	switch {
	case d <= 1:
		return ((a+2)*d-(a+3))*d*d + 1
	case d < 2:
		return ((a*d-5*a)*d+8*a)*d - 4*a
	}
	return 0
}

// filter samples a kernel of the given radius, widened when an image becomes smaller and that is to be
// smoothed.
func (r *resample) filter(ratio, scale float64, radius int, f func(float64) float64) ([]float64, error) {
	if !r.antialias {
		scale = 1
	}
	scale = min(scale, 1)
	reach := float64(radius) / scale
	if reach > 1<<20 {
		return nil, fmt.Errorf("scale %v is too small", scale)
	}
	start := int(math.Floor(-reach)) + 1
	w := make([]float64, 2-2*start)
	sum := 0.0
	for i := range w {
		w[i] = f(math.Abs(float64(start+i)-ratio) * scale)
		sum += w[i]
	}
	if r.antialias {
		for i := range w {
			w[i] /= sum
		}
	}
	return w, nil
}

// exclude leaves positions outside the input out of the weights.
func exclude(w []float64, first, n int) {
	sum := 0.0
	for i := range w {
		if first+i < 0 || first+i >= n {
			w[i] = 0
		}
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
}

// apply interpolates one axis of v.
func (s *resampled) apply(x *Exec, v []float64, shape []int, axis int) []float64 {
	outer, inner, n := volume(shape[:axis]), volume(shape[axis+1:]), len(s.first)
	out := make([]float64, outer*n*inner)
	each(x, outer*n, len(out)*len(s.weights[0]), func(i int) {
		o := i % n
		row := out[i*inner : (i+1)*inner]
		for k, w := range s.weights[o] {
			if w == 0 {
				continue
			}
			at := min(max(s.first[o]+k, 0), s.in-1)
			for j, u := range v[(i/n*s.in+at)*inner : (i/n*s.in+at+1)*inner] {
				row[j] += w * u
			}
		}
	})
	return out
}

func (r *resample) outside(axes []*resampled) bool {
	return slices.ContainsFunc(axes, func(s *resampled) bool { return slices.Contains(s.outside, true) })
}

// extrapolate fills positions that lie outside the input along any axis.
func (r *resample) extrapolate(v []float64, shape []int, axes []*resampled) {
	if !r.outside(axes) {
		return
	}
	coordinate := make([]int, len(shape))
	for i := range v {
		for k, ax := range r.axes {
			if axes[k].outside[coordinate[ax]] {
				v[i] = r.extrapolation
			}
		}
		advance(coordinate, shape)
	}
}

// nearest picks elements, whatever their type.
func nearest(y, t tensor.Tensor, which []int, axes []*resampled) {
	strides := rowStrides(t.Shape())
	maps := make([][]int, t.Rank())
	for d := range maps {
		maps[d] = make([]int, y.Dim(d))
		for o := range maps[d] {
			maps[d][o] = o * strides[d]
		}
	}
	for k, ax := range which {
		s := axes[k]
		for o := range maps[ax] {
			at := s.first[o]
			if s.weights[o][1] == 1 {
				at++
			}
			maps[ax][o] = min(max(at, 0), s.in-1) * strides[ax]
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
}
