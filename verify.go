package stratascope

import (
	"context"
	"fmt"

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
	Tried    []string            // names of the preprocessings that could be shown
	Better   *dataset.Preprocess // a preprocessing that is significantly better
	Best     float64             // its accuracy
	Renamed  string              // what the rule says of the order of labels, if another one is significantly better
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
	res, err := statistic.Collect(ctx, c, inputmismatch.Detector.Needs, statistic.Options{Memory: o.Memory, Progress: o.Progress})
	if err != nil {
		return nil, fmt.Errorf("looking at the first samples: %w", err)
	}
	now, err := prediction.Statistic.At(res, prediction.View(held), prediction.Site)
	if err != nil {
		return nil, nil
	}
	d := o.anchored(inputmismatch.Detector)
	v := &Verification{Outcome: detector.Run(d, c, res, o.Settings[d.Name]), Classes: now.Classes}
	right, n := now.Accuracy()
	v.N, v.Accuracy = n, share(right, n)
	for i, name := range trial.Names(c) {
		other, err := trial.Statistic.At(res, trial.View(held, i), prediction.Site)
		if err != nil {
			continue
		}
		v.Tried = append(v.Tried, name)
		ok, of := other.Accuracy()
		if a := share(ok, of); a > v.Best {
			p, _ := r.Samples.Alternative(i + 1)
			v.Best, v.Better = a, &p
		}
	}
	v.judge(d)
	return v, nil
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

// judge keeps what the rule found significant: another preprocessing, or another order of labels.
func (v *Verification) judge(d *detector.Detector) {
	worse := func(of finding.Quantity) *finding.Measurement {
		var out *finding.Measurement
		for i := range v.Outcome.Measurements {
			m := &v.Outcome.Measurements[i]
			if m.Guard == "" && m.Low >= d.Anchors.Minor && len(m.Place.Sites) > 0 && m.Place.Sites[0].Of == of {
				if out == nil || m.Effect > out.Effect {
					out = m
				}
			}
		}
		return out
	}
	input, output := worse(finding.Input), worse(finding.Output)
	if output != nil && input != nil && output.Details["reached"] > input.Details["reached"] {
		input = nil // the order of labels explains more than any preprocessing
	}
	if input == nil {
		v.Better, v.Best = nil, 0
	}
	if output != nil {
		v.Renamed = output.Message
	}
}
