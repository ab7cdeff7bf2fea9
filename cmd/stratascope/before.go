package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/inputmismatch"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/report"
)

// inputs says what was understood of the inputs.
func (j *job) inputs() error {
	d := j.subject.Describe()
	if j.settings.format == "json" {
		return nil
	}
	return report.WriteInputs(j.out, &d, j.terminal())
}

// estimate is how long a plan takes at the nominal speed, on the cores that are used.
func (j *job) estimate(p stratascope.Plan) time.Duration {
	return time.Duration(p.Operations / stratascope.NominalSpeed * float64(time.Second)).Round(time.Second)
}

func about(d time.Duration) string {
	if d < time.Minute {
		return "under a minute"
	}
	return "about " + span(d)
}

// cost says in one line what the work will take, and stops if there is no room for it.
func (j *job) cost(p stratascope.Plan) error {
	if j.set != nil {
		j.hint("  inputs    %s; the network gives %s", j.set, j.live.Result.Model.Output)
	}
	if j.same > 0 {
		j.hint("  dropped   %s, also in training", count(j.same, "sample", "samples"))
	}
	if j.settings.verbose {
		for _, n := range j.subject.Describe().Run.Notes {
			j.hint("  note      %s", n)
		}
	}
	if len(p.Passes) == 0 {
		return nil // weights alone: nothing is run
	}
	room := fmt.Sprintf("%s of memory, %s on disk", size(p.Memory), size(p.Rows()))
	if j.cache == nil {
		room = size(p.Memory+p.Rows()) + " of memory"
	}
	j.hint("  work      %s, %s, %s, %s", count(p.Samples(), "sample", "samples"), count(len(p.Passes), "pass", "passes"), about(j.estimate(p)), room)
	return j.room(p)
}

// room compares the rows to be kept with the space there is.
func (j *job) room(p stratascope.Plan) error {
	if j.cache == nil {
		return nil
	}
	dir, err := j.cacheFolder()
	if err != nil {
		return nil
	}
	if free, ok := freeSpace(dir); ok {
		return enough(p.Rows(), free)
	}
	return nil
}

// enough returns the message about rows that do not fit, nil if they do.
func enough(need, free int64) error {
	if need <= free {
		return nil
	}
	return outOfSpace(need, free, 1)
}

// full says of a run that a full disk ended what it needed and at which layer it stopped.
func (j *job) full(p stratascope.Plan, err error) error {
	var no *stratascope.NoSpaceError
	if !errors.As(err, &no) {
		return err
	}
	layer := 1
	for _, l := range j.subject.Describe().Layers {
		if l.Name == no.Layer {
			layer = l.Index
		}
	}
	free := int64(0)
	if dir, err := j.cacheFolder(); err == nil {
		free, _ = freeSpace(dir)
	}
	return outOfSpace(p.Rows(), free, layer)
}

func outOfSpace(need, free int64, layer int) *failure {
	return noSpace(fmt.Sprintf("features need %s in the cache, %s free. Stopped before layer %d.", size(need), size(free), layer), true)
}

// explainPlan writes what would be done.
func (j *job) explainPlan(p stratascope.Plan) error {
	if err := j.inputs(); err != nil {
		return err
	}
	if w, ok := j.subject.(*stratascope.Weights); ok {
		_, err := fmt.Fprintf(j.out, "\n  There is no network to run: %d of %d rules look at the weights.\n", w.Enough(j.options), len(j.rules))
		return err
	}
	fmt.Fprintf(j.out, "\n  %-28s %8s %6s %7s %10s\n", "pass", "samples", "sites", "states", "rows kept")
	for _, x := range p.Passes {
		fmt.Fprintf(j.out, "  %-28s %8s %6s %7s %10s\n", x.View, grouped(x.Samples), grouped(x.Sites), grouped(x.States), size(x.Rows))
	}
	fmt.Fprintf(j.out, "\n  %s on kept rows, then %s.\n", count(p.Replays, "computation", "computations"), count(len(j.rules), "rule", "rules"))
	if j.verifies() {
		fmt.Fprintf(j.out, "  Before that, %d samples are shown under %s.\n", few, count(1+len(j.live.Samples.Alternatives()), "preprocessing", "preprocessings"))
	}
	fmt.Fprintf(j.out, "  Stored normalisations that are off are estimated anew: two passes more.\n")
	_, err := fmt.Fprintf(j.out, "  In all %.0f Gop, %s, %s of memory, %s on disk. Nothing was run.\n", p.Operations/1e9, about(j.estimate(p)), size(p.Memory), size(p.Rows()))
	return err
}

