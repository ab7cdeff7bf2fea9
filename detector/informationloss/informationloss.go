package informationloss

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
)

// Detector is rule FIT-04.
var Detector = &detector.Detector{
	Code: "FIT-04", Name: "information-loss", Title: "Information lost", Family: "fit", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{probe.Statistic, prediction.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.1, Critical: 0.3},
	Spans:   true,
	Detect:  detect,
}

const (
	floor = 0.03
	least = 100 // samples in each half
)

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		return statistic.Unavailable("no-samples", "there are no samples")
	}
	hashes := p.Case.Source.Samples(prediction.View(split)).Hashes
	seed := infer.Seed(p.Case.Seed, "information-loss")
	selects := func(row int) bool { return infer.Selecting(seed, hashes[row]) }
	scores := make([]*probe.Score, len(p.Layers))
	choosing := make([]float64, len(p.Layers)) // accuracy on the selecting half
	judging := make([]float64, len(p.Layers))  // on the other
	for i, l := range p.Layers {
		r, err := probe.At(p.Case, p.Results, l.Name)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		var n, m int
		choosing[i], n = r.Held.AccuracyOn(selects)
		judging[i], m = r.Held.AccuracyOn(func(row int) bool { return !selects(row) })
		if min(n, m) < least {
			p.Skip(l.Name, statistic.Unavailable("too-few-samples", "%d samples in a half, want %d", min(n, m), least))
			continue
		}
		scores[i] = &r.Held
	}
	output := outputs(p, selects)
	best := -1
	for i, l := range p.Layers {
		if scores[i] == nil {
			continue
		}
		if best >= 0 && !l.Head {
			x, err := compare(*scores[best], *scores[i], selects)
			if err != nil {
				return err
			}
			x.Place = detector.On(l)
			x.Details["best layer before"] = float64(p.Layers[best].Index)
			if x.Effect >= floor && recovered(scores, judging, i, output, judging[best]) {
				x.Guard = "a later layer recovers it"
			}
			p.Measure(x)
		}
		if best < 0 || choosing[i] > choosing[best] {
			best = i
		}
	}
	return nil
}

// outputs returns the network's own accuracy on the judging half, 0 if there is none.
func outputs(p *detector.Pass, selects func(int) bool) float64 {
	split, _ := p.Case.Held()
	out, err := prediction.Statistic.At(p.Results, prediction.View(split), prediction.Site)
	if err != nil {
		return 0
	}
	right, n := 0, 0
	ok, rows := out.Correct()
	for i, row := range rows {
		if !selects(row) {
			n++
			if ok[i] {
				right++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return float64(right) / float64(n)
}

// recovered reports whether a later layer, or the output, tells the classes as well as the best layer
// before the loss, within the floor.
func recovered(scores []*probe.Score, judging []float64, at int, output, best float64) bool {
	if output >= best-floor {
		return true
	}
	for j := at + 1; j < len(scores); j++ {
		if scores[j] != nil && judging[j] >= best-floor {
			return true
		}
	}
	return false
}

// compare pairs the best layer before with the layer on the judging half.
func compare(before, here probe.Score, selects func(int) bool) (finding.Measurement, error) {
	right := map[int]bool{}
	for i, row := range before.Rows {
		right[row] = before.Right[i]
	}
	var a, b []bool
	for i, row := range here.Rows {
		if ok, both := right[row]; both && !selects(row) {
			a, b = append(a, ok), append(b, here.Right[i])
		}
	}
	g, err := probe.GapOf(a, b, floor)
	if err != nil {
		return finding.Measurement{}, err
	}
	return finding.Measurement{
		Name: "probe accuracy lost", Effect: max(0, g.Value), Low: g.Low, High: g.High, P: g.P, N: g.N, Null: finding.R5,
		Message:  fmt.Sprintf("a linear reader falls from %.1f to %.1f %% and no later layer recovers it", 100*g.First, 100*g.Second),
		Evidence: fmt.Sprintf("probe falls %.1f \u2192 %.1f %%", 100*g.First, 100*g.Second),
		Details:  map[string]float64{"before": g.First, "here": g.Second},
		Remedies: []finding.Remedy{
			{Treatment: "remove-layers", Risk: finding.Surgical, Why: "the layers behind the peak lose what it knows; a refitted head on the peak keeps it"},
			{Treatment: "re-initialise", Risk: finding.Training, Why: "the layer learns to pass on what is needed"},
		},
	}, nil
}
