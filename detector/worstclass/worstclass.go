package worstclass

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Detector is rule FAI-02.
var Detector = &detector.Detector{
	Code: "FAI-02", Name: "worst-class", Title: "Worst class or group", Family: "fairness", Version: 2,
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

// classes measures the worst of the classes with enough samples, and says how many fare likewise.
func classes(p *detector.Pass, out *prediction.Result, right []bool, rows []int) error {
	hits, counts := tally(out, right, rows)
	var order []int
	for c, n := range counts {
		if n < least {
			p.Skip(className(p, c), statistic.Unavailable("too-few-samples", "class %s has %d samples, a statement about it needs %d", className(p, c), n, least))
			continue
		}
		order = append(order, c)
	}
	if len(order) < 2 {
		return nil
	}
	recall := func(c int) float64 { return float64(hits[c]) / float64(counts[c]) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(recall(a), recall(b)) })
	all := metric.Rate{Of: len(rows)}
	groups := make([]int32, len(rows))
	for i, row := range rows {
		groups[i] = out.Label[row]
		if right[i] {
			all.Hits++
		}
	}
	// That classes do not matter is the null: in one stratum their numbers are exchanged among all samples.
	w, err := metric.Worst(make([]int32, len(rows)), right, groups, least, metric.Resampling{Seed: infer.Seed(p.Case.Seed, "worst-class")})
	if err != nil {
		return err
	}
	c := order[0]
	x, err := gap(all, metric.Rate{Hits: hits[c], Of: counts[c]}, len(order))
	if err != nil {
		return err
	}
	x.Place = finding.Place{Sites: []finding.Site{prediction.Site}, Classes: []int{c}}
	x.Title = "Worst class"
	x.Message = fmt.Sprintf("class %s is recognised in %.1f %% of %d samples, all classes in %.1f %%", className(p, c), share(hits[c], counts[c]), counts[c], share(all.Hits, all.Of))
	x.Evidence = fmt.Sprintf("%s: %.1f of %.1f %%", classCalled(p, c), share(hits[c], counts[c]), share(all.Hits, all.Of))
	mean := float64(all.Hits) / float64(all.Of)
	for _, o := range order[1:] {
		if mean-recall(o) >= floor {
			x.Place.Classes = append(x.Place.Classes, o)
		}
	}
	x.Message += others(p, x.Place.Classes[1:])
	byChance(&x, w.Null)
	inTraining(p, &x, c)
	p.Measure(x)
	return nil
}

// tally counts samples and those that are right, by class.
func tally(out *prediction.Result, right []bool, rows []int) (hits, counts []int) {
	hits, counts = make([]int, out.Classes), make([]int, out.Classes)
	for i, row := range rows {
		l := out.Label[row]
		counts[l]++
		if right[i] {
			hits[l]++
		}
	}
	return hits, counts
}

// others names up to two more classes below the floor and counts the rest.
func others(p *detector.Pass, more []int) string {
	var names []string
	for _, c := range more[:min(2, len(more))] {
		names = append(names, className(p, c))
	}
	switch rest := len(more) - len(names); {
	case len(more) == 0:
		return ""
	case rest == 1:
		names = append(names, "1 other")
	case rest > 1:
		names = append(names, fmt.Sprintf("%d others", rest))
	}
	last := len(names) - 1
	list := names[last]
	if last > 0 {
		list = strings.Join(names[:last], ", ") + " and " + list
	}
	return fmt.Sprintf("; %s: %.0f points or more below all, too", list, 100*floor)
}

// byChance notes a gap that the worst of so many parts shows where parts do not matter (METHODS 10.3), and
// says no more of it.
func byChance(x *finding.Measurement, null metric.Null) {
	x.P = max(x.P, null.P)
	x.Noted = null.P > 0.05
	x.Details["gap by chance"], x.Details["p of no difference"] = null.Expected, null.P
}

// inTraining adds how far below all a class is on the training samples: one that was learnt is short of
// samples, one that was not is hard.
func inTraining(p *detector.Pass, x *finding.Measurement, class int) {
	held, _ := p.Case.Held()
	out, err := prediction.Statistic.At(p.Results, prediction.View(dataset.Train), prediction.Site)
	if err != nil || held == dataset.Train || class >= out.Classes {
		return
	}
	right, rows := out.Correct()
	hits, counts := tally(out, right, rows)
	if k, n := out.Accuracy(); counts[class] >= least {
		x.Details["gap in training"] = float64(k)/float64(n) - float64(hits[class])/float64(counts[class])
	}
}

func share(k, n int) float64 { return 100 * float64(k) / float64(n) }

// classCalled is a class's name where a line of the table starts with it; a number is said to be a class.
func classCalled(p *detector.Pass, c int) string {
	if name := className(p, c); name != fmt.Sprint(c) {
		return name
	}
	return fmt.Sprintf("class %d", c)
}

func className(p *detector.Pass, c int) string {
	if c < len(p.Case.Task.Classes) && p.Case.Task.Classes[c] != "" {
		return p.Case.Task.Classes[c]
	}
	return fmt.Sprint(c)
}

// gap is the accuracy of all less that of the worst of some parts; p and bounds hold for all of them at
// once, since the worst was chosen.
func gap(all, worst metric.Rate, parts int) (finding.Measurement, error) {
	ci, err := infer.Newcombe(all.Hits, all.Of, worst.Hits, worst.Of, 1-0.1/float64(parts))
	if err != nil {
		return finding.Measurement{}, err
	}
	test, err := infer.NewcombeGreater(all.Hits, all.Of, worst.Hits, worst.Of, floor)
	if err != nil {
		return finding.Measurement{}, err
	}
	of, own := float64(all.Hits)/float64(all.Of), float64(worst.Hits)/float64(worst.Of)
	return finding.Measurement{
		Name: "accuracy below the mean", Effect: max(0, of-own), Low: ci.Low, High: ci.High, P: min(1, test*float64(parts)), N: worst.Of, Null: finding.R6,
		Details: map[string]float64{"accuracy": own, "of all": of, "parts compared": float64(parts)},
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
	x, err := gap(w.Overall, w.Accuracy, w.Groups)
	if err != nil {
		return err
	}
	label := fmt.Sprint(w.Group)
	if names := s.Names[name]; int(w.Group) < len(names) {
		label = names[w.Group]
	}
	x.Place = finding.Place{Sites: []finding.Site{prediction.Site}, Groups: []string{name + "=" + label}}
	x.Title = "Worst group"
	byChance(&x, w.Null)
	x.Message = fmt.Sprintf("samples with %s %s are right in %.1f %% of %d, all in %.1f %%", name, label, share(w.Accuracy.Hits, w.Accuracy.Of), w.Accuracy.Of, share(w.Overall.Hits, w.Overall.Of))
	x.Evidence = fmt.Sprintf("%s=%s: %.1f %%", name, label, share(w.Accuracy.Hits, w.Accuracy.Of))
	p.Measure(x)
	return nil
}
