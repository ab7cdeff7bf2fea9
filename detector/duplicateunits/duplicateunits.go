package duplicateunits

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/twins"
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
		for _, t := range r.Twins {
			place.Units = append(place.Units, t.Unit)
			strongest = max(strongest, math.Abs(t.R))
		}
		p.Measure(finding.Measurement{
			Place: place, Name: "share with a twin", N: r.N, Null: finding.R5,
			Effect: float64(len(r.Twins)) / n, Low: float64(r.Surely) / n, High: float64(r.Maybe) / n,
			Message:  fmt.Sprintf("%d of %d units say the same as another", len(r.Twins), compared),
			Evidence: fmt.Sprintf("%d of %d have a twin", len(r.Twins), compared),
			Details:  map[string]float64{"strongest": strongest, "live": float64(r.Live)},
			Remedies: []finding.Remedy{
				{Treatment: "merge-units", Risk: finding.Light, Why: "a twin's outgoing weights can be added to its partner's"},
				{Treatment: "re-initialise", Risk: finding.Training, Why: "noise breaks the symmetry that keeps twins equal"},
			},
		})
	}
	return nil
}
