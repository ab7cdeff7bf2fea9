package recording

import (
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

var (
	_ capture.Source   = (*Recording)(nil)
	_ capture.Original = (*Recording)(nil)
	_ capture.Refeeder = (*Recording)(nil)
)

const (
	batch      = 32       // samples read at once, as a live run takes
	batchBytes = 64 << 20 // beyond which fewer are
)

// at returns the recording of a view's step.
func (r *Recording) at(v capture.View) (*Recording, error) {
	if v.Step == 0 || r.manifest != nil && v.Step == r.manifest.Step {
		return r, nil
	}
	if s := r.steps[v.Step]; s != nil {
		return s, nil
	}
	return nil, &capture.Unavailable{Code: "not-recorded", Why: fmt.Sprintf("training step %d was not recorded", v.Step)}
}

// Layers returns the layers of the recorded network; other networks were not recorded.
func (r *Recording) Layers(network string) []graph.Layer {
	if network != "" {
		return nil
	}
	return r.layers
}

// Samples returns the samples a view reads.
func (r *Recording) Samples(v capture.View) capture.Samples {
	s, err := r.at(v)
	if err != nil {
		return capture.Samples{}
	}
	p := s.parts[portion{v.Split, v.Condition}]
	if p == nil {
		return capture.Samples{}
	}
	return s.roll.samples(p.lines)
}

// Define is ignored: a recording runs no network.
func (r *Recording) Define(string, func() (*graph.Graph, error)) {}

// Alternatives names the other preprocessings that samples were recorded under.
func (r *Recording) Alternatives() []string { return r.manifest.Alternatives }

// Fingerprint returns the recorded hash of a sample as it was stored.
func (r *Recording) Fingerprint(v capture.View, row int) ([32]byte, error) {
	s, err := r.at(v)
	if err != nil {
		return [32]byte{}, err
	}
	p := s.parts[portion{v.Split, v.Condition}]
	if p == nil || s.roll.prints == nil || row < 0 || row >= p.n {
		return [32]byte{}, &capture.Unavailable{Code: "no-inputs", Why: "the recording holds no hashes of the samples as they are stored"}
	}
	return s.roll.prints[p.lines[row]], nil
}

// Offers returns nil if a site's values were recorded in the form a view asks for.
func (r *Recording) Offers(v capture.View, site capture.Site) error {
	if v.Network != "" {
		return &capture.Unavailable{Code: "no-model", Why: "a recording holds the values of one network and cannot run another"}
	}
	s, err := r.at(v)
	if err != nil {
		return err
	}
	_, _, err = s.find(v, site)
	return err
}

// find returns the part of a view and where a site's values lie.
func (r *Recording) find(v capture.View, site capture.Site) (*part, recorded, error) {
	p := r.parts[portion{v.Split, v.Condition}]
	switch {
	case p == nil && v.Condition != capture.Condition{}:
		return nil, recorded{}, &capture.Unavailable{Code: "no-model", Why: fmt.Sprintf("samples were not recorded under %s-%d, and a recording cannot run the network", v.Condition.Name, v.Condition.Level)}
	case p == nil || p.n == 0:
		return nil, recorded{}, &capture.Unavailable{Code: "no-samples", Why: fmt.Sprintf("there are no %s samples", v.Split)}
	}
	at, err := r.locate(site)
	if err != nil {
		return nil, at, err
	}
	shape, ok := p.column(at.tensor)
	if !ok {
		return nil, at, &capture.Unavailable{Code: "not-recorded", Why: fmt.Sprintf("the recording holds no %s of %s for %s samples", site.Of, site.Layer, v.Split)}
	}
	if err := r.form(v, site, at, shape); err != nil {
		return nil, at, err
	}
	return p, at, nil
}

// locate returns where a site's values lie.
func (r *Recording) locate(site capture.Site) (recorded, error) {
	switch site.Of {
	case finding.Input:
		return recorded{tensor: "in/x", site: &Site{Name: "input"}, axis: 1}, nil
	case finding.Output:
		return recorded{tensor: "out/logits", site: &Site{Name: "output"}, axis: 1}, nil
	case finding.Attention:
		return recorded{}, &capture.Unavailable{Code: "not-recorded", Why: "attention maps are not read from recordings"}
	}
	at, ok := r.tensors[site]
	if ok {
		return at, nil
	}
	for _, l := range r.layers {
		if l.Name == site.Layer {
			return recorded{}, &capture.Unavailable{Code: "not-recorded", Why: fmt.Sprintf("the recording holds no %s of %s", site.Of, site.Layer)}
		}
	}
	return recorded{}, &capture.Unavailable{Code: "no-layer", Why: fmt.Sprintf("the recording has no layer %q", site.Layer)}
}

// form reports whether values that were stored in one form can be shown in the one a view asks for.
func (r *Recording) form(v capture.View, site capture.Site, at recorded, shape []int) error {
	if site.Of == finding.Output && len(shape) > 1 {
		return &capture.Unavailable{Code: "other-output", Why: fmt.Sprintf("the output has %d dimensions a sample, not one row", len(shape))}
	}
	s := at.site
	one := len(s.Shape) <= 1 && s.whole() || s.onePosition() || s.Reduce == "flat" && len(s.Shape) <= 1
	if one || s.whole() || s.Reduce == "pos" || v.Reduce == capture.Row || string(v.Reduce) == s.Reduce {
		return nil
	}
	if v.Reduce == capture.Maps && s.Reduce == "gap" && site.Of == finding.Activation && s.DType != "F16" && s.DType != "BF16" && r.rectified(site.Layer) {
		// A mean over positions that are never negative is above zero where some position is: dead units are
		// told exactly, and so are values that are not finite.
		return nil
	}
	return &capture.Unavailable{Code: "reduced", Why: fmt.Sprintf("%s was recorded as one row a sample (%s), not position by position", site.Layer, s.Reduce)}
}

func (r *Recording) rectified(layer string) bool {
	for i := range r.layers {
		if l := &r.layers[i]; l.Name == layer {
			return l.Activation == "Relu" || l.Activation == "Relu6"
		}
	}
	return false
}

// onePosition reports a site whose values have one position alone.
func (s *Site) onePosition() bool {
	if len(s.Shape) == 0 {
		return false
	}
	axis := s.Axis
	if axis == 0 {
		axis = len(s.Shape)
		if s.Op == "Conv" || s.Op == "ConvTranspose" || s.Op == "BatchNormalization" || len(s.Shape) >= 3 {
			axis = 1
		}
	}
	for i, d := range s.Shape {
		if i+1 != axis && d != 1 {
			return false
		}
	}
	return true
}

// Table returns the rows of a whole view at one site: what an earlier Read kept, else from the recording.
func (r *Recording) Table(v capture.View, site capture.Site) (capture.Table, error) {
	if err := r.Offers(v, site); err != nil {
		return capture.Table{}, err
	}
	s, err := r.at(v)
	if err != nil {
		return capture.Table{}, err
	}
	q := capture.Request{View: v, Site: site}
	r.mu.Lock()
	kept := r.kept[q]
	r.mu.Unlock()
	if kept {
		return r.opt.Keeper.Table(q)
	}
	p, at, err := s.find(v, site)
	if err != nil {
		return capture.Table{}, err
	}
	hashes := s.roll.samples(p.lines).Hashes
	rows := func(lo, hi int) ([]float32, error) {
		x, err := p.read(at.tensor, lo, hi)
		if err != nil {
			return nil, err
		}
		return s.reduce(x, at, v.Reduce, site, hashes[lo:hi])
	}
	if p.n == 0 {
		return capture.Table{}, nil
	}
	first, err := rows(0, 1)
	if err != nil {
		return capture.Table{}, err
	}
	d, size := len(first), s.batch(p, []recorded{at})
	return capture.NewTable(p.n, d, func(dst []float32, at []int) error {
		for k := 0; k < len(at); {
			n := 1
			for n < size && k+n < len(at) && at[k+n] == at[k]+n {
				n++
			}
			x, err := rows(at[k], at[k]+n)
			if err != nil {
				return err
			}
			if len(x) != n*d {
				return fmt.Errorf("%s: rows %d to %d hold %d values, want %d", site.Layer, at[k], at[k]+n, len(x), n*d)
			}
			copy(dst[k*d:], x)
			k += n
		}
		return nil
	}), nil
}

// reduce makes rows of one form of stored values.
func (r *Recording) reduce(x tensor.Tensor, at recorded, by capture.Reduction, site capture.Site, hashes []uint64) ([]float32, error) {
	s := at.site
	switch {
	case !s.whole() && s.Reduce != "pos":
		return capture.Reduce(x.Reshape(x.Dim(0), x.Len()/max(1, x.Dim(0))), 1, capture.Flat, nil, nil)
	case by == capture.Row:
		by = r.rowReduction(site)
	case by == capture.Maps:
		by = capture.Flat
	}
	return capture.Reduce(x, at.in(x), by, nil, hashes)
}

// in returns where units stand in the stored values, which may have fewer dimensions than the layer's.
func (at recorded) in(x tensor.Tensor) int {
	last := x.Rank() - 1
	switch {
	case at.site.Reduce == "pos":
		return last
	case !at.site.whole():
		return min(1, last)
	}
	return min(at.axis, last)
}

// rowReduction returns how a layer's values become one row a sample, as a live run makes it.
func (r *Recording) rowReduction(site capture.Site) capture.Reduction {
	if site.Of == finding.Input || site.Of == finding.Output || r.network == nil || len(r.network.Nodes) == 0 {
		return capture.Mean
	}
	l, ok := r.network.Layer(site.Layer)
	if !ok {
		return capture.Mean
	}
	switch r.network.Reduction(l) {
	case graph.NoReduction:
		return capture.Flat
	case graph.ClassToken:
		return capture.ClassToken
	case graph.LastToken:
		return capture.LastToken
	}
	return capture.Mean
}

// batch chooses how many samples are read at once.
func (r *Recording) batch(p *part, all []recorded) int {
	most := 1
	for _, at := range all {
		shape, _ := p.column(at.tensor)
		if n, err := tensor.Count(shape); err == nil {
			most = max(most, n)
		}
	}
	n := batch
	for n > 1 && n*most*4 > batchBytes {
		n /= 2
	}
	return n
}
