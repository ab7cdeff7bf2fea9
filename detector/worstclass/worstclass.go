package worstclass

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Detector is rule FAI-02.
var Detector = &detector.Detector{
	Code: "FAI-02", Name: "worst-class", Title: "Worst class or group", Family: "fairness", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{prediction.Statistic},
	Anchors: finding.Anchors{Minor: floor, Moderate: 0.2, Critical: 0.4},
	Detect:  detect,
}

const (
	floor = 0.1
	least = 30 // samples a class or group needs (METHODS 2)
)

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		return statistic.Unavailable("no-samples", "there are no samples")
	}
	view := prediction.View(split)
	out, err := prediction.Statistic.At(p.Results, view, prediction.Site)
	if err != nil {
		return err
	}
	right, rows := out.Correct()
	if err := classes(p, out, right, rows); err != nil {
		return err
	}
	samples := p.Case.Source.Samples(view)
	for _, name := range slices.Sorted(maps.Keys(samples.Groups)) {
		if err := groups(p, out, right, rows, samples, name); err != nil {
			p.Skip("group "+name, err)
		}
	}
	return nil
}

// classes measures every class with enough samples.
func classes(p *detector.Pass, out *prediction.Result, right []bool, rows []int) error {
	hits, counts := make([]int, out.Classes), make([]int, out.Classes)
	all := 0
	for i, row := range rows {
		l := out.Label[row]
		counts[l]++
		if right[i] {
			hits[l]++
			all++
		}
	}
	for c, n := range counts {
		if n < least {
			p.Skip(className(p, c), statistic.Unavailable("too-few-samples", "class %s has %d samples, a statement about it needs %d", className(p, c), n, least))
			continue
		}
		x, err := gap(all, len(rows), hits[c], n)
		if err != nil {
			return err
		}
		x.Place = finding.Place{Sites: []finding.Site{prediction.Site}, Classes: []int{c}}
		x.Title = "Worst class"
		x.Message = fmt.Sprintf("class %s is recognised in %.1f %% of %d samples, all classes in %.1f %%", className(p, c), share(hits[c], n), n, share(all, len(rows)))
		x.Evidence = fmt.Sprintf("%s: %.1f of %.1f %%", className(p, c), share(hits[c], n), share(all, len(rows)))
		p.Measure(x)
	}
	return nil
}

func share(k, n int) float64 { return 100 * float64(k) / float64(n) }

func className(p *detector.Pass, c int) string {
	if c < len(p.Case.Task.Classes) && p.Case.Task.Classes[c] != "" {
		return p.Case.Task.Classes[c]
	}
	return fmt.Sprint(c)
}

// gap is the accuracy of all less that of a part.
func gap(all, n, hits, part int) (finding.Measurement, error) {
	ci, err := infer.Newcombe(all, n, hits, part, 0.9)
	if err != nil {
		return finding.Measurement{}, err
	}
	test, err := infer.NewcombeGreater(all, n, hits, part, floor)
	if err != nil {
		return finding.Measurement{}, err
	}
	effect := float64(all)/float64(n) - float64(hits)/float64(part)
	return finding.Measurement{
		Name: "accuracy below the mean", Effect: max(0, effect), Low: ci.Low, High: ci.High, P: test, N: part, Null: finding.R6,
		Details: map[string]float64{"accuracy": float64(hits) / float64(part), "of all": float64(all) / float64(n)},
		Remedies: []finding.Remedy{
			{Treatment: "refit-head", Risk: finding.Light, Why: "a head fitted with equal weight for each class or group"},
			{Treatment: "collect", Risk: finding.Training, Why: "more samples of those that fare worst"},
		},
	}, nil
}

// groups measures the worst group of one attribute.
func groups(p *detector.Pass, out *prediction.Result, right []bool, rows []int, s capture.Samples, name string) error {
	labels, numbers := make([]int32, 0, len(rows)), make([]int32, 0, len(rows))
	var ok []bool
	for i, row := range rows {
		if g := s.Groups[name][row]; g >= 0 {
			labels, numbers, ok = append(labels, out.Label[row]), append(numbers, g), append(ok, right[i])
		}
	}
	w, err := metric.Worst(labels, ok, numbers, least, metric.Resampling{Seed: infer.Seed(p.Case.Seed, "worst-group", name)})
	if err != nil {
		return statistic.Unavailable("too-few-samples", "attribute %s: %v", name, err)
	}
	x, err := gap(w.Overall.Hits, w.Overall.Of, w.Accuracy.Hits, w.Accuracy.Of)
	if err != nil {
		return err
	}
	label := fmt.Sprint(w.Group)
	if names := s.Names[name]; int(w.Group) < len(names) {
		label = names[w.Group]
	}
	x.Place = finding.Place{Sites: []finding.Site{prediction.Site}, Groups: []string{name + "=" + label}}
	x.Title = "Worst group"
	x.P = max(x.P, w.Null.P)
	x.Message = fmt.Sprintf("samples with %s %s are right in %.1f %% of %d, all in %.1f %%", name, label, share(w.Accuracy.Hits, w.Accuracy.Of), w.Accuracy.Of, share(w.Overall.Hits, w.Overall.Of))
	x.Evidence = fmt.Sprintf("%s=%s: %.1f %%", name, label, share(w.Accuracy.Hits, w.Accuracy.Of))
	p.Measure(x)
	return nil
}
