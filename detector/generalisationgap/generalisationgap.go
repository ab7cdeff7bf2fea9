package generalisationgap

import (
	"fmt"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/duplicates"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
)

// Detector is rule FIT-01.
var Detector = &detector.Detector{
	Code: "FIT-01", Name: "generalisation-gap", Title: "Generalisation gap", Family: "fit", Version: 2,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{probe.Statistic, prediction.Statistic, duplicates.Statistic},
	Anchors: finding.Anchors{Minor: 0.1, Moderate: 0.25, Critical: 0.5, Cap: 59},
	Exact:   true, // two independent proportions against a floor, by Newcombe's interval
	Spans:   true,
	Detect:  detect,
}

func detect(p *detector.Pass) error {
	if err := assessable(p); err != nil {
		return err
	}
	held := finding.Track{Name: "probe, val", Unit: "accuracy"}
	train := finding.Track{Name: "probe, train", Unit: "accuracy"}
	for _, l := range p.Layers {
		r, err := probe.At(p.Case, p.Results, l.Name)
		if err != nil {
			p.Skip(l.Name, err)
			continue
		}
		k1, n1 := r.Train.Accuracy()
		k2, n2 := r.Held.Accuracy()
		if n1 > 0 && n2 > 0 {
			held.Values = append(held.Values, trackValue(l.Name, k2, n2))
			train.Values = append(train.Values, trackValue(l.Name, k1, n1))
		}
		if l.Head {
			continue
		}
		x, err := measure(p, k1, n1, k2, n2)
		if err != nil {
			p.Skip(l.Name, statistic.Unavailable("too-few-samples", "%v", err))
			continue
		}
		x.Place = detector.On(l)
		x.Message = fmt.Sprintf("a linear reader knows the class of %.1f %% of training samples and %.1f %% of new ones", pct(k1, n1), pct(k2, n2))
		x.Evidence = fmt.Sprintf("probe %.1f \u2192 %.1f %%", pct(k1, n1), pct(k2, n2))
		p.Measure(x)
	}
	p.Track(held)
	p.Track(train)
	network(p)
	return nil
}

func pct(k, n int) float64 { return 100 * float64(k) / float64(n) }

// assessable returns why training and new samples cannot be told apart, or nil.
func assessable(p *detector.Pass) error {
	held, ok := p.Case.Held()
	switch {
	case !ok || !p.Case.Has(dataset.Train) || held == dataset.Train:
		return statistic.Unavailable("one-split", "there are no training samples beside those held out")
	case !p.Case.Seen:
		return statistic.Unavailable("unknown-split", "the data came without a split, so which samples the network has seen is unknown")
	}
	if d, err := duplicates.Get(p.Case, p.Results); err == nil && len(d.Same) > 0 {
		return statistic.Unavailable("leakage", "%d of %d samples held out are also in training", len(d.Same), d.N)
	}
	return nil
}

func trackValue(layer string, k, n int) finding.TrackValue {
	v := finding.TrackValue{Layer: layer, Value: float64(k) / float64(n)}
	if ci, err := infer.Wilson(k, n, 0.9); err == nil {
		v.Low, v.High = &ci.Low, &ci.High
	}
	return v
}

func measure(p *detector.Pass, k1, n1, k2, n2 int) (finding.Measurement, error) {
	ci, err := infer.Newcombe(k1, n1, k2, n2, 0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	test, err := infer.NewcombeGreater(k1, n1, k2, n2, p.Anchors.Minor)
	if err != nil {
		return finding.Measurement{}, err
	}
	held, _ := p.Case.Held()
	gap := float64(k1)/float64(n1) - float64(k2)/float64(n2)
	return finding.Measurement{
		Name: "accuracy gap", Effect: max(0, gap), Low: ci.Low, High: ci.High, P: test, N: n1 + n2, Null: finding.R5, Splits: []string{string(dataset.Train), string(held)},
		Caveats: []string{"samples held out that come from elsewhere than the training samples give such a gap, too"},
		Details: map[string]float64{"train": float64(k1) / float64(n1), "held out": float64(k2) / float64(n2)},
		Remedies: []finding.Remedy{
			{Treatment: "regularise", Risk: finding.Training, Why: "weight decay, augmentation or early stopping leave less room to remember samples"},
			{Treatment: "refit-head", Risk: finding.Light, Why: "a penalised head on the layers before the gap"},
		},
	}, nil
}

// network compares the network's own accuracies.
func network(p *detector.Pass) {
	split, _ := p.Case.Held()
	a, err := prediction.Statistic.At(p.Results, prediction.View(dataset.Train), prediction.Site)
	if err != nil {
		return
	}
	b, err := prediction.Statistic.At(p.Results, prediction.View(split), prediction.Site)
	if err != nil {
		return
	}
	k1, n1 := a.Accuracy()
	k2, n2 := b.Accuracy()
	x, err := measure(p, k1, n1, k2, n2)
	if err != nil {
		return
	}
	x.Place.Sites = []finding.Site{prediction.Site}
	x.Message = fmt.Sprintf("the network is right on %.1f %% of training samples and %.1f %% of new ones", pct(k1, n1), pct(k2, n2))
	x.Evidence = fmt.Sprintf("accuracy %.1f \u2192 %.1f %%", pct(k1, n1), pct(k2, n2))
	p.Measure(x)
}
