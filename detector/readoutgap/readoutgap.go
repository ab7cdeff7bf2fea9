package readoutgap

import (
	"fmt"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
)

// Detector is rule FIT-03.
var Detector = &detector.Detector{
	Code: "FIT-03", Name: "readout-gap", Title: "Readout gap", Family: "fit", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{probe.Statistic, prediction.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.15, Critical: 0.4},
	Exact:   true,
	Detect:  detect,
}

const (
	floor = 0.05
	keeps = 0.02 // a layer keeps what the best one reads if its probe is within this
	least = 100  // samples in each half
)

// A reader is a probe with its name and its place; layer is -1 for the input.
type reader struct {
	layer int
	score probe.Score
}

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		return statistic.Unavailable("no-samples", "there are no samples")
	}
	out, err := prediction.Statistic.At(p.Results, prediction.View(split), prediction.Site)
	if err != nil {
		return err
	}
	var readers []reader
	for i, l := range p.Layers {
		if l.Head {
			continue // its values are what the network says
		}
		r, err := probe.At(p.Case, p.Results, l.Name)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		readers = append(readers, reader{i, r.Held})
	}
	if r, err := probe.Baseline(p.Case, p.Results); err == nil {
		readers = append(readers, reader{-1, r.Held})
	}
	if len(readers) == 0 {
		return nil
	}
	hashes := p.Case.Source.Samples(prediction.View(split)).Hashes
	seed := infer.Seed(p.Case.Seed, "readout-gap")
	selects := func(row int) bool { return infer.Selecting(seed, hashes[row]) }
	best, at, n := choose(readers, selects)
	if n < least {
		return statistic.Unavailable("too-few-samples", "%d samples to choose the best reader on, want %d", n, least)
	}
	x, err := measure(best.score, out, selects)
	if err != nil {
		return err
	}
	suspect(p, &x, readers, best, at, selects)
	training(p, &x)
	p.Measure(x)
	return nil
}

// choose returns the reader with the best accuracy on the selecting half, and that accuracy.
func choose(readers []reader, selects func(int) bool) (best reader, accuracy float64, n int) {
	accuracy = -1
	for _, r := range readers {
		if a, k := r.score.AccuracyOn(selects); a > accuracy {
			best, accuracy, n = r, a, k
		}
	}
	return best, accuracy, n
}

// measure compares the reader with the network on the half that did not choose it.
func measure(s probe.Score, out *prediction.Result, selects func(int) bool) (finding.Measurement, error) {
	// A probe chooses among the classes that occur here; the network must not be asked for more.
	occurs := make([]bool, out.Classes)
	for _, l := range s.Label {
		if int(l) < out.Classes {
			occurs[l] = true
		}
	}
	var reader, network []bool
	for i, row := range s.Rows {
		if !selects(row) && out.Finite[row] {
			reader = append(reader, s.Right[i])
			network = append(network, chosen(out, row, occurs) == s.Label[i])
		}
	}
	g, err := probe.GapOf(reader, network, floor)
	if err != nil {
		return finding.Measurement{}, err
	}
	return finding.Measurement{
		Name: "readout gap", Effect: max(0, g.Value), Low: g.Low, High: g.High, P: g.P, N: g.N, Null: finding.R5,
		Message:  fmt.Sprintf("a linear reader of an earlier layer is right on %.1f %% of new samples, the network on %.1f %%", 100*g.First, 100*g.Second),
		Evidence: fmt.Sprintf("best probe %.1f %%, network %.1f %%", 100*g.First, 100*g.Second),
		Details:  map[string]float64{"best probe": g.First, "network": g.Second},
		Remedies: []finding.Remedy{
			{Treatment: "refit-head", Risk: finding.Light, Why: "a head on the layer that knows says what it knows"},
			{Treatment: "re-estimate-norm", Risk: finding.Light, Why: "where stored normalisation statistics are what loses it"},
		},
	}, nil
}

// chosen returns the most probable of the classes that occur.
func chosen(out *prediction.Result, row int, occurs []bool) int32 {
	best, top := int32(-1), -1.0
	for c, p := range out.Probability[row*out.Classes : (row+1)*out.Classes] {
		if occurs[c] && p > top {
			best, top = int32(c), p
		}
	}
	return best
}

// suspect names the layer behind the last one whose probe keeps what the best reader knows.
func suspect(p *detector.Pass, x *finding.Measurement, readers []reader, best reader, accuracy float64, selects func(int) bool) {
	last := best.layer
	for _, r := range readers {
		if a, _ := r.score.AccuracyOn(selects); a >= accuracy-keeps && r.layer > last {
			last = r.layer
		}
	}
	if last+1 < len(p.Layers) {
		x.Place = detector.On(p.Layers[last+1])
	} else {
		x.Place.Sites = []finding.Site{prediction.Site}
	}
	if best.layer < 0 {
		x.Message = fmt.Sprintf("what a linear reader of the input knows is lost: it is right on %.1f %% of new samples, the network on %.1f %%", 100*x.Details["best probe"], 100*x.Details["network"])
		x.Evidence = fmt.Sprintf("probe of the input %.1f %%, network %.1f %%", 100*x.Details["best probe"], 100*x.Details["network"])
		return
	}
	x.Details["best layer"] = float64(p.Layers[best.layer].Index)
}

// training notes how the network does on its training samples: poor there too is underfitting.
func training(p *detector.Pass, x *finding.Measurement) {
	out, err := prediction.Statistic.At(p.Results, prediction.View(dataset.Train), prediction.Site)
	if err != nil {
		return
	}
	if right, n := out.Accuracy(); n > 0 {
		x.Details["network on training samples"] = float64(right) / float64(n)
	}
}
