package oversmoothing

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/tokens"
)

// Detector is rule REP-05.
var Detector = &detector.Detector{
	Code: "REP-05", Name: "oversmoothing", Title: "Oversmoothing", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{tokens.Statistic, probe.Statistic},
	Anchors: finding.Anchors{Minor: 0.9, Moderate: 0.97, Critical: 0.995},
	Spans:   true,
	Detect:  detect,
}

const (
	alike = 0.95   // of the measure, above which tokens count as one
	late  = 2. / 3 // of the depth, behind which they should not
	loss  = 0.03   // of probe accuracy, that counts as lost
)

func detect(p *detector.Pass) error {
	some := false
	best := -1.0 // probe accuracy of the layers so far
	for _, l := range p.Layers {
		here := read(p, l)
		if tokens.Has(l) {
			some = true
			x, err := measure(p, l, best, here)
			if err != nil {
				p.Skip(l.Name, err)
			} else {
				p.Measure(x)
			}
		}
		best = max(best, here)
	}
	if !some {
		return statistic.Unavailable("no-tokens", "no layer has tokens")
	}
	return nil
}

// read is the accuracy of a layer's probe, -1 if it has none.
func read(p *detector.Pass, l graph.Layer) float64 {
	if r, err := probe.At(p.Case, p.Results, l.Name); err == nil {
		if right, n := r.Held.Accuracy(); n > 0 {
			return float64(right) / float64(n)
		}
	}
	return -1
}

// measure judges a layer by its tokens and by what a linear reader loses in it against the best layer before; -1
// stands for a reader that is not to be had.
func measure(p *detector.Pass, l graph.Layer, before, here float64) (finding.Measurement, error) {
	s, err := tokens.At(p.Case, p.Results, l)
	if err != nil {
		return finding.Measurement{}, err
	}
	r, err := s.Result()
	if err != nil {
		return finding.Measurement{}, err
	}
	ci, err := r.Centred.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	above, err := r.Centred.Above(p.Anchors.Minor)
	if err != nil {
		return finding.Measurement{}, err
	}
	x := finding.Measurement{
		Place: detector.On(l), Name: "what a sample's tokens have in common", Effect: math.Max(0, r.Centred.Value), Low: ci.Low, High: math.Min(1, ci.High), P: above, N: r.N, Null: finding.R6,
		Message:  fmt.Sprintf("tokens of a sample are alike (%.3f of what differs is common to them)", r.Centred.Value),
		Evidence: fmt.Sprintf("tokens have %.3f in common, mean cosine %.3f", r.Centred.Value, r.Cosine.Value),
		Details:  map[string]float64{"mean token cosine": r.Cosine.Value, "rank-1 residual": r.Residual.Value},
		Remedies: []finding.Remedy{
			{Treatment: "remove-layers", Risk: finding.Surgical, Why: "layers behind the point where tokens are alike have nothing left to mix"},
			{Treatment: "re-initialise", Risk: finding.Training, Why: "with a skip path and a normalisation that keep tokens apart"},
		},
	}
	if zero := r.N - r.Directed; zero > 0 {
		x.Caveats = append(x.Caveats, fmt.Sprintf("%d of %d samples have fewer than two tokens that are not zero: the mean cosine and the rank-1 residual are of the others", zero, r.N))
	}
	switch {
	case before < 0 || here < 0:
		x.Noted = true
		x.Caveats = append(x.Caveats, "without labels it cannot be told whether anything was lost")
	case before-here < loss:
		x.Guard = "a linear reader loses nothing: the tokens are alike by design"
	default:
		x.Message += fmt.Sprintf(" and a linear reader falls from %.1f to %.1f %%", 100*before, 100*here)
		x.Details["probe before"], x.Details["probe here"] = before, here
		x.Noted = l.Depth < late || r.Centred.Value <= alike
	}
	return x, nil
}
