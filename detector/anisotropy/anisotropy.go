package anisotropy

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/cosine"
)

// Detector is rule REP-06.
var Detector = &detector.Detector{
	Code: "REP-06", Name: "anisotropy", Title: "Anisotropy", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{cosine.Statistic},
	Anchors: finding.Anchors{Minor: 0.9, Moderate: 0.97, Critical: 0.99},
	Spans:   true,
	Detect:  detect,
}

func detect(p *detector.Pass) error {
	for _, l := range p.Layers {
		if l.Head {
			continue
		}
		r, err := cosine.At(p.Case, p.Results, l.Name)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		x, err := measure(l, r)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		p.Measure(x)
	}
	return nil
}

// few is the participation ratio below which values vary in few directions: a fiftieth of those there can be, but
// at least 2, for in narrow layers a fiftieth is below the 1 that is the least there is; and never more than a
// quarter of the units, so that a layer of a few units is not called narrow for being small.
func few(r *cosine.Result) float64 {
	return math.Min(float64(r.Units)/4, math.Max(2, 0.02*float64(min(r.Units, r.N-1))))
}

func measure(l graph.Layer, r *cosine.Result) (finding.Measurement, error) {
	ci, err := r.Raw.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	p, err := r.Raw.Above(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	limit := few(r)
	x := finding.Measurement{
		Place: detector.On(l), Name: "mean cosine of two samples", Effect: r.Raw.Value, Low: ci.Low, High: ci.High, P: p, N: r.N, Null: finding.R6,
		Message:  fmt.Sprintf("samples point one way (mean cosine %.3f), and without that way vary in %.1f directions", r.Raw.Value, r.Participation.Value),
		Evidence: fmt.Sprintf("mean cosine %.3f, %.1f directions", r.Raw.Value, r.Participation.Value),
		Details:  map[string]float64{"participation ratio": r.Participation.Value, "participation needed": limit, "centred mean cosine": r.Centred.Value, "samples of length zero": float64(r.Short)},
		Remedies: []finding.Remedy{
			{Treatment: "rescale-channel", Risk: finding.Exact, Why: "a channel that leads in every sample is scaled down and the next layer scales it back"},
			{Treatment: "regularise", Risk: finding.Training, Why: "a term that keeps samples apart"},
		},
	}
	if r.Participation.Value >= limit {
		x.Guard = "the values vary in enough directions"
	}
	return x, nil
}
