package receptive

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// resized gives axes whose size changed their new one; what stands first stays so.
func (f *Fields) resized(s *state, shape []graph.Dim) *state {
	if s == nil {
		return nil
	}
	for i, d := range shape {
		if known(s.axes[i]) && !fits(s.axes[i], d) {
			stretch(s, i, d, 0, 0, 1)
		}
	}
	return s
}

// crop takes positions from the ends of axes, or adds some.
func (f *Fields) crop(n *graph.Node, output int, s *state, shape []graph.Dim) *state {
	first := make([]float64, len(shape))
	switch pads, ok := f.constant(n, 1); {
	case n.Op == "Split":
		axis, ok := within(n.Attributes.Int("axis", 0), len(shape))
		if !ok {
			return lost(shape, s)
		}
		for _, name := range n.Outputs[:output] {
			size := f.graph.Values[name].Shape
			if len(size) != len(shape) || size[axis].Size < 0 {
				anywhere(s, s.axes[axis])
				break
			}
			first[axis] += float64(size[axis].Size)
		}
	case ok && len(pads) == 2*len(shape) && (len(n.Inputs) < 4 || n.Inputs[3] == "") && n.Attributes.Str("mode", "constant") == "constant":
		for i := range first {
			first[i] = -float64(pads[i])
		}
	default: // of some axes, or with what stands elsewhere
		for i, d := range shape {
			if !fits(s.axes[i], d) {
				anywhere(s, s.axes[i])
			}
		}
	}
	for i, d := range shape {
		if known(s.axes[i]) && (first[i] != 0 || !fits(s.axes[i], d)) {
			stretch(s, i, d, first[i], first[i], 1)
		}
	}
	return s
}

// concat: neighbours that come of two values can be from anywhere.
func (f *Fields) concat(n *graph.Node, shape []graph.Dim) *state {
	all := f.all(n, shape)
	s := f.combine(shape, all...)
	axis, ok := within(n.Attributes.Int("axis", 0), len(shape))
	if s == nil || !ok {
		return lost(shape, f.reads(n)...)
	}
	first := 0.0
	for _, name := range n.Inputs {
		if f.values[name] != nil {
			break
		}
		v := f.graph.Values[name].Shape
		if w, ok := f.graph.Weights[name]; ok && w.Rank() == len(shape) {
			first += float64(w.Dim(axis))
		} else if len(v) == len(shape) && v[axis].Size >= 0 {
			first += float64(v[axis].Size)
		} else {
			anywhere(s, s.axes[axis])
		}
	}
	if len(all) > 1 {
		for _, o := range all {
			if i := slices.Index(o.to, axis); i >= 0 {
				anywhere(s, o.axes[i])
			}
		}
	}
	if known(s.axes[axis]) && !fits(s.axes[axis], shape[axis]) {
		if len(s.axes[axis]) > 1 {
			first = 0 // a row of patches has no step
		}
		stretch(s, axis, shape[axis], -first, -first, 1)
	}
	return s
}

func (f *Fields) slice(n *graph.Node, s *state, shape []graph.Dim) *state {
	starts, ok := f.constant(n, 1)
	axes, given := f.constant(n, 3)
	steps, stepped := f.constant(n, 4)
	in := f.graph.Values[n.Inputs[0]].Shape
	if !ok || !given && len(n.Inputs) > 3 && n.Inputs[3] != "" || given && len(axes) != len(starts) || !stepped && len(n.Inputs) > 4 && n.Inputs[4] != "" || stepped && len(steps) != len(starts) {
		for i, d := range shape {
			if i < len(in) && in[i] != d {
				anywhere(s, s.axes[i])
			}
		}
		return f.resized(s, shape)
	}
	for i, first := range starts {
		axis, step := i, int64(1)
		if given {
			if axis, ok = within(axes[i], len(shape)); !ok {
				return lost(shape, s)
			}
		}
		if stepped {
			step = steps[i]
		}
		size := int64(in[axis].Size)
		switch {
		case size >= 0:
			if first < 0 {
				first += size
			}
			first = max(0, min(first, size-1))
		case first < 0 || step < 0:
			anywhere(s, s.axes[axis])
			first = 0
		}
		if known(s.axes[axis]) && (first != 0 || step != 1) {
			stretch(s, axis, shape[axis], float64(first), float64(first), float64(step))
		}
	}
	return f.resized(s, shape)
}

// blocks: channels become positions or positions channels, an element comes of one.
func (f *Fields) blocks(n *graph.Node, s *state, shape []graph.Dim) *state {
	size := float64(n.Attributes.Int("blocksize", 1))
	until, factor := size-1, size // of channels that lie on several positions
	if n.Op == "DepthToSpace" {
		until, factor = 0, 1/size
	}
	f.seeAll(s, s.axes[1])
	s.axes[1] = pieces(shape[1])
	for i := 2; i < len(shape); i++ {
		stretch(s, i, shape[i], 0, until, factor)
	}
	return s
}

// resize: interpolation reads neighbours of the place where an element lies.
func (f *Fields) resize(n *graph.Node, s *state, shape []graph.Dim) *state {
	in := f.graph.Values[n.Inputs[0]].Shape
	aligned := n.Attributes.Str("coordinate_transformation_mode", "half_pixel")
	for i, d := range shape {
		if in[i] == d || !known(s.axes[i]) {
			if in[i] != d {
				s.axes[i] = pieces(d)
			}
			continue
		}
		factor := f.scale(n, i, in[i], d, aligned == "align_corners")
		place := factor/2 - 0.5
		switch aligned {
		case "asymmetric", "align_corners":
			place = 0
		case "tf_crop_and_resize":
			factor = 0
		}
		if factor <= 0 {
			return lost(shape, s)
		}
		from, until := math.Floor(place), math.Floor(place)+1
		switch n.Attributes.Str("mode", "nearest") {
		case "nearest":
			from = math.Round(place)
			until = from
		case "cubic":
			from, until = from-1, until+1
		}
		stretch(s, i, d, from, until, factor)
	}
	return s
}

// scale returns how many positions of the input of a Resize lie between neighbours of its output, 0 where it
// cannot be told.
func (f *Fields) scale(n *graph.Node, axis int, in, out graph.Dim, corners bool) float64 {
	if corners && in.Size > 1 && out.Size > 1 {
		return float64(in.Size-1) / float64(out.Size-1)
	}
	if in.Size > 0 && out.Size > 0 && !corners {
		return float64(in.Size) / float64(out.Size)
	}
	if len(n.Inputs) > 2 && !corners {
		if w := f.graph.Weights[n.Inputs[2]]; w.Valid() && w.DType() == tensor.Float32 && w.Len() > axis && w.Len() == len(f.graph.Values[n.Outputs[0]].Shape) {
			return 1 / float64(w.Float32s()[axis])
		}
	}
	return 0
}
