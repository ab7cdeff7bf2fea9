package diagnosis

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/renorm"
	"github.com/stratascope/stratascope/statistic/singular"
	"github.com/stratascope/stratascope/statistic/spectrum"
	"github.com/stratascope/stratascope/statistic/twins"
)

// A trait is one number of a layer's own state, larger being worse. It is compared with the other layers'
// median; spread is how far healthy layers lie from it, measured on networks trained for that (docs/culprit.md).
type trait struct {
	name, words string
	of          func(w *witness, l graph.Layer) (float64, bool)
	middle      func(median float64) float64 // nil for the siblings' median
	spread      float64
	own         bool // nothing upstream can cause it
}

func traits() []trait {
	fixed := func(v float64) func(float64) float64 { return func(float64) float64 { return v } }
	atMost := func(v float64) func(float64) float64 { return func(m float64) float64 { return math.Min(m, v) } }
	return []trait{
		{"dead", "its units are dead", deadShare, atMost(0.15), 0.15, true},
		{"twins", "its units say the same", twinShare, fixed(0), 0.05, true},
		{"weight rank", "its weight has lost directions", lostDirections, fixed(0), 0.05, true},
		{"writing", "one unit's weights are far larger than the others'", loudestWeights, nil, 0.25, true},
		{"loudness", "one unit drowns the others", loudestUnit, nil, 0.3, false},
		{"normalisation", "its normalisation does not fit what it reads", staleNorm, atMost(math.Log(0.05)), 0.5, false},
		{"rank", "its values span few directions", lostRank, nil, 0.5, false},
	}
}

// localState is e1: what is abnormal inside a layer, each trait against the layer's siblings.
func localState(w *witness) []float64 { return w.state }

func (w *witness) examineStates() {
	n := len(w.layers)
	w.state, w.own, w.marks = w.none(), slices.Repeat([]float64{1}, n), make([]map[string]float64, n)
	ps := make([][]float64, n)
	for i := range w.marks {
		w.marks[i] = map[string]float64{}
	}
	for _, t := range traits() {
		values := w.none()
		for i, l := range w.layers {
			if v, ok := t.of(w, l); ok {
				values[i] = v
			}
		}
		for i, l := range w.layers {
			p, ok := t.p(values, i, w.healthy.Trait(l.Name, t.name))
			if !ok {
				continue
			}
			ps[i], w.marks[i][t.name] = append(ps[i], p), p
			if t.own {
				w.own[i] = math.Min(w.own[i], p)
			}
		}
	}
	for i := range ps {
		if p, err := joined(ps[i]); err == nil {
			w.state[i] = p
		}
	}
}

// p is the one-sided p of a layer being no worse than healthy ones: those of healthy networks where there are enough
// (METHODS 3.7, R1), with half of the siblings' spread at least, else its siblings (R4).
func (t trait) p(values []float64, i int, healthy []float64) (float64, bool) {
	v, rest := values[i], siblings(values, i)
	if math.IsNaN(v) {
		return 0, false
	}
	if _, p, ok := beyondHealthy(v, t.spread/2, healthy); ok {
		return p, true
	}
	m := math.Inf(1)
	switch {
	case len(rest) >= 2:
		m = median(rest)
	case t.middle == nil:
		return 0, false
	}
	if t.middle != nil {
		m = t.middle(m)
	}
	return above(v, m, t.spread), true
}

