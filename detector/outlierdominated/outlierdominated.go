package outlierdominated

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/leverage"
)

// Detector is rule REP-08.
var Detector = &detector.Detector{
	Code: "REP-08", Name: "outlier-dominated", Title: "Dominated by few samples", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{leverage.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.3, Critical: 0.6},
	Detect:  detect,
}

const floor = 0.1

// named is how many samples a finding names.
const named = 5

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		return statistic.Unavailable("no-samples", "there are no samples")
	}
	ids := p.Case.Source.Samples(capture.View{Split: split, Reduce: capture.Row}).IDs
	for _, l := range p.Layers {
		if l.Head {
			continue
		}
		r, err := leverage.At(p.Case, p.Results, l.Name)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		x, err := measure(l, r)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		for _, row := range r.Out[:min(named, len(r.Out))] {
			x.Place.Samples = append(x.Place.Samples, ids[row])
		}
		p.Measure(x)
	}
	return nil
}

// measure takes the link that changes most.
func measure(l graph.Layer, r *leverage.Result) (finding.Measurement, error) {
	most := r.Links[0]
	for _, c := range r.Links {
		if math.Abs(c.Difference.Value) > math.Abs(most.Difference.Value) {
			most = c
		}
	}
	change := infer.Estimate{Value: math.Abs(most.Difference.Value), SE: most.Difference.SE, DF: most.Difference.DF}
	ci, err := change.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	p, err := change.Above(floor)
	if err != nil {
		return finding.Measurement{}, err
	}
	return finding.Measurement{
		Place: detector.On(l), Name: "change of similarity", Effect: change.Value, Low: ci.Low, High: ci.High, P: p, N: r.N, Null: finding.R6,
		Message:  fmt.Sprintf("without %d of %d samples its similarity to %s goes from %.2f to %.2f", len(r.Out), r.N, most.To, most.Whole, most.Within),
		Evidence: fmt.Sprintf("similarity %.2f \u2192 %.2f without %d samples", most.Whole, most.Within, len(r.Out)),
		Details:  map[string]float64{"whole": most.Whole, "within": most.Within, "share of the outermost sample": r.First},
		Remedies: []finding.Remedy{
			{Treatment: "clean-samples", Risk: finding.Light, Why: "where the samples named are broken or of another scale"},
			{Treatment: "rescale-channel", Risk: finding.Exact, Why: "where one channel answers to them"},
		},
	}, nil
}
