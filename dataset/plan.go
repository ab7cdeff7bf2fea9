package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/tensor"
)

// A plan turns one stored sample into one row of a network's input.
type plan struct {
	shape   []int // of the row; -1 is settled by the first sample of a batch
	picture *picture
	mean    []float64 // for plain values: one, or one an element
	std     []float64
	scale   float64 // 0: fed as stored
	shift   float64
}

// newPlan fits a source to an input. What does not fit is a Problem that says both shapes.
func newPlan(s *Set, in *input) (*plan, error) {
	want := in.Shape
	if len(want) > 0 {
		want = want[1:]
	}
	prep := s.prep
	if in.DType != tensor.Invalid && !in.DType.IsFloat() && prep.Name == "" { // the network scales for itself
		prep.Scale = 1
	}
	if p := newPicture(prep, in.source, want, in.Shape != nil); p != nil {
		if err := prep.suits("images", plural(p.outC, "channel", "channels"), p.outC); err != nil {
			return nil, err
		}
		if p.vary && p.open() {
			return nil, problem([]string{"Give one size: preprocess: { resize: 256, crop: 224 } in stratascope.yaml."},
				"%s: the images differ in size and are not resized.", s.Name)
		}
		shape := p.shape()
		if in.Shape != nil && !fits(shape, want) {
			flat := product(shape)
			if len(want) != 1 || flat < 0 || (want[0] != -1 && want[0] != flat) {
				return nil, s.misfit(in, p)
			}
			shape = []int{flat}
		}
		if prep.own {
			if err := p.standardise(in.source, s.looks(in.source)); err != nil {
				return nil, err
			}
		}
		return &plan{shape: shape, picture: p}, nil
	}
	return s.plain(in, want)
}

// plain plans values that are no pictures: they are fed as they are stored, unless a mean is given.
func (s *Set) plain(in *input, want []int) (*plan, error) {
	shape := slices.Clone(in.source.shape())
	if in.Shape != nil && !fits(shape, want) {
		reshaped, ok := sameElements(shape, want)
		if !ok {
			return nil, s.misfit(in, nil)
		}
		shape = reshaped
	}
	p := &plan{shape: shape}
	if whole := in.DType != tensor.Invalid && !in.DType.IsFloat(); whole || s.prep.automatic() {
		return p, nil
	}
	n := product(shape)
	p.mean, p.std, p.scale = s.prep.Mean, s.prep.Std, s.prep.Scale
	switch {
	case s.prep.own:
		p.scale = 1
		return p, p.standard(in.source, s.looks(in.source))
	case p.scale == 0:
		p.scale, p.shift = spanOf(in.source).unit()
	}
	return p, s.prep.suits("samples", plural(n, "value", "values"), n)
}

// bracket writes a shape as messages do: [N,3,224,224], with ? for a dimension left open.
func bracket(shape []int) string {
	dims := make([]string, len(shape))
	for i, d := range shape {
		switch {
		case d >= 0:
			dims[i] = fmt.Sprint(d)
		case i == 0:
			dims[i] = "N"
		default:
			dims[i] = "?"
		}
	}
	return "[" + strings.Join(dims, ",") + "]"
}

// fits reports whether a shape is what is wanted, -1 in either being any.
func fits(shape, want []int) bool {
	if len(shape) != len(want) {
		return false
	}
	for i := range shape {
		if shape[i] != want[i] && shape[i] >= 0 && want[i] >= 0 {
			return false
		}
	}
	return true
}

// sameElements returns want with its one open dimension settled, if shape has as many elements and
// the two differ only by dimensions of 1 or by flattening.
func sameElements(shape, want []int) ([]int, bool) {
	n, rest, open := product(shape), 1, -1
	out := slices.Clone(want)
	for i, d := range want {
		switch {
		case d >= 0:
			rest *= d
		case open >= 0:
			return nil, false
		default:
			open = i
		}
	}
	if open >= 0 {
		if rest == 0 || n%rest != 0 {
			return nil, false
		}
		out[open] = n / rest
		rest = n
	}
	flat := len(want) == 1 || len(shape) == 1
	return out, n >= 0 && n == rest && (flat || slices.Equal(without1(shape), without1(out)))
}

func without1(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(d int) bool { return d == 1 })
}

// product returns the number of elements, -1 where a dimension is open.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 0 {
			return -1
		}
		n *= d
	}
	return n
}
