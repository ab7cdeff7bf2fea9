package dimensionalcollapse

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/spectrum"
)

// Detector is rule REP-04.
var Detector = &detector.Detector{
	Code: "REP-04", Name: "dimensional-collapse", Title: "Dimensional collapse", Family: "representation", Version: 1,
	Doc:     manual,
	Tier:    detector.Features,
	Needs:   []statistic.Any{spectrum.Statistic, prediction.Statistic, probe.Statistic},
	Anchors: finding.Anchors{Minor: 1, Moderate: 2, Critical: 3},
	Spans:   true,
	Detect:  detect,
}

func detect(p *detector.Pass) error {
	track := finding.Track{Name: "effective rank", Unit: "share of width"}
	collapsed := guard(p)
	for i, l := range p.Layers {
		if l.Head {
			continue
		}
		s, err := spectrum.At(p.Case, p.Results, l.Name)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		track.Values = append(track.Values, trackValue(l, s))
		need, err := needed(present(p.Case.Classes, s), s, last(p.Layers, i), len(l.Shape) > 1)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		x, err := measure(l, s, need)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		if x.Effect > 0 && collapsed(s) {
			x.Guard = "neural collapse"
		}
		p.Measure(x)
	}
	p.Track(track)
	return nil
}

func trackValue(l graph.Layer, s *spectrum.Result) finding.TrackValue {
	d := float64(s.Units)
	v := finding.TrackValue{Layer: l.Name, Value: s.RankMe.Value / d}
	if ci, err := s.LogRank.Interval(0.9); err == nil {
		lo, hi := math.Exp(ci.Low)/d, math.Min(1, math.Exp(ci.High)/d)
		v.Low, v.High = &lo, &hi
	}
	return v
}

// last reports whether a layer is in the last block: the one before the head.
func last(layers []graph.Layer, i int) bool {
	for _, l := range layers[i+1:] {
		if !l.Head {
			return false
		}
	}
	return true
}

// present returns how many classes have samples: the task as these data show it.
func present(classes int, s *spectrum.Result) int {
	if s.Classes != nil {
		return s.Classes.Present
	}
	return classes
}

// needed is the effective rank the task asks of a layer. Values averaged over positions vary in fewer
// directions than at one position: mean brightness leads in the first layers of any vision network.
func needed(classes int, s *spectrum.Result, last, averaged bool) (float64, error) {
	c := float64(classes - 1)
	if classes < 3 || classes > 200 {
		return 0, statistic.Unavailable("other-task", "the rank a task needs is stated for 3 to 200 classes, here are %d", classes)
	}
	if float64(s.N) < 5*c {
		return 0, statistic.Unavailable("too-few-samples", "%d samples, the rank of %d classes needs %d", s.N, classes, int(5*c))
	}
	d := float64(s.Units)
	if last {
		return 0.5 * math.Min(c, d), nil
	}
	most := d / 4
	if averaged {
		most = d / 8
	}
	return math.Min(most, math.Max(math.Min(c, d), 0.05*math.Min(d, float64(s.N-1)))), nil
}

func measure(l graph.Layer, s *spectrum.Result, need float64) (finding.Measurement, error) {
	deficit := infer.Estimate{Value: (math.Log(need) - s.LogRank.Value) / math.Ln2, SE: s.LogRank.SE / math.Ln2, DF: s.LogRank.DF}
	ci, err := deficit.Interval(0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	p, err := deficit.Above(1)
	if err != nil {
		return finding.Measurement{}, err
	}
	x := finding.Measurement{
		Own:   &finding.Estimate{Value: deficit.Value, Low: ci.Low, High: ci.High},
		Place: detector.On(l), Name: "log2 of needed over observed rank", Effect: max(0, deficit.Value), Low: ci.Low, High: ci.High, P: p, N: s.N, Null: finding.R6,
		Message:  fmt.Sprintf("%d units span %.1f directions, the task needs %.1f", s.Units, s.RankMe.Value, need),
		Evidence: fmt.Sprintf("effective rank %.1f of %d", s.RankMe.Value, s.Units),
		Details:  map[string]float64{"effective rank": s.RankMe.Value, "participation ratio": s.Participation.Value, "stable rank": s.StableRank, "first share": s.FirstShare},
		Remedies: []finding.Remedy{
			{Treatment: "re-initialise", Risk: finding.Training, Why: "the layer learns directions anew"},
			{Treatment: "regularise", Risk: finding.Training, Why: "less weight decay, or a term that keeps directions apart"},
		},
	}
	if c := s.Classes; c != nil {
		x.Details["within over between"] = c.Ratio
		x.Place.Classes = weakest(c.Energy)
	}
	return x, nil
}

// weakest returns up to three classes whose mean lies nearest to the mean of all.
func weakest(energy []float64) []int {
	at := make([]int, len(energy))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(energy[a], energy[b]) })
	return at[:min(3, len(at))]
}

// guard returns the test for neural collapse, which is health (Papyan 2020): classes far apart against
// their own spread, enough directions, and an accuracy that no layer's probe beats by two points.
func guard(p *detector.Pass) func(*spectrum.Result) bool {
	never := func(*spectrum.Result) bool { return false }
	held, ok := p.Case.Held()
	if !ok {
		return never
	}
	out, err := prediction.Statistic.At(p.Results, prediction.View(held), prediction.Site)
	if err != nil {
		return never
	}
	right, n := out.Accuracy()
	if n == 0 {
		return never
	}
	best := 0.0
	for _, l := range p.Layers {
		if r, err := probe.At(p.Case, p.Results, l.Name); err == nil {
			if ok, of := r.Held.Accuracy(); of > 0 {
				best = max(best, float64(ok)/float64(of))
			}
		}
	}
	accurate := float64(right)/float64(n) >= best-0.02
	return func(s *spectrum.Result) bool {
		return accurate && s.Classes != nil && s.Classes.Ratio < 0.2 && s.Participation.Value >= 0.5*float64(p.Case.Classes-1)
	}
}
