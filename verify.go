package stratascope

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/inputmismatch"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/trial"
	"github.com/stratascope/stratascope/tensor"
)

// A Verification is what a first look at a few samples says about how the network is fed (DAT-01).
type Verification struct {
	Outcome  detector.Outcome // of the rule, so that it need not run again
	N        int              // samples looked at
	Accuracy float64
	Classes  int
	Tried    []string            // names of the preprocessings that were compared, that in use among them
	Better   *dataset.Preprocess // a preprocessing that is significantly better
	Best     float64             // its accuracy
	Doubt    string              // which others it is not clearly better than, "" if none
	Renamed  string              // what the rule says of the order of labels, if another one is significantly better
	Order    []string            // then: the labels in the order of the network's outputs
}

// few shows the first samples of each view only.
type few struct{ all *live.Samples }

// Offers, Read, Alternatives and Fingerprint are those of all samples.
func (f few) Offers(v capture.View) error { return f.all.Offers(v) }
func (f few) Read(ctx context.Context, v capture.View, lo, hi int) (map[string]tensor.Tensor, error) {
	return f.all.Read(ctx, v, lo, hi)
}
func (f few) Alternatives() []string { return f.all.Alternatives() }
func (f few) Fingerprint(v capture.View, row int) ([32]byte, error) {
	return f.all.Fingerprint(v, row)
}

// Samples returns the first samples of a view.
func (f few) Samples(v capture.View) capture.Samples {
	s := f.all.Samples(v)
	n := min(live.Trial, s.Len())
	s.IDs, s.Hashes = s.IDs[:n], s.Hashes[:n]
	if s.Labels != nil {
		s.Labels = s.Labels[:n]
	}
	for name, g := range s.Groups {
		s.Groups[name] = g[:n]
	}
	return s
}

// Verify runs the network on a few samples, as they are fed and under the usual other preprocessings. It
// is nil where there is nothing to compare: no labels, no classes, too few samples.
func (r *Run) Verify(ctx context.Context, o Options) (*Verification, error) {
	held, ok := r.Case.Held()
	if !ok || prediction.Classifies(r.Case) != nil {
		return nil, nil
	}
	src := r.source(few{r.Samples}, nil)
	c := r.caseOf(src, []dataset.Split{held})
	d := o.anchored(inputmismatch.Detector)
	var res *statistic.Results
	var outcome detector.Outcome
	// The rule asks for normalisations only where another preprocessing is better: then the layers are read, too.
	for _, needs := range [][]statistic.Any{{prediction.Statistic, trial.Statistic}, inputmismatch.Detector.Needs} {
		var err error
		if res, err = statistic.Collect(ctx, c, needs, statistic.Options{Memory: o.Memory, Progress: o.Progress}); err != nil {
			return nil, fmt.Errorf("looking at the first samples: %w", err)
		}
		if outcome = detector.Run(d, c, res, o.Settings[d.Name]); !promising(outcome) {
			break
		}
	}
	now, err := prediction.Statistic.At(res, prediction.View(held), prediction.Site)
	if err != nil {
		return nil, nil
	}
	v := &Verification{Outcome: outcome, Classes: now.Classes}
	right, n := now.Accuracy()
	v.N, v.Accuracy = n, share(right, n)
	input, output := v.worse(d)
	if input != nil {
		r.better(v, c, res, input)
	}
	if output != nil {
		v.Renamed = output.Message
		classes, _, err := inputmismatch.Order(c, held, now)
		if err != nil {
			return nil, err
		}
		for _, class := range classes {
			v.Order = append(v.Order, r.set.Label(class))
		}
	}
	return v, nil
}

// promising reports whether another preprocessing is better.
func promising(o detector.Outcome) bool {
	return slices.ContainsFunc(o.Measurements, func(m finding.Measurement) bool {
		return m.Guard == "" && len(m.Place.Sites) > 0 && m.Place.Sites[0].Of == finding.Input
	})
}

// better puts in the preprocessing that a measurement names, and what was compared with it.
func (r *Run) better(v *Verification, c statistic.Case, res *statistic.Results, m *finding.Measurement) {
	_, v.Tried = r.set.Alternatives()
	for i, name := range trial.Names(c) {
		other, err := trial.Statistic.At(res, trial.View(c.Splits[0], i), prediction.Site)
		if err != nil {
			continue
		}
		v.Tried = append(v.Tried, name)
		if p, ok := r.Samples.Alternative(i + 1); ok && len(m.Remedies) > 0 && m.Remedies[0].Treatment == inputmismatch.Treatment(name) {
			right, n := other.Accuracy()
			v.Best, v.Better, v.Doubt = share(right, n), &p, strings.Join(m.Caveats, "; ")
		}
	}
}

// FirstLook returns how many samples Verify runs.
func (r *Run) FirstLook() int {
	held, ok := r.Case.Held()
	if !ok || prediction.Classifies(r.Case) != nil {
		return 0
	}
	n := min(live.Trial, r.Samples.Samples(prediction.View(held)).Len())
	views := 1
	for i := range r.Samples.Alternatives() {
		if r.Source.Offers(trial.View(held, i), prediction.Site) == nil {
			views++
		}
	}
	return n * views
}

func share(k, n int) float64 { return float64(k) / float64(max(1, n)) }

// worse returns what the rule found significant: another preprocessing, another order of labels; nil
// where it found none.
func (v *Verification) worse(d *detector.Detector) (input, output *finding.Measurement) {
	of := func(q finding.Quantity) *finding.Measurement {
		var out *finding.Measurement
		for i := range v.Outcome.Measurements {
			m := &v.Outcome.Measurements[i]
			if m.Guard == "" && m.Low >= d.Anchors.Minor && len(m.Place.Sites) > 0 && m.Place.Sites[0].Of == q && (out == nil || m.Effect > out.Effect) {
				out = m
			}
		}
		return out
	}
	return of(finding.Input), of(finding.Output)
}