// few is how many samples a first look takes.
const few = 256

// verifies reports whether the rule that compares preprocessings is to run.
func (j *job) verifies() bool {
	for _, r := range j.rules {
		if r.Code == inputmismatch.Detector.Code {
			return j.live != nil
		}
	}
	return false
}

// verify looks at a few samples first and stops if the network is fed differently than in training.
func (j *job) verify(ctx context.Context) error {
	if !j.verifies() {
		return nil
	}
	o := j.options
	o.Progress = j.progress.first
	v, err := j.live.Verify(ctx, o)
	if err != nil || v == nil {
		return err
	}
	j.options.Known = []detector.Outcome{v.Outcome}
	if j.settings.acceptMismatch {
		return nil
	}
	return j.mismatch(v)
}

// called are what messages call the preprocessings that were tried, and the best one, in the order in which
// they are listed.
var called = []struct{ name, tried, best string }{{"imagenet", "imagenet", "imagenet"}, {"0-1", "0-1", "0-1"}, {"-1-1", "-1-1", "-1-1"},
	{"bgr", "BGR", "BGR 0-1"}, {"bgr255", "BGR", "BGR 0-255"}, {"0-255", "0-255", "0-255"}, {"none", "as stored", "values as stored"}, {"standard", "own mean and sd", "own mean and sd"}}

// mismatch is the message about a network that is fed differently than in training.
func (j *job) mismatch(v *stratascope.Verification) error {
	tried, best := told(v)
	switch {
	case v.Renamed != "":
		what := "labels"
		if j.set.Folders {
			what = "class folders"
		}
		f := input("%s. The %s are numbered differently than in training.", v.Renamed, what)
		name, err := j.writeOrder(v.Order)
		if err != nil {
			f.with(fmt.Sprintf("The order could not be written to %s: %v. Elsewhere: --out DIR.", j.settings.out, reason(err)))
		} else {
			f.with(fmt.Sprintf("Use it: --classes %s.", name))
		}
		if v.Better != nil {
			f.with(fmt.Sprintf("Or they are not, and the preprocessing is another: %s, --preprocess %s.", best, v.Better.Name))
		}
		return f
	case v.Better != nil:
		return input("accuracy is %.1f %% on %d classes, chance is %.1f %%. The model is fed differently than in training.", 100*v.Accuracy, v.Classes, 100/float64(v.Classes)).
			with(fmt.Sprintf("Tried on %d samples: %s. Best: %s. Use it: --preprocess %s. Diagnose as it is: --accept-mismatch.", v.N, tried, best, v.Better.Name))
	}
	return nil
}

// told lists what was tried and says how good the best of them is, and what may be as good.
func told(v *stratascope.Verification) (tried, best string) {
	var names []string
	for _, c := range called {
		if slices.Contains(v.Tried, c.name) {
			names = append(names, c.tried)
		}
		if v.Better != nil && c.name == v.Better.Name {
			best = fmt.Sprintf("%s with %.1f %%", c.best, 100*v.Best)
		}
	}
	if v.Doubt != "" {
		best += ", " + v.Doubt
	}
	return strings.Join(slices.Compact(names), ", "), best
}

// writeOrder writes the labels in the order of the network's outputs to classes.txt, for --classes, or
// to the next such name that is free or holds just that, and returns the file's name.
func (j *job) writeOrder(labels []string) (string, error) {
	if err := os.MkdirAll(j.settings.out, 0o755); err != nil {
		return "", err
	}
	text := []byte(strings.Join(labels, "\n") + "\n")
	for i := 1; ; i++ {
		name := filepath.Join(j.settings.out, "classes.txt")
		if i > 1 {
			name = filepath.Join(j.settings.out, fmt.Sprintf("classes-%d.txt", i))
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			if held, err := os.ReadFile(name); err == nil && bytes.Equal(held, text) {
				return name, nil
			}
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(text)
		return name, errors.Join(err, f.Close())
	}
}

// noun is what messages call the samples.
func (j *job) noun() string {
	if j.live != nil && j.live.Pictures() {
		return "images"
	}
	return "samples"
}

// mistakes says what the diagnosis found about the data, with what to do.
func (j *job) mistakes(d *finding.Diagnosis) {
	if w, ok := j.subject.(*stratascope.Weights); ok {
		j.warn("%s holds weights but no network. %d of %d rules need no more and were run.", filepath.Base(j.path), w.Enough(j.options), len(j.rules))
		return
	}
	for _, m := range dataMistakes(d, j.noun(), j.set != nil && j.set.SplitMade) {
		m.report(j.err, j.logFormat == "json")
	}
}
