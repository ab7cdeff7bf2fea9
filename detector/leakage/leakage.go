package leakage

import (
	"fmt"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/duplicates"
)

// Detector is rule DAT-02.
var Detector = &detector.Detector{
	Code: "DAT-02", Name: "leakage", Title: "Leakage across splits", Family: "data", Version: 1,
	Doc:     manual,
	Tier:    detector.Inputs,
	Needs:   []statistic.Any{duplicates.Statistic},
	Anchors: finding.Anchors{Minor: 0.005, Moderate: 0.05, Critical: 0.2},
	Exact:   true,
	Detect:  detect,
}

// named is the number of samples named in the finding.
const named = 20

func detect(p *detector.Pass) error {
	r, err := duplicates.Get(p.Case, p.Results)
	if err != nil {
		return err
	}
	held, _ := p.Case.Held()
	share := float64(len(r.Same)) / float64(max(1, r.N))
	x := finding.Measurement{
		Place: finding.Place{Sites: []finding.Site{duplicates.Input}}, Name: "share also in training", Effect: share, Low: share, High: share, N: r.N, Null: finding.R5, Decided: true, Splits: []string{string(held), string(dataset.Train)},
		Message:  fmt.Sprintf("%d of %d samples held out are also in training (same bytes)", len(r.Same), r.N),
		Evidence: fmt.Sprintf("%d of %d also in training", len(r.Same), r.N),
		Details:  map[string]float64{"same": float64(len(r.Same)), "near": float64(len(r.Close)), "training samples": float64(r.Train)},
		Remedies: []finding.Remedy{{Treatment: "drop-duplicates", Risk: finding.Light, Why: "numbers then speak of new samples alone"}},
	}
	if r.Train < r.Of {
		x.Message = "at least " + x.Message
		x.Caveats = append(x.Caveats, fmt.Sprintf("compared with %d of %d training samples", r.Train, r.Of))
		x.Details["training samples in all"] = float64(r.Of)
	}
	for i, d := range r.Same {
		if i < named {
			x.Place.Samples = append(x.Place.Samples, d.Held)
		}
	}
	if len(r.Close) > 0 {
		x.Caveats = append(x.Caveats, fmt.Sprintf("%d more are nearly the same as a training sample (cosine above %g), which may be health", len(r.Close), duplicates.Near))
	}
	if !r.Compared {
		x.Caveats = append(x.Caveats, "inputs are too large to look for near duplicates")
	}
	p.Measure(x)
	return nil
}
