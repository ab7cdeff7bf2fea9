package constantunits

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
)

// Detector is rule UNI-04.
var Detector = &detector.Detector{
	Code: "UNI-04", Name: "constant-units", Title: "Constant units", Family: "units", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{moments.Statistic},
	Anchors: finding.Anchors{Minor: 0.05, Moderate: 0.25, Critical: 0.6},
	Exact:   true,
	Detect:  detect,
}

// spread is the standard deviation, as a share of the mean, below which a unit is constant.
const spread = 1e-2

// least is the smallest sample that unit tests need (METHODS 2).
const least = 300

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
		if err == nil && m.Samples < least {
			err = statistic.Unavailable("too-few-samples", "%d finite samples, unit tests need %d", m.Samples, least)
		}
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		// Units are counted, not sampled; what is uncertain is each unit's deviation, whose relative error
		// from n normal values is 1/sqrt(2(n-1)).
		margin := infer.NormalQuantile(0.95) / math.Sqrt(2*float64(m.Samples-1))
		var constant []int
		sure, maybe := 0, 0
		for u, x := range m.Units {
			mean, sd := x.Mean(m.Positions), math.Sqrt(x.Variance(m.Positions))
			ratio := sd / math.Abs(mean)
			if mean == 0 {
				continue
			}
			if ratio < spread {
				constant = append(constant, u)
			}
			if ratio*(1+margin) < spread {
				sure++
			}
			if ratio*(1-margin) < spread {
				maybe++
			}
		}
		n := float64(len(m.Units))
		place := detector.On(l)
		place.Units = constant
		p.Measure(finding.Measurement{
			Place: place, Name: "constant share", N: int(m.Samples), Null: finding.R5,
			Effect: float64(len(constant)) / n, Low: float64(sure) / n, High: float64(maybe) / n,
			Message:  fmt.Sprintf("%d of %d units give the same value for every sample", len(constant), len(m.Units)),
			Evidence: fmt.Sprintf("%d of %d never vary", len(constant), len(m.Units)),
			Remedies: []finding.Remedy{
				{Treatment: "remove-units", Risk: finding.Exact, Why: "a constant can be added to the biases of the next layer"},
				{Treatment: "re-initialise", Risk: finding.Training, Why: "new incoming weights let the units see the input again"},
			},
		})
	}
	return nil
}
