package miscalibration

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Detector is rule CAL-01.
var Detector = &detector.Detector{
	Code: "CAL-01", Name: "miscalibration", Title: "Miscalibration", Family: "confidence", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{prediction.Statistic},
	Anchors: finding.Anchors{Minor: 0.02, Moderate: 0.06, Critical: 0.15},
	Exact:   true,
	Detect:  detect,
}

// least is the smallest sample calibration is judged on.
const least = 100

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		return statistic.Unavailable("no-samples", "there are no samples")
	}
	out, err := prediction.Statistic.At(p.Results, prediction.View(split), prediction.Site)
	if err != nil {
		return err
	}
	right, rows := out.Correct()
	if len(rows) < least {
		return statistic.Unavailable("too-few-samples", "%d samples, calibration needs %d", len(rows), least)
	}
	confidence := make([]float64, len(rows))
	for i, row := range rows {
		confidence[i] = out.Confidence[row]
	}
	x, err := measure(confidence, right, p.Case.Seed)
	if err != nil {
		return err
	}
	p.Measure(x)
	return nil
}

func measure(confidence []float64, right []bool, seed uint64) (finding.Measurement, error) {
	ece, null, err := metric.Consistency(confidence, right, metric.Bins{}, metric.Resampling{Seed: infer.Seed(seed, "calibration", "null")})
	if err != nil {
		return finding.Measurement{}, err
	}
	spread, err := metric.ECEInterval(confidence, right, metric.Bins{}, infer.Bootstrap{Replicates: 1000, Level: 0.9, Seed: infer.Seed(seed, "calibration", "bootstrap")})
	if err != nil {
		return finding.Measurement{}, err
	}
	bins, err := metric.Reliability(confidence, right, metric.Bins{})
	if err != nil {
		return finding.Measurement{}, err
	}
	gap, err := metric.SignedGap(bins)
	if err != nil {
		return finding.Measurement{}, err
	}
	debiased, err := metric.DebiasedECE(bins)
	if err != nil {
		return finding.Measurement{}, err
	}
	// Resampling adds noise to every bin, so the bootstrap's interval lies too high; its width is kept and
	// centred on what was seen.
	excess, half := ece-null.Expected, (spread.High-spread.Low)/2
	test, err := infer.Normal(excess, half/infer.NormalQuantile(0.95)).Above(0.02)
	if err != nil {
		return finding.Measurement{}, err
	}
	title, word := "Over-confident", "more"
	if gap < 0 {
		title, word = "Under-confident", "less"
	}
	return finding.Measurement{
		Place: finding.Place{Sites: []finding.Site{prediction.Site}}, Title: title,
		Name: "calibration error above chance", Effect: max(0, excess), Low: excess - half, High: excess + half, P: max(test, null.P), N: len(right), Null: finding.R5,
		Message:  fmt.Sprintf("its confidence is %.1f points %s than its accuracy (calibration error %.3f, %.3f by chance)", 100*abs(gap), word, ece, null.Expected),
		Evidence: fmt.Sprintf("calibration error %.3f", ece),
		Details:  map[string]float64{"calibration error": ece, "by chance": null.Expected, "debiased": debiased, "signed gap": gap},
		Remedies: []finding.Remedy{{Treatment: "temperature", Risk: finding.Exact, Why: "one number divides the logits; which class is largest does not change"}},
	}, nil
}

func abs(v float64) float64 { return max(v, -v) }
