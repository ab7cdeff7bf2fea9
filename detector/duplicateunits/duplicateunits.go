package duplicateunits

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/twins"
	"github.com/stratascope/stratascope/tensor"
)

// Detector is rule UNI-05.
var Detector = &detector.Detector{
	Code: "UNI-05", Name: "duplicate-units", Title: "Duplicate units", Family: "units", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{twins.Statistic},
	Anchors: finding.Anchors{Minor: 0.15, Moderate: 0.4, Critical: 0.8},
	Exact:   true,
	Detect:  detect,
}

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		p.NotAssessed("no-samples", "data", "there are no samples")
		return nil
	}
	for _, l := range p.Layers {
		if l.Head {
			continue
		}
		r, err := twins.Statistic.At(p.Results, capture.View{Split: split, Reduce: capture.Spot}, detector.At(l))
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		compared := r.Units
		if r.Used != nil {
			compared = len(r.Used)
		}
		n := float64(compared)
		place := detector.On(l)
		strongest := 0.0
		sure, maybe := 0, 0
		weight := incoming(p.Case.Graph, l)
		for _, t := range r.Twins {
			if weight != nil && math.Abs(weight(t.Unit, t.Of)) < parallel {
				continue // alike on these data only: both follow what the data vary most in
			}
			maybe++
			if t.Low > twins.Correlation {
				sure++
			}
			if math.Abs(t.R) > twins.Correlation {
				place.Units = append(place.Units, t.Unit)
				strongest = max(strongest, math.Abs(t.R))
			}
		}
		p.Measure(finding.Measurement{
			Place: place, Name: "share with a twin", N: r.N, Null: finding.R5,
			Effect: float64(len(place.Units)) / n, Low: float64(sure) / n, High: float64(maybe) / n,
			Message:  fmt.Sprintf("%d of %d units say the same as another", len(place.Units), compared),
			Evidence: fmt.Sprintf("%d of %d have a twin", len(place.Units), compared),
			Details:  map[string]float64{"strongest": strongest, "live": float64(r.Live), "correlated": float64(len(r.Twins))},
			Remedies: []finding.Remedy{
				{Treatment: "merge-units", Risk: finding.Light, Why: "a twin's outgoing weights can be added to its partner's"},
				{Treatment: "re-initialise", Risk: finding.Training, Why: "noise breaks the symmetry that keeps twins equal"},
			},
		})
	}
	return nil
}

// parallel is the cosine of incoming weights below which two units are not twins, however alike their
// values are: neighbouring pixels of images agree so well that quite different filters correlate by
// their mean brightness alone.
const parallel = 0.9

// incoming returns the cosine of two units' incoming weights, or nil where the weights are not known.
func incoming(g *graph.Graph, l graph.Layer) func(u, v int) float64 {
	if g == nil {
		return nil
	}
	w, ok := g.Weights[l.Weight]
	if !ok || w.DType() != tensor.Float32 || w.Rank() < 2 {
		return nil
	}
	each, step := w.Len()/l.Units, 1
	start := func(u int) int { return u * each }
	if l.Transpose { // stored [in, out]
		step = l.Units
		start = func(u int) int { return u }
	}
	if w.Len() != each*l.Units {
		return nil
	}
	x := w.Float32s()
	return func(u, v int) float64 {
		var dot, a, b float64
		for k, i, j := 0, start(u), start(v); k < each; k, i, j = k+1, i+step, j+step {
			p, q := float64(x[i]), float64(x[j])
			dot, a, b = dot+p*q, a+p*p, b+q*q
		}
		if a == 0 || b == 0 {
			return 1
		}
		return dot / math.Sqrt(a*b)
	}
}
