// Package probe fits a linear reader to each layer: a ridge regression to the labels, which gives a
// layer the training and validation error that it does not have by itself (METHODS 6.1).
package probe

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/duplicates"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Statistic fits a probe to every layer. It is fitted on half of the training samples, T1, and scored
// on the other half, T2, which the network has seen and the probe has not, and on the samples held
// out: the probe's own overfitting is in neither. Without training samples it is cross-fitted within
// those held out.
var Statistic = &statistic.Replay[*Result]{
	Name: "probe", Version: 2,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		var out []capture.Request
		if prediction.Classifies(c) != nil {
			return nil
		}
		for _, l := range c.Layers {
			for _, s := range c.Splits {
				out = append(out, capture.Request{View: View(s), Site: finding.Site{Layer: l.Name, Of: finding.Activation}})
			}
		}
		if duplicates.Narrow(c) {
			for _, s := range c.Splits {
				out = append(out, capture.Request{View: duplicates.FlatView(s), Site: duplicates.Input})
			}
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		if err := prediction.Classifies(c); err != nil {
			return nil, err
		}
		held, ok := c.Held()
		if !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		var out []statistic.Key
		for _, l := range c.Layers {
			out = append(out, statistic.At(View(held), finding.Site{Layer: l.Name, Of: finding.Activation}))
		}
		if duplicates.Narrow(c) {
			out = append(out, statistic.At(duplicates.FlatView(held), duplicates.Input))
		}
		return out, nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		width := duplicates.Width(e.Case)
		for _, l := range e.Case.Layers {
			if l.Name == e.Key.A.Layer {
				width = l.Units
			}
		}
		d, n := int64(width), min(wide, int64(e.Samples().Len()))
		if d <= n {
			return statistic.Cost{Bytes: 8 * (d*d + capture.Strip*d)}
		}
		return statistic.Cost{Bytes: 8 * (n*n + n*d)}
	},
	Compute: func(_ context.Context, e statistic.Env) (*Result, error) { return Of(e) },
}

// View is the view whose rows the probes read.
func View(s dataset.Split) capture.View { return capture.View{Split: s, Reduce: capture.Row} }

// At returns the probe of a layer, or why there is none.
func At(c statistic.Case, r *statistic.Results, layer string) (*Result, error) {
	held, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, View(held), finding.Site{Layer: layer, Of: finding.Activation})
}

// Baseline returns the probe of the whole input: what a linear model reads without the network.
func Baseline(c statistic.Case, r *statistic.Results) (*Result, error) {
	held, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, duplicates.FlatView(held), duplicates.Input)
}

// perClass is the number of samples a class needs in the part a probe is fitted on (METHODS 2).
const perClass = 10

// A Result is what the probe of one layer reads.
type Result struct {
	Train   Score   // on T2: seen by the network, not by the probe; empty without training samples
	Held    Score   // on the samples held out
	Penalty float64 // chosen by generalised cross-validation
	Units   int
}

// A Score is the probe's answers on some samples.
type Score struct {
	Rows  []int // of the view, of samples with a label and finite values
	Right []bool
	Label []int32
	Class []int32 // predicted
}

// Accuracy returns how many of how many answers are right.
func (s Score) Accuracy() (right, n int) {
	for _, ok := range s.Right {
		if ok {
			right++
		}
	}
	return right, len(s.Right)
}

// Of fits and scores the probe of a layer under the view of a key, which may name another network.
func Of(e statistic.Env) (*Result, error) {
	held, err := read(e, e.Key.View.Split)
	if err != nil {
		return nil, err
	}
	if e.Case.Has(dataset.Train) && e.Key.View.Split != dataset.Train {
		return crossFitted(e, held)
	}
	return folded(e, held)
}

// crossFitted fits on T1 and scores on T2 and on the samples held out.
func crossFitted(e statistic.Env, held rows) (*Result, error) {
	train, err := read(e, dataset.Train)
	if err != nil {
		return nil, err
	}
	t1, t2 := train.halves(e.Case.Seed)
	m, err := fit(t1, e.Case.Classes)
	if err != nil {
		return nil, err
	}
	r := &Result{Penalty: m.penalty, Units: held.D}
	if r.Train, err = m.score(t2); err != nil {
		return nil, err
	}
	r.Held, err = m.score(held)
	return r, err
}

// folded fits on each half of the samples held out and scores on the other.
func folded(e statistic.Env, held rows) (*Result, error) {
	a, b := held.halves(e.Case.Seed)
	ma, err := fit(a, e.Case.Classes)
	if err != nil {
		return nil, err
	}
	mb, err := fit(b, e.Case.Classes)
	if err != nil {
		return nil, err
	}
	s, err := mb.score(a)
	if err != nil {
		return nil, err
	}
	t, err := ma.score(b)
	if err != nil {
		return nil, err
	}
	return &Result{Held: merged(s, t), Penalty: ma.penalty, Units: held.D}, nil
}

// merged joins two scores in the order of their rows.
func merged(a, b Score) Score {
	var out Score
	i, j := 0, 0
	for i < len(a.Rows) || j < len(b.Rows) {
		s, k := &a, &i
		if i == len(a.Rows) || j < len(b.Rows) && b.Rows[j] < a.Rows[i] {
			s, k = &b, &j
		}
		out.Rows, out.Right = append(out.Rows, s.Rows[*k]), append(out.Right, s.Right[*k])
		out.Label, out.Class = append(out.Label, s.Label[*k]), append(out.Class, s.Class[*k])
		*k++
	}
	return out
}

// rows are the samples of one split that have a label and finite values.
type rows struct {
	capture.Table
	label []int32
	at    []int // row of the view
	hash  []uint64
}

func read(e statistic.Env, split dataset.Split) (rows, error) {
	v := e.Key.View
	v.Split = split
	t, err := e.Case.Source.Table(v, e.Key.A)
	if err != nil {
		return rows{}, err
	}
	s := e.Case.Source.Samples(v)
	if s.Labels == nil {
		return rows{}, statistic.Unavailable("no-labels", "the %s samples have no labels", split)
	}
	if s.Len() != t.N {
		return rows{}, fmt.Errorf("layer %s: %d rows for %d samples", e.Key.A.Layer, t.N, s.Len())
	}
	finite, err := t.Finite()
	if err != nil {
		return rows{}, err
	}
	all := rows{t, s.Labels, nil, s.Hashes}
	for i := range t.N {
		all.at = append(all.at, i)
	}
	return all.some(slices.DeleteFunc(finite, func(i int) bool { return s.Labels[i] < 0 || int(s.Labels[i]) >= e.Case.Classes })), nil
}

// some returns the rows named.
func (r rows) some(at []int) rows {
	out := rows{Table: r.Select(at)}
	for _, i := range at {
		out.label, out.at, out.hash = append(out.label, r.label[i]), append(out.at, r.at[i]), append(out.hash, r.hash[i])
	}
	return out
}

// halves splits each class in two by the hash of the samples' ids: a class of 20 has 10 in either half.
func (r rows) halves(seed uint64) (a, b rows) {
	s := infer.Seed(seed, "probe")
	order := make([]int, r.N)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(infer.SampleHash(s, r.hash[i]), infer.SampleHash(s, r.hash[j]))
	})
	var half [2][]int
	seen := map[int32]int{}
	for _, i := range order {
		k := seen[r.label[i]] % 2
		half[k] = append(half[k], i)
		seen[r.label[i]]++
	}
	for _, h := range half {
		slices.Sort(h)
	}
	return r.some(half[0]), r.some(half[1])
}
