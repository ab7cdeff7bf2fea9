//go:generate go run ./internal/gen/rules

// Package stratascope examines trained networks: it finds structural flaws, says where they are and how
// bad, and what would help. This package composes the others and has no logic of its own: a source of
// values (capture), statistics over it (statistic), rules (detector), their judgement (diagnosis).
package stratascope

import (
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/detector/leakage"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/clusters"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Options of a diagnosis; the zero value runs all rules.
type Options struct {
	Detectors []*detector.Detector       // nil for all
	Culprit   bool                       // name the cause although Detectors says which rules to run
	Settings  map[string]any             // by rule name, as Detector.Settings returns them
	Anchors   map[string]finding.Anchors // by rule name, where they differ from the rule's own
	Known     []detector.Outcome         // of rules that ran before; they are not run again
	Memory    int64                      // most bytes the states of statistics may hold; 0 is no limit
	Progress  func(stage string, done, total int)
	Store     statistic.Store // keeps states, so that an interrupted run can go on
}

// detectors returns the rules to run, with the user's anchors.
func (o Options) detectors() []*detector.Detector {
	ds := o.Detectors
	if ds == nil {
		ds = all.Detectors()
	}
	out := make([]*detector.Detector, len(ds))
	for i, d := range ds {
		out[i] = o.anchored(d)
	}
	return out
}

// culprit reports whether the cause is asked for.
func (o Options) culprit() bool { return o.Culprit || o.Detectors == nil }

// anchored returns a rule with the user's anchors.
func (o Options) anchored(d *detector.Detector) *detector.Detector {
	a, ok := o.Anchors[d.Name]
	if !ok {
		return d
	}
	c := *d
	c.Anchors = a
	return &c
}

// known returns what a rule that ran before found out.
func (o Options) known(code string) (detector.Outcome, bool) {
	for _, k := range o.Known {
		if k.Detector.Code == code {
			return k, true
		}
	}
	return detector.Outcome{}, false
}

// Needs returns the statistics a diagnosis collects: those of its rules, and those the result shows. How the samples of
// a layer group is told where all rules run.
func (o Options) Needs() []statistic.Any {
	want := []statistic.Any{prediction.Statistic, pairs.Statistic, pairs.Asked}
	for _, d := range o.detectors() {
		if _, ok := o.known(d.Code); !ok {
			want = append(want, d.Needs...)
		}
	}
	if o.Detectors == nil {
		want = append(want, clusters.Statistic)
	}
	if o.culprit() {
		want = append(want, diagnosis.CulpritNeeds()...)
	}
	return want
}

// Diagnose collects what the rules need, runs them and judges what they measured. The caller fills in
// what only it knows: the run, the model's and the data's names.
func Diagnose(ctx context.Context, c statistic.Case, o Options) (finding.Diagnosis, error) {
	r, err := statistic.Collect(ctx, c, o.needed(c), statistic.Options{Memory: o.Memory, Progress: o.Progress, Store: o.Store})
	if err != nil {
		return finding.Diagnosis{}, fmt.Errorf("collecting statistics: %w", err)
	}
	healthy, notes, err := population(ctx, c, o)
	if err != nil {
		return finding.Diagnosis{}, fmt.Errorf("examining references: %w", err)
	}
	d := judge(c, r, o, healthy)
	d.Run.Notes = append(d.Run.Notes, notes...)
	if o.culprit() {
		culprit := diagnosis.NameCulprit(c, r, healthy)
		if err := culprit.Confirm(c, patcher(ctx, c, o)); err != nil {
			return d, fmt.Errorf("putting a reference's values in: %w", err)
		}
		culprit.Tell(&d)
	}
	return d, nil
}

// Judge runs the rules over finished statistics, without the network.
func Judge(c statistic.Case, r *statistic.Results, o Options) finding.Diagnosis {
	d := judge(c, r, o, nil)
	if o.culprit() {
		diagnosis.NameCulprit(c, r, nil).Tell(&d)
	}
	return d
}

// judge runs the rules; healthy is what they found on reference networks.
func judge(c statistic.Case, r *statistic.Results, o Options, healthy diagnosis.Population) finding.Diagnosis {
	var outcomes []detector.Outcome
	ds := o.detectors()
	for i, d := range ds {
		out, ok := o.known(d.Code)
		switch {
		case !ok && d.Family == fitFamily && leaks(outcomes):
			out = detector.Outcome{Detector: d, Skipped: []detector.Skipped{{Code: "overlap", Why: "samples held out are also in training", Needs: "--drop-duplicates"}}}
		case !ok:
			out = detector.Run(d, c, r, o.Settings[d.Name])
		}
		outcomes = append(outcomes, out)
		if o.Progress != nil {
			o.Progress("rules", i+1, len(ds))
		}
	}
	d := diagnosis.Diagnose(diagnosis.Against(outcomes, healthy), c.Layers)
	if p, err := pairs.Get(c, r); err == nil {
		asked, _ := pairs.GetAsked(c, r) // none where nothing was asked, or where there is no similarity at all
		d.Similarity = diagnosis.Similarity(p, asked)
	} else {
		_, why := statistic.Reason(err)
		d.Run.Notes = append(d.Run.Notes, "layers are not compared: "+why)
	}
	d.Links = diagnosis.Links(c, r, healthy)
	d.Clusters = diagnosis.Clusters(c, r)
	d.Outputs = diagnosis.Outputs(c, r)
	return d
}

// joined is what made a result, with what the rules note beside what importing found.
func joined(r finding.Run, notes []string) finding.Run {
	r.Notes = append(slices.Clone(r.Notes), notes...)
	return r
}

// fitFamily are the rules that compare samples seen in training with others.
const fitFamily = "fit"

// leaks reports whether so many samples held out are also in training, byte for byte, that the rules of
// fit would lie (METHODS 2). Inputs stand before fit in the catalogue.
func leaks(outcomes []detector.Outcome) bool {
	for _, o := range outcomes {
		if o.Detector.Code != leakage.Detector.Code {
			continue
		}
		for _, m := range o.Measurements {
			if m.Effect >= o.Detector.Anchors.Minor {
				return true
			}
		}
	}
	return false
}
