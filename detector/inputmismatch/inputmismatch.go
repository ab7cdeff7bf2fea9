package inputmismatch

import (
	"fmt"
	"math"
	"strings"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/renorm"
	"github.com/stratascope/stratascope/statistic/trial"
)

// Detector is rule DAT-01.
var Detector = &detector.Detector{
	Code: "DAT-01", Name: "input-mismatch", Title: "Input mismatch", Family: "data", Version: 1,
	Doc:     manual,
	Tier:    detector.Labels,
	Needs:   []statistic.Any{prediction.Statistic, trial.Statistic, moments.Statistic, renorm.Corrected, renorm.Outputs},
	Anchors: finding.Anchors{Minor: 0.01, Moderate: 0.1, Critical: 0.3},
	Exact:   true,
	Detect:  detect,
}

const (
	significant = 0.001
	most        = 256 // samples looked at
	least       = 50
	renamed     = 0.5 // accuracy an order of labels must reach: what is wrong then was the order, not the network
	wild        = 2   // times the loss of saying nothing: as large inputs give that drown the biases, never those of training
	clear       = 0.1 // share of the way from the commonest class to all that another choice must surely reach
)

func detect(p *detector.Pass) error {
	split, ok := p.Case.Held()
	if !ok {
		return statistic.Unavailable("no-samples", "there are no samples")
	}
	now, err := prediction.Statistic.At(p.Results, prediction.View(split), prediction.Site)
	if err != nil {
		return err
	}
	_, rows := now.Correct()
	if len(rows) < least {
		return statistic.Unavailable("too-few-samples", "%d samples with a label, a comparison needs %d", len(rows), least)
	}
	fed, err := preprocessings(p, split, now)
	if err != nil {
		return err
	}
	return naming(p, split, now, fed)
}

// A choice is the network under another preprocessing, measured against it as it is fed.
type choice struct {
	name string
	loss float64 // cross-entropy of all samples
	finding.Measurement
}

// over reports whether c is to be named rather than o: what a guard lets through first, then the larger
// gain, then the smaller loss.
func (c *choice) over(o *choice) bool {
	switch {
	case (c.Guard == "") != (o.Guard == ""):
		return c.Guard == ""
	case c.Effect != o.Effect:
		return c.Effect > o.Effect
	}
	return c.loss < o.loss
}

