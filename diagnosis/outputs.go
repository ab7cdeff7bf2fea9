package diagnosis

import (
	"math"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Outputs sums up what the network says: accuracy and loss on each split, and on the samples held out
// the reliability diagram, the confusion matrix and each class's recall and precision. It is nil when
// there is nothing to sum up.
func Outputs(c statistic.Case, r *statistic.Results) *finding.Outputs {
	out := &finding.Outputs{}
	held, _ := c.Held()
	for _, split := range c.Splits {
		p, err := prediction.Statistic.At(r, prediction.View(split), prediction.Site)
		if err != nil {
			continue
		}
		out.Metrics = append(out.Metrics, metrics(split, p, c.Seed)...)
		if split == held {
			out.Reliability = reliability(p)
			out.Confusion, out.PerClass = perClass(p, c.Task.Classes)
		}
	}
	if len(out.Metrics) == 0 {
		return nil
	}
	return out
}

func metrics(split dataset.Split, p *prediction.Result, seed uint64) []finding.Metric {
	right, n := p.Accuracy()
	if n == 0 {
		return nil
	}
	acc := finding.Metric{Name: "accuracy", Split: string(split), Value: float64(right) / float64(n), N: n}
	if ci, err := infer.Wilson(right, n, 0.95); err == nil {
		acc.Low, acc.High = &ci.Low, &ci.High
	}
	out := []finding.Metric{acc}
	var losses []float64
	for _, l := range p.Loss {
		if !math.IsNaN(l) {
			losses = append(losses, l)
		}
	}
	if mean, err := metric.Mean(losses); err == nil {
		m := finding.Metric{Name: "cross-entropy", Split: string(split), Value: mean, N: len(losses)}
		// Losses are skewed and never negative; the bootstrap's interval is, too, which mean and error are not.
		if ci, err := infer.BootstrapMean(losses, infer.Bootstrap{Level: 0.95, Seed: infer.Seed(seed, "cross-entropy", string(split))}); err == nil {
			m.Low, m.High = &ci.Low, &ci.High
		}
		out = append(out, m)
	}
	return out
}

// reliability returns the bars of the diagram, each with its 95 % Wilson interval.
func reliability(p *prediction.Result) []finding.Bin {
	right, rows := p.Correct()
	conf := make([]float64, len(rows))
	for i, row := range rows {
		conf[i] = p.Confidence[row]
	}
	bins, err := metric.Reliability(conf, right, metric.Bins{})
	if err != nil {
		return nil
	}
	var out []finding.Bin
	for _, b := range bins {
		x := finding.Bin{Count: b.N, Confidence: b.Confidence, Accuracy: float64(b.Correct) / float64(b.N)}
		if ci, err := infer.Wilson(b.Correct, b.N, 0.95); err == nil {
			x.Low, x.High = ci.Low, ci.High
		}
		out = append(out, x)
	}
	return out
}

// perClass counts labels against predictions.
func perClass(p *prediction.Result, names []string) ([][]int, []finding.PerClass) {
	confusion := make([][]int, p.Classes)
	for c := range confusion {
		confusion[c] = make([]int, p.Classes)
	}
	predicted := make([]int, p.Classes)
	for i, l := range p.Label {
		if l >= 0 && int(l) < p.Classes && p.Finite[i] {
			confusion[l][p.Predicted[i]]++
			predicted[p.Predicted[i]]++
		}
	}
	var out []finding.PerClass
	for c := range confusion {
		n := 0
		for _, k := range confusion[c] {
			n += k
		}
		x := finding.PerClass{N: n}
		if c < len(names) {
			x.Class = clean(names[c])
		}
		if ci, err := infer.Wilson(confusion[c][c], n, 0.95); err == nil {
			x.Recall, x.RecallLow, x.RecallHigh = float64(confusion[c][c])/float64(n), ci.Low, ci.High
		}
		if predicted[c] > 0 {
			v := float64(confusion[c][c]) / float64(predicted[c])
			x.Precision = &v
		}
		out = append(out, x)
	}
	return confusion, out
}
