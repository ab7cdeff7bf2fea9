package dataset

import (
	"fmt"
	"math"
	"slices"
)

// narrow is below how many values a row of numbers is a table, whose columns have no range in common.
const narrow = 64

// Alternatives returns the usual preprocessings that would feed the network other values than it is fed
// now, with the size and layout in use: what is tried when it may be fed differently than in training
// (DAT-01). Which are usual depends on the samples: colours are for pictures of three channels, ranges for
// values that take one, the columns of a table have their own mean and sd at most. same names those that
// feed what is fed now.
func (s *Set) Alternatives() (others []Preprocess, same []string) {
	in := s.mainInput()
	if in == nil {
		return nil, nil
	}
	seen := []string{in.plan.values()}
	for _, name := range in.usual() {
		o := s.prep.instead(name)
		t, err := s.With(o)
		if err != nil {
			continue
		}
		plan := t.mainInput().plan
		switch v := plan.values(); {
		case o.own && in.columns() && plan.near():
		case v == seen[0]:
			same = append(same, name)
		case !slices.Contains(seen, v):
			seen, others = append(seen, v), append(others, o)
		}
	}
	return others, same
}

// instead returns the preset of that name with p's own size and layout.
func (p Preprocess) instead(name string) Preprocess {
	o, _ := Preset(name)
	o.Resize, o.Crop, o.Layout, o.Filter, o.fit = p.Resize, p.Crop, p.Layout, p.Filter, p.fit
	if p.Color == "grey" {
		o.Color = p.Color
	}
	return o
}

// usual names the preprocessings that make sense for an input's samples.
func (in *input) usual() []string {
	p := in.plan.picture
	whole := in.DType != 0 && !in.DType.IsFloat()
	known := spanOf(in.source) != unknown
	coloured := p != nil && p.outC == 3 && p.c == 3
	switch {
	case whole && coloured:
		return []string{prepBGR}
	case whole:
		return nil
	case coloured && known:
		return []string{prepImageNet, prepUnit, prepSigned, prepBGR, prepBGRUnit, prepNone, prepBytes, prepOwn}
	case p != nil && p.outC == 3 && known:
		return []string{prepImageNet, prepUnit, prepSigned, prepNone, prepBytes, prepOwn}
	case p == nil && in.columns() || !known:
		return []string{prepNone, prepOwn}
	}
	return []string{prepUnit, prepSigned, prepNone, prepBytes, prepOwn}
}

// columns reports whether samples are rows of a table.
func (in *input) columns() bool {
	_, table := in.source.(memory)
	return table || in.plan.picture == nil && len(in.plan.shape) == 1 && in.plan.shape[0] < narrow
}

// near reports whether the columns of a table lie near mean 0 and deviation 1 as they are stored: then
// they were standardised, with the mean and sd of other samples at most.
func (p *plan) near() bool {
	for k, mean := range p.mean {
		if sd := p.std[k]; sd < 1.0/3 || sd > 3 || math.Abs(mean) > 3*sd {
			return false
		}
	}
	return true
}

// values says what a plan makes of stored values: equal texts are equal values.
func (p *plan) values() string {
	scale, shift, bgr := []float64{1}, []float64{0}, false
	switch {
	case p.picture != nil:
		scale, shift, bgr = p.picture.scale, slices.Clone(p.picture.shift), p.picture.bgr
	case p.scale != 0:
		scale, shift = nil, nil
		for k := range max(1, len(p.mean), len(p.std)) {
			m, sd := forChannel(p.mean, k, 0, 0), forChannel(p.std, k, 0, 1)
			scale, shift = append(scale, p.scale/sd), append(shift, (p.shift-m)/sd)
		}
	}
	for k := range shift {
		shift[k] += 0 // no negative zero
	}
	return fmt.Sprintf("%.5g %.5g %v", scale, shift, bgr)
}
