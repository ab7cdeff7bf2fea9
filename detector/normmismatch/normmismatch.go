package normmismatch

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/renorm"
)

// Detector is rule NRM-01.
var Detector = &detector.Detector{
	Code: "NRM-01", Name: "norm-mismatch", Title: "Stale BatchNorm statistics", Family: "weights", Version: 2,
	Doc:     manual,
	Tier:    detector.Execution,
	Needs:   []statistic.Any{moments.Statistic, renorm.Corrected, renorm.Outputs},
	Anchors: finding.Anchors{Minor: renorm.Floor, Moderate: 0.5, Critical: 1.5},
	Exact:   true,
	Detect:  detect,
}

// capped is the highest severity without a measured gain (METHODS 14).
const capped = 39

func detect(p *detector.Pass) error {
	split, ok := renorm.Split(p.Case)
	switch {
	case !ok:
		p.NotAssessed("no-samples", "data", "there are no samples")
		return nil
	case p.Case.Graph == nil:
		p.NotAssessed("no-model", "the network as ONNX", "a recording without its network holds no stored statistics")
		return nil
	}
	if note, folded := foldedNorm(p.Case.Graph); folded {
		p.NotAssessed("folded-norm", "an export that keeps BatchNorm", "%s", note)
		return nil
	}
	gain, gainErr := renorm.Gain(p.Case, p.Results)
	found := false
	for _, l := range p.Layers {
		if l.Norm == nil {
			continue
		}
		found = true
		site := finding.Site{Layer: l.Name, Of: finding.PreNorm}
		m, err := moments.Statistic.At(p.Results, moments.View(split), site)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		own := m
		corrected := false
		if c, err := renorm.Corrected.At(p.Results, renorm.CorrectedView(split), site); err == nil {
			own, corrected = c, true
		}
		x, err := measure(p, l, split, m, own)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		if corrected && gainErr == nil {
			credit(&x, gain, excess(p, gain))
		} else {
			x.Cap = capped
		}
		x.Splits = []string{string(split)}
		p.Measure(x)
	}
	if !found {
		p.NotAssessed("no-norm", "", "the network has no batch normalisation")
	}
	return nil
}

func foldedNorm(g *graph.Graph) (string, bool) {
	for _, l := range g.Layers {
		if l.Norm != nil {
			return "", false
		}
	}
	for _, n := range g.Notes {
		if n.Code == "folded-norm" {
			return n.Text, true
		}
	}
	return "", false
}

// measure compares the stored statistics with those of what the layer reads when the layers before it
// are right (own); as read is what it reads as the network is.
func measure(p *detector.Pass, l graph.Layer, split dataset.Split, asRead, own *moments.State) (finding.Measurement, error) {
	here, err := renorm.Compare(p.Case.Graph, l.Norm, own)
	if err != nil {
		return finding.Measurement{}, err
	}
	seen, err := renorm.Compare(p.Case.Graph, l.Norm, asRead)
	if err != nil {
		return finding.Measurement{}, err
	}
	low, high := bounds(here)
	x := finding.Measurement{
		Place: detector.On(l), Name: "shift or spread of what is read", Effect: here.Size(), Low: low, High: high, N: int(own.Samples), Null: finding.R5,
		Message:  fmt.Sprintf("the stored normalisation statistics are off by %.2f standard deviations", here.RMS),
		Evidence: fmt.Sprintf("off by %.2f sd", here.RMS),
		Details:  map[string]float64{"as read": seen.Size(), "root mean square shift": here.RMS, "mean log spread": here.Absolute},
		Remedies: []finding.Remedy{{Treatment: "re-estimate-norm", Risk: finding.Light, Why: "run training samples through the network and store what is seen; no weight changes"}},
	}
	if here.Absolute > here.RMS {
		factor := math.Exp(here.Absolute)
		x.Message = fmt.Sprintf("the stored normalisation statistics are off by a factor of %.2f in the standard deviation", factor)
		x.Evidence = fmt.Sprintf("sd off %.2f times", factor)
	}
	if c, ok := comesFrom(p, l, split, seen); ok {
		x.From = c.layer
		x.Details["share from units before"] = c.share
		x.Caveats = append(x.Caveats, fmt.Sprintf("%d units of %s that never vary or vary far more than the others account for %.0f %% of the shift: mend those first", c.units, c.layer, 100*c.share))
	}
	return x, nil
}

// bounds returns one-sided 95 % bounds of the size of a mismatch, from those of shift and spread.
func bounds(m *renorm.Mismatch) (low, high float64) {
	a, b := shiftBounds(m)
	c, d := spreadBounds(m)
	return max(a, c), max(b, d)
}

// shiftBounds takes for the error of a channel's mean over n samples sigma_data / sqrt(n), the worst case
// of one value a sample; the squared errors add (1/C) sum se^2 to the mean square, and its own error is
// that of a quadratic form.
func shiftBounds(m *renorm.Mismatch) (low, high float64) {
	n, c := float64(m.Samples), float64(len(m.Mean))
	var bias, variance float64
	for u, d := range m.Mean {
		// the data's deviation in units of the stored one
		se2 := math.Exp(2*m.Spread[u]) / n
		bias += se2 / c
		variance += (4*d*d*se2 + 2*se2*se2) / (c * c)
	}
	q := infer.NormalQuantile(0.95) * math.Sqrt(variance)
	square := m.RMS*m.RMS - bias
	return math.Sqrt(math.Max(0, square-q)), math.Sqrt(math.Max(0, square+q))
}

// spreadBounds takes for the error of a channel's log deviation over n samples sqrt((k-1) / 4n) with the
// kurtosis k of tails far heavier than normal, and lets the channels err together. Errors have no sign
// under the mean of absolute values, so they raise it by at most their own mean.
func spreadBounds(m *renorm.Mismatch) (low, high float64) {
	const kurtosis = 9
	se := math.Sqrt((kurtosis - 1) / (4 * float64(m.Samples)))
	q := infer.NormalQuantile(0.95) * se
	return math.Max(0, m.Absolute-se*math.Sqrt(2/math.Pi)-q), m.Absolute + q
}

// credit gives a layer that is off for sure the gain that re-estimation brought to the whole network; one
// that may be off has no share in it that is known.
func credit(x *finding.Measurement, gain *finding.Estimate, excess float64) {
	if x.Low < renorm.Floor {
		x.Cap = capped
		return
	}
	x.Impact, x.Excess = gain, excess
	x.Causal = gain.Low > 0
	x.Message += fmt.Sprintf("; re-estimating them changes accuracy by %+.1f points (90 %% range %+.1f to %+.1f)", gain.Value, gain.Low, gain.High)
	x.Evidence += fmt.Sprintf(", re-estimation %+.1f points", gain.Value)
	if gain.Low <= 0 {
		x.Cap = capped
	}
}

// excess is what the re-estimated network's accuracy has over chance, in points.
func excess(p *detector.Pass, gain *finding.Estimate) float64 {
	held, _ := p.Case.Held()
	out, err := prediction.Statistic.At(p.Results, prediction.View(held), prediction.Site)
	if err != nil {
		return 0
	}
	right, n := out.Accuracy()
	return max(0, 100*(float64(right)/float64(n)-1/float64(out.Classes))+gain.Value)
}
