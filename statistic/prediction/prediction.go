// Package prediction holds what the network says of every sample: probabilities, the chosen class, the
// confidence and the loss. It is the input of all rules about outputs.
package prediction

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic"
)

// Statistic reads the outputs under every split.
var Statistic = &statistic.Replay[*Result]{
	Name: "prediction", Version: 1,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		var out []capture.Request
		for _, s := range c.Splits {
			out = append(out, capture.Request{View: View(s), Site: Site})
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		if err := Classifies(c); err != nil {
			return nil, err
		}
		var out []statistic.Key
		for _, s := range c.Splits {
			out = append(out, statistic.At(View(s), Site))
		}
		return out, nil
	},
	Compute: func(_ context.Context, e statistic.Env) (*Result, error) { return From(e.Case, e.Key.View) },
}

// Site is the network's output.
var Site = capture.Site{Layer: "output", Of: finding.Output}

// View is the view under which a split's outputs are read.
func View(s dataset.Split) capture.View { return capture.View{Split: s, Reduce: capture.Row} }

// Classifies returns why the outputs are not those of a classifier with labels, or nil.
func Classifies(c statistic.Case) error {
	switch {
	case c.Task.Kind == dataset.NoTask || c.Task.Kind == "":
		return statistic.Unavailable("no-labels", "the samples have no labels")
	case c.Task.Kind != dataset.Classification:
		return statistic.Unavailable("other-task", "the task is %s; this looks at classes", c.Task.Kind)
	case c.Output == "sigmoids" && single(c):
		return nil // the probability of the second of two classes
	case c.Output == "sigmoids" || c.Output == "values":
		return statistic.Unavailable("other-output", "the network gives %s, not one class a sample", c.Output)
	}
	return nil
}

// single reports whether the network gives one number a sample.
func single(c statistic.Case) bool {
	for _, l := range c.Layers {
		if l.Head {
			return l.Units == 1
		}
	}
	return false
}

// A Result is what the network says of the samples of a view.
type Result struct {
	N, Classes  int
	Probability []float64 // N x Classes
	Label       []int32   // -1 where a sample has none
	Predicted   []int32
	Confidence  []float64 // of the prediction
	Loss        []float64 // -log p of the label; NaN without label
	Finite      []bool    // whether the sample's outputs are finite; the rest has no prediction
}

// From reads the outputs that were kept under a view.
func From(c statistic.Case, v capture.View) (*Result, error) {
	m, err := capture.All(c.Source.Table(v, Site))
	if err != nil {
		return nil, err
	}
	samples := c.Source.Samples(v)
	if samples.Len() != m.N {
		return nil, fmt.Errorf("outputs of %d samples, want %d", m.N, samples.Len())
	}
	classes := m.D
	if classes == 1 {
		classes = 2
	}
	r := &Result{N: m.N, Classes: classes, Probability: make([]float64, m.N*classes), Label: make([]int32, m.N), Predicted: make([]int32, m.N),
		Confidence: make([]float64, m.N), Loss: make([]float64, m.N), Finite: make([]bool, m.N)}
	for i := range m.N {
		p := r.Probability[i*classes : (i+1)*classes]
		r.Label[i] = -1
		if samples.Labels != nil {
			r.Label[i] = samples.Labels[i]
		}
		r.Loss[i] = math.NaN()
		if r.Finite[i] = probabilities(p, m.Row(i), c.Output); !r.Finite[i] {
			r.Predicted[i] = -1
			continue
		}
		for k, q := range p {
			if q > p[r.Predicted[i]] {
				r.Predicted[i] = int32(k)
			}
		}
		r.Confidence[i] = p[r.Predicted[i]]
		if l := r.Label[i]; l >= 0 && int(l) < classes {
			r.Loss[i] = -math.Log(max(p[l], least))
		}
	}
	return r, nil
}

// least is the smallest probability that a loss is computed of; smaller ones are not told apart on every
// processor.
const least = 1e-300

// probabilities turns one row of outputs into probabilities and reports whether it is finite; the
// logarithm of an impossible class may be minus infinity. A single output is that of the second of two
// classes.
func probabilities(dst []float64, row []float32, kind string) bool {
	for _, v := range row {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 1) || math.IsInf(float64(v), -1) && kind != "log-probabilities" {
			return false
		}
	}
	if len(row) == 1 {
		p := float64(row[0])
		switch kind {
		case "probabilities", "sigmoids":
		case "log-probabilities":
			p = math.Exp(p)
		default:
			p = 1 / (1 + math.Exp(-p))
		}
		dst[0], dst[1] = 1-p, p
		return true
	}
	switch kind {
	case "probabilities":
		for k, v := range row {
			dst[k] = float64(v)
		}
	case "log-probabilities":
		for k, v := range row {
			dst[k] = math.Exp(float64(v))
		}
	default:
		return metric.Softmax(dst, row) == nil
	}
	return true
}

// Correct returns, for each sample that has a label and finite outputs, whether its prediction is right,
// with the sample's row.
func (r *Result) Correct() (right []bool, rows []int) {
	for i := range r.N {
		if r.Label[i] >= 0 && r.Finite[i] {
			right = append(right, r.Predicted[i] == r.Label[i])
			rows = append(rows, i)
		}
	}
	return right, rows
}

// Accuracy returns how many of how many labelled samples are right.
func (r *Result) Accuracy() (right, n int) {
	ok, _ := r.Correct()
	for _, v := range ok {
		if v {
			right++
		}
	}
	return right, len(ok)
}
