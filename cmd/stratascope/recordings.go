package main

import (
	"context"
	"strings"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/graph"
)

// fitsRecording refuses what cannot be done to a recording: its samples are what they are.
func (j *job) fitsRecording() error {
	s := j.settings
	if s.data+s.train+s.val+s.test+s.deploy != "" {
		return usage("%s is a recording and holds its samples.", j.path).with("Without --data. Or check the ONNX file itself.")
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"preprocess", s.preprocess.Name != ""}, {"until", s.until != ""}, {"drop-duplicates", s.dropDuplicates}, {"redact", s.redact}, {"samples", s.samples > 0}} {
		if f.given {
			return usage("--%s does not go with a recording: %s holds values that were made without it.", f.name, j.path).with("Check the ONNX file itself, or record with it.")
		}
	}
	return nil
}

// openRecording opens a folder of layer values.
func (j *job) openRecording(ctx context.Context) error {
	s := j.settings
	e, err := j.pickEngine()
	if err != nil {
		return err
	}
	o := stratascope.RecordedOptions{Partial: s.partial, Live: stratascope.LiveOptions{Engine: e, Seed: s.seed, Workers: s.jobs, Memory: j.memoryLimit() / 2, Comparison: s.comparison}}
	if err := j.fitsRecording(); err != nil {
		return err
	}
	if _, kind, ok := strings.Cut(s.output, "="); ok {
		o.Kind = graph.Kind(kind)
	}
	if o.Live.Initial, o.Live.References, err = j.openOthers(ctx); err != nil {
		return err
	}
	r, err := stratascope.OpenRecording(ctx, j.path, o)
	if err != nil {
		return err
	}
	j.closers = append(j.closers, r.Recording)
	j.options.Memory = j.stateMemory()
	j.subject = r
	for _, n := range r.Recording.Notes() {
		j.hint("%s: %s", j.path, n)
	}
	return nil
}