// preprocessings measures the best of the other preprocessings against the one in use, and returns it; nil
// where none could be tried.
func preprocessings(p *detector.Pass, split dataset.Split, now *prediction.Result) (*finding.Measurement, error) {
	var all []choice
	best := 0
	for i, name := range trial.Names(p.Case) {
		other, err := trial.Statistic.At(p.Results, trial.View(split, i), prediction.Site)
		if err != nil {
			continue // it cannot be shown that way: the shapes do not fit
		}
		c, ok, err := preprocessing(name, now, other)
		if err == nil && ok && c.Guard == "" {
			c.Guard, err = stale(p, split, other)
		}
		if err != nil {
			return nil, err
		}
		c.Causal = c.Guard == "" // the network was run that way
		if !ok {
			continue
		}
		if all = append(all, c); c.over(&all[best]) {
			best = len(all) - 1
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	x := &all[best].Measurement
	if err := doubt(all, best); err != nil {
		return nil, err
	}
	p.Measure(*x)
	return x, nil
}

// doubt notes on the best choice which others its interval does not tell from it.
func doubt(all []choice, best int) error {
	x := &all[best].Measurement
	ci, err := reached(x)
	if err != nil || x.Guard != "" {
		return err
	}
	var near []string
	for i, c := range all {
		if i != best && c.Guard == "" && c.Details["reached"] >= ci.Low {
			near = append(near, fmt.Sprintf("%s (%.1f %%)", c.name, 100*c.Details["reached"]))
		}
	}
	if len(near) > 0 {
		x.Caveats = []string{"not clearly better than " + strings.Join(near, ", ")}
	}
	return nil
}

// reached is the 90 % interval of the accuracy that another choice reaches.
func reached(x *finding.Measurement) (infer.Interval, error) {
	return infer.Wilson(int(math.Round(x.Details["reached"]*float64(x.N))), x.N, 0.9)
}

// preprocessing compares the network under another preprocessing with it as it is fed.
func preprocessing(name string, now, other *prediction.Result) (c choice, ok bool, err error) {
	var a, b []bool
	var labels []int32
	var loss, before float64
	for i := range other.N {
		if l := other.Label[i]; l >= 0 && other.Finite[i] && now.Finite[i] {
			a, b, labels = append(a, other.Predicted[i] == l), append(b, now.Predicted[i] == l), append(labels, l)
			loss, before = loss+other.Loss[i], before+now.Loss[i]
		}
	}
	if len(a) < least {
		return c, false, nil
	}
	x, acc, err := compare(a, b, commonest(labels))
	if err != nil {
		return c, false, err
	}
	if x.Guard == "" && loss > before && loss > wild*math.Log(float64(other.Classes))*float64(len(a)) {
		x.Guard = "another preprocessing gives more right answers, but wild probabilities"
	}
	x.Place.Sites = []finding.Site{{Layer: "input", Of: finding.Input}}
	x.Message = fmt.Sprintf("accuracy is %.1f %%; with the preprocessing %s it is %.1f %%", 100*acc[1], name, 100*acc[0])
	x.Evidence = fmt.Sprintf("%s: %.1f \u2192 %.1f %%", name, 100*acc[1], 100*acc[0])
	x.Remedies = []finding.Remedy{{Treatment: Treatment(name), Risk: finding.Exact, Why: "feed the network as it was fed in training; nothing in it changes"}}
	return choice{name, loss, x}, true, nil
}

// Treatment is what a remedy calls another preprocessing.
func Treatment(preprocess string) string { return "preprocess " + preprocess }

// commonest returns the share of the commonest label: what saying always the same would reach.
func commonest(labels []int32) float64 {
	counts := map[int32]int{}
	top := 0
	for _, l := range labels {
		counts[l]++
		top = max(top, counts[l])
	}
	return float64(top) / float64(max(1, len(labels)))
}

// compare is the paired gain of the first answers over the second. An insignificant one is none, and so
// is one that leaves the network no better than saying always the same.
func compare(a, b []bool, trivial float64) (finding.Measurement, [2]float64, error) {
	table, err := infer.Pair(a, b)
	if err != nil {
		return finding.Measurement{}, [2]float64{}, err
	}
	gain, err := table.Difference()
	if err != nil {
		return finding.Measurement{}, [2]float64{}, err
	}
	ci, err := infer.Tango(table, 0.9)
	if err != nil {
		return finding.Measurement{}, [2]float64{}, err
	}
	test, err := infer.McNemarGreater(table.OnlyFirst, table.OnlySecond)
	if err != nil {
		return finding.Measurement{}, [2]float64{}, err
	}
	n := float64(table.N())
	acc := [2]float64{float64(table.Both+table.OnlyFirst) / n, float64(table.Both+table.OnlySecond) / n}
	x := finding.Measurement{Name: "accuracy lost", Effect: max(0, gain), Low: ci.Low, High: ci.High, P: test, N: table.N(), Null: finding.R5, Details: map[string]float64{"p": test, "reached": acc[0]}}
	reached, err := infer.Wilson(table.Both+table.OnlyFirst, table.N(), 0.9)
	if err != nil {
		return finding.Measurement{}, [2]float64{}, err
	}
	switch {
	case test >= significant:
		x.Guard = "no other choice is significantly better"
	case reached.Low <= trivial+clear*(1-trivial):
		x.Guard = "no other choice clearly beats saying always the same"
	}
	return x, acc, nil
}

// Order returns the class that each output stands for when the network's outputs are named so that
// predictions agree best with the labels of one half of the samples; the other half, by rows of now, is
// there to judge it.
func Order(c statistic.Case, split dataset.Split, now *prediction.Result) (classes, others []int, err error) {
	_, rows := now.Correct()
	hashes := c.Source.Samples(prediction.View(split)).Hashes
	seed := infer.Seed(c.Seed, "label-order")
	var labels, predicted []int32
	for _, row := range rows[:min(most, len(rows))] {
		if infer.Selecting(seed, hashes[row]) {
			labels, predicted = append(labels, now.Label[row]), append(predicted, now.Predicted[row])
		} else {
			others = append(others, row)
		}
	}
	confusion, err := metric.NewConfusion(labels, predicted, now.Classes)
	if err != nil {
		return nil, nil, err
	}
	classes, _, err = confusion.BestNaming()
	return classes, others, err
}

// naming renames the classes by one half of the samples and judges on the other. An order of labels that
// reaches no more than another preprocessing is none of training's: two colours exchanged may exchange two
// classes.
func naming(p *detector.Pass, split dataset.Split, now *prediction.Result, fed *finding.Measurement) error {
	names, others, err := Order(p.Case, split, now)
	if err != nil {
		return err
	}
	var a, b []bool
	var judged []int32
	for _, row := range others {
		l := now.Label[row]
		a, b, judged = append(a, names[now.Predicted[row]] == int(l)), append(b, now.Predicted[row] == l), append(judged, l)
	}
	if len(a) < least/2 {
		return statistic.Unavailable("too-few-samples", "%d samples to judge the order of labels on, want %d", len(a), least/2)
	}
	x, acc, err := compare(a, b, commonest(judged))
	if err != nil {
		return err
	}
	if acc[0] < renamed && x.Guard == "" {
		x.Guard = "no order of the labels makes the network good"
	}
	if fed != nil && fed.Guard == "" && x.Guard == "" {
		ci, err := reached(fed)
		if err != nil {
			return err
		}
		if acc[0] <= ci.High {
			x.Guard = "another preprocessing reaches as much"
		}
	}
	x.Place.Sites = []finding.Site{prediction.Site}
	x.Title = "Label order"
	x.Message = fmt.Sprintf("accuracy is %.1f %%; with the labels in the order %s it is %.1f %%", 100*acc[1], order(p, names), 100*acc[0])
	x.Evidence = fmt.Sprintf("renamed: %.1f \u2192 %.1f %%", 100*acc[1], 100*acc[0])
	x.Remedies = []finding.Remedy{{Treatment: "classes in the order of training", Risk: finding.Exact, Why: "the labels are numbered differently than in training; nothing in the network changes"}}
	p.Measure(x)
	return nil
}

// order lists the classes that a renaming changes: cat=3, dog=5.
func order(p *detector.Pass, names []int) string {
	var parts []string
	for output, class := range names {
		if output == class {
			continue
		}
		if len(parts) == 3 {
			parts = append(parts, "...")
			break
		}
		label := fmt.Sprint(class)
		if class < len(p.Case.Task.Classes) {
			label = p.Case.Task.Classes[class]
		}
		parts = append(parts, fmt.Sprintf("%s=%d", label, output))
	}
	return strings.Join(parts, ", ")
}
