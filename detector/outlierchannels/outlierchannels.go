package outlierchannels

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
)

// Detector is rule UNI-06.
var Detector = &detector.Detector{
	Code: "UNI-06", Name: "outlier-channels", Title: "Outlier channels", Family: "units", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{moments.Statistic},
	Anchors: finding.Anchors{Minor: 1.3, Moderate: 2, Critical: 3, Cap: 39},
	Detect:  detect,
}

const (
	leastSamples = 300
	leastUnits   = 8 // fewer have no meaningful median
	ratio        = 20
)

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
		m, err := moments.Statistic.At(p.Results, moments.View(split), detector.At(l))
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		x, err := measure(m)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		x.Place.Sites = detector.On(l).Sites
		p.Measure(x)
	}
	return nil
}

func measure(m *moments.State) (finding.Measurement, error) {
	if m.Samples < leastSamples {
		return finding.Measurement{}, statistic.Unavailable("too-few-samples", "%d finite samples, unit tests need %d", m.Samples, leastSamples)
	}
	sd := make([]float64, len(m.Units))
	var live []float64
	for u, x := range m.Units {
		if sd[u] = math.Sqrt(x.Variance(m.Positions)); sd[u] > 0 {
			live = append(live, sd[u])
		}
	}
	if len(live) < leastUnits {
		return finding.Measurement{}, statistic.Unavailable("too-few-units", "%d units vary, a median needs %d", len(live), leastUnits)
	}
	median, err := infer.Quantile(live, 0.5)
	if err != nil {
		return finding.Measurement{}, err
	}
	top := slices.Max(sd)
	var outliers []int
	for u, v := range sd {
		if v > ratio*median {
			outliers = append(outliers, u)
		}
	}
	// The relative error of a deviation of n normal values is 1/sqrt(2(n-1)); both numbers have one, and
	// samples, not positions, are what is independent.
	se := math.Sqrt(1/(2*float64(m.Samples-1))+1/(2*float64(m.Samples-1))) / math.Ln10
	e := infer.Normal(math.Log10(top/median), se)
	ci, err := e.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	worst := slices.Index(sd, top)
	return finding.Measurement{
		Place: finding.Place{Units: outliers}, Name: "log10 of the largest deviation over the median", Effect: max(0, e.Value), Low: max(0, ci.Low), High: max(0, ci.High), N: int(m.Samples), Null: finding.R6,
		Message:  fmt.Sprintf("unit %d varies %.0f times as much as the median unit", worst, top/median),
		Evidence: fmt.Sprintf("unit %d: %.0f x the median", worst, top/median),
		Details:  map[string]float64{"ratio": top / median},
		Remedies: []finding.Remedy{{Treatment: "rescale-channel", Risk: finding.Exact, Why: "divide the channel and multiply what reads it: the same function in a balanced scale"}},
	}, nil
}
