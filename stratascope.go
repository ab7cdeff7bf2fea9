//go:generate go run ./internal/gen/rules

// Package stratascope examines trained networks: it finds structural flaws, says where they are and how
// bad, and what would help. This package composes the others and has no logic of its own: a source of
// values (capture), statistics over it (statistic), rules (detector), their judgement (diagnosis).
package stratascope

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Options of a diagnosis; the zero value runs all rules.
type Options struct {
	Detectors []*detector.Detector       // nil for all
	Settings  map[string]any             // by rule name, as Detector.Settings returns them
	Anchors   map[string]finding.Anchors // by rule name, where they differ from the rule's own
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
		out[i] = d
		if a, ok := o.Anchors[d.Name]; ok {
			c := *d
			c.Anchors = a
			out[i] = &c
		}
	}
	return out
}

// Needs returns the statistics a diagnosis collects: those of its rules, and those the result shows.
func (o Options) Needs() []statistic.Any {
	want := []statistic.Any{prediction.Statistic, pairs.Statistic}
	for _, d := range o.detectors() {
		want = append(want, d.Needs...)
	}
	return want
}

// Diagnose collects what the rules need, runs them and judges what they measured. The caller fills in
// what only it knows: the run, the model's and the data's names.
func Diagnose(ctx context.Context, c statistic.Case, o Options) (finding.Diagnosis, error) {
	r, err := statistic.Collect(ctx, c, o.Needs(), statistic.Options{Memory: o.Memory, Progress: o.Progress, Store: o.Store})
	if err != nil {
		return finding.Diagnosis{}, fmt.Errorf("collecting statistics: %w", err)
	}
	return Judge(c, r, o), nil
}

// Judge runs the rules over finished statistics, without the network.
func Judge(c statistic.Case, r *statistic.Results, o Options) finding.Diagnosis {
	var outcomes []detector.Outcome
	for _, d := range o.detectors() {
		outcomes = append(outcomes, detector.Run(d, c, r, o.Settings[d.Name]))
	}
	d := diagnosis.Diagnose(outcomes, c.Layers)
	if p, err := pairs.Get(c, r); err == nil {
		d.Similarity = diagnosis.Similarity(p)
	}
	d.Outputs = diagnosis.Outputs(c, r)
	return d
}