// siblings returns the values of all but one that are numbers.
func siblings(values []float64, but int) []float64 {
	var out []float64
	for i, v := range values {
		if i != but && !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

func activation(l graph.Layer) finding.Site {
	return finding.Site{Layer: l.Name, Of: finding.Activation}
}

// units returns the moments of a layer's units on the samples held out.
func (w *witness) units(l graph.Layer) (*moments.State, bool) {
	split, ok := w.c.Held()
	if !ok {
		return nil, false
	}
	m, err := moments.Statistic.At(w.r, moments.View(split), activation(l))
	return m, err == nil && m.Positions > 0 && len(m.Units) > 1
}

// deadShare is the share of units behind an activation function that no sample activates.
func deadShare(w *witness, l graph.Layer) (float64, bool) {
	m, ok := w.units(l)
	if !ok || l.Activation == "" || l.Head {
		return 0, false
	}
	dead := 0
	for _, u := range m.Units {
		if u.Active == 0 {
			dead++
		}
	}
	return float64(dead) / float64(len(m.Units)), true
}

// twinShare is the share of units that say what another says, and are written by parallel weights.
func twinShare(w *witness, l graph.Layer) (float64, bool) {
	split, ok := w.c.Held()
	if !ok || l.Head || w.c.Graph == nil {
		return 0, false
	}
	r, err := twins.Statistic.At(w.r, capture.View{Split: split, Reduce: capture.Spot}, activation(l))
	if err != nil {
		return 0, false
	}
	m, _, err := singular.Matrix(w.c.Graph, l)
	if err != nil {
		return 0, false
	}
	d, n := len(m)/l.Units, 0
	for _, t := range r.Twins {
		if math.Abs(t.R) > twins.Correlation && alike(m[t.Unit*d:(t.Unit+1)*d], m[t.Of*d:(t.Of+1)*d]) > parallel {
			n++
		}
	}
	compared := r.Units
	if r.Used != nil {
		compared = len(r.Used)
	}
	return float64(n) / float64(compared), true
}

// parallel is the size of a cosine above which two units are written alike.
const parallel = 0.9

// alike is the size of the cosine of two vectors.
func alike(x, y []float64) float64 {
	var xy, xx, yy float64
	for i := range x {
		xy, xx, yy = xy+x[i]*y[i], xx+x[i]*x[i], yy+y[i]*y[i]
	}
	return math.Abs(xy) / math.Sqrt(xx*yy)
}

// lostDirections is the share of the weight's directions that are not there but for rounding.
func lostDirections(w *witness, l graph.Layer) (float64, bool) {
	s, err := singular.At(w.r, l.Name)
	if err != nil || !(s.Squares[0] > 0) {
		return 0, false
	}
	lost := 0
	for _, v := range s.Squares {
		if v <= 1e-6*s.Squares[0] {
			lost++
		}
	}
	return float64(lost) / float64(len(s.Squares)), true
}

// loudestWeights is the logarithm of the largest norm of a unit's weights over the median one.
func loudestWeights(w *witness, l graph.Layer) (float64, bool) {
	s, err := singular.At(w.r, l.Name)
	if err != nil {
		return 0, false
	}
	m := median(s.Write)
	return math.Log(slices.Max(s.Write)/m) / 2, m > 0
}

// loudestUnit is the logarithm of the largest root mean square of a unit over the second largest.
func loudestUnit(w *witness, l graph.Layer) (float64, bool) {
	m, ok := w.units(l)
	if !ok || l.Head {
		return 0, false
	}
	var rms []float64
	for _, u := range m.Units {
		mean := u.Mean(m.Positions)
		rms = append(rms, math.Sqrt(mean*mean+u.Variance(m.Positions)))
	}
	slices.Sort(rms)
	k := len(rms)
	return math.Log(rms[k-1] / rms[k-2]), rms[k-2] > 0
}

// staleNorm is the logarithm of how far stored statistics lie from what the normalisation reads once those
// before it fit.
func staleNorm(w *witness, l graph.Layer) (float64, bool) {
	split, ok := renorm.Split(w.c)
	if l.Norm == nil || w.c.Graph == nil || !ok {
		return 0, false
	}
	site := finding.Site{Layer: l.Name, Of: finding.PreNorm}
	m, err := renorm.Corrected.At(w.r, renorm.CorrectedView(split), site)
	if err != nil {
		if m, err = moments.Statistic.At(w.r, moments.View(split), site); err != nil {
			return 0, false
		}
	}
	x, err := renorm.Compare(w.c.Graph, l.Norm, m)
	if err != nil {
		return 0, false
	}
	return math.Log(math.Max(x.Size(), 0.03)), true
}

// lostRank is how far the effective rank lies below the layer's width, or 30.
func lostRank(w *witness, l graph.Layer) (float64, bool) {
	s, err := spectrum.At(w.c, w.r, l.Name)
	if err != nil || l.Head {
		return 0, false
	}
	return -math.Log(s.RankMe.Value / float64(min(l.Units, 30))), true
}
