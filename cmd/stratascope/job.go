package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture/recording"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
)

// A subject is what is diagnosed: a network that is run, a recording, or weights alone.
type subject interface {
	Plan(context.Context, stratascope.Options) (stratascope.Plan, error)
	Diagnose(context.Context, stratascope.Options) (finding.Diagnosis, error)
	Describe() finding.Diagnosis // the run and the layers, before anything is known
}

// A job is one check.
type job struct {
	*program
	path    string // of the input
	rules   []*detector.Detector
	options stratascope.Options

	subject  subject
	engine   engine.Engine
	live     *stratascope.Run // nil for a recording
	set      *dataset.Set     // likewise
	cache    *stratascope.Cache
	closers  []io.Closer
	progress *progress
	result   *finding.Diagnosis
	earlier  *finding.Diagnosis // of --baseline
	started  time.Time
	unkept   bool // nothing is kept for --resume
	same     int  // held-out samples that are also in training, left out
	last     int  // number of the layer at which the network was cut, 0 if it was not
}

// open opens the input, by what it is.
func (j *job) open(ctx context.Context) error {
	j.started = time.Now()
	st, err := os.Stat(j.path)
	if err != nil {
		return input("%s: %v", j.path, reason(err))
	}
	if st.IsDir() {
		return j.openRecording(ctx)
	}
	alone, err := weightsAlone(j.path)
	switch {
	case err != nil:
		return err
	case alone:
		return j.openWeights(ctx)
	}
	return j.openModel(ctx)
}

// openNetwork reads an ONNX file whose weights the memory allowed holds.
func (p *program) openNetwork(ctx context.Context, path string) (*stratascope.Model, error) {
	m, err := stratascope.OpenModelWithin(ctx, path, p.memoryLimit())
	if !errors.Is(err, onnx.ErrDamaged) {
		return m, err
	}
	held := 0
	if st, err := os.Stat(path); err == nil {
		held = int(st.Size())
	}
	return nil, input("%s: %s that are cut short, damaged or no ONNX network.", path, count(held, "byte", "bytes")).
		with("Copy or export it again and compare the sizes. Detail: " + err.Error())
}

func (j *job) openModel(ctx context.Context) error {
	m, err := j.openNetwork(ctx, j.path)
	if err != nil {
		return err
	}
	if j.engine, err = j.pickEngine(); err != nil {
		return err
	}
	if m, err = j.cut(ctx, m); err != nil {
		return err
	}
	if err := j.answer(m); err != nil {
		return err
	}
	if j.set, err = j.openData(m); err != nil {
		return err
	}
	j.closers = append(j.closers, j.set)
	o := stratascope.LiveOptions{Engine: j.engine, Seen: j.settings.seen != "", Seed: j.settings.seed, Workers: j.settings.jobs, Memory: j.memoryLimit() / 2, Samples: j.settings.samples,
		Preprocess: j.settings.preprocess.Preprocess, Comparison: j.settings.comparison}
	o.Alternatives, _ = j.set.Alternatives()
	if o.Initial, o.References, err = j.openOthers(ctx); err != nil {
		return err
	}
	j.options.Memory = j.stateMemory()
	return j.bind(m, o)
}

// openOthers opens the network before training and the references, cut as the network itself was.
func (j *job) openOthers(ctx context.Context) (initial *stratascope.Model, references []*stratascope.Model, err error) {
	for _, path := range append([]string{j.settings.initial}, j.settings.references...) {
		var m *stratascope.Model
		if path != "" {
			if m, err = j.openNetwork(ctx, path); err != nil {
				return nil, nil, err
			}
			if layers := m.Graph.Layers; j.last > 0 && j.last < len(layers) {
				if m, err = m.Until(layers[j.last-1].Name); err != nil {
					return nil, nil, err
				}
			}
		}
		references = append(references, m)
	}
	return references[0], references[1:], nil
}

// sums are the hashes of networks, for the identity of a run; "" where there is none.
func sums(of []*stratascope.Model) []string {
	out := make([]string, len(of))
	for i, m := range of {
		if m != nil {
			out[i] = m.SHA256
		}
	}
	return out
}

// bind chooses the samples, opens the cache and makes the run.
func (j *job) bind(m *stratascope.Model, o stratascope.LiveOptions) error {
	set := j.set
	if j.settings.dropDuplicates {
		var err error
		if set, j.same, err = stratascope.DropDuplicates(set); err != nil {
			return err
		}
	}
	if j.settings.redact {
		set, m.Name = stratascope.Redact(set), "model"
		for i, r := range o.References {
			r.Name = fmt.Sprintf("reference %d", i+1)
		}
	}
	if o.Samples == 0 {
		o.Samples = stratascope.SamplesWithin(m, set, j.settings.time)
	}
	run, err := stratascope.Live(m, set, o)
	if err != nil {
		return err
	}
	if run.Result.Data.SHA256, err = run.HashData(); err != nil {
		return err
	}
	if !j.settings.explainPlan && !j.unkept {
		id := run.Identity(fmt.Sprintf("%d %d %d %v %q %v", o.Samples, o.Seed, j.stateMemory()/int64(j.settings.jobs+1), codes(j.rules), sums(append([]*stratascope.Model{o.Initial}, o.References...)), o.Comparison))
		if j.cache, err = j.openCache(id); err != nil {
			return err
		}
		if j.cache != nil {
			run.Keep(j.cache)
			j.options.Store = j.cache
		}
	}
	j.live, j.subject = run, run
	return nil
}

// openCache opens the folder in which a run keeps what it has. A run without one goes on in memory, unless it is
// to be resumed.
func (j *job) openCache(id stratascope.Identity) (*stratascope.Cache, error) {
	var c *stratascope.Cache
	dir, err := j.cacheFolder()
	if err == nil {
		c, err = stratascope.OpenCache(dir, id, j.settings.resume)
	}
	switch {
	case err == nil:
		j.resumable.Store(true)
		return c, nil
	case errors.Is(err, stratascope.ErrOtherRun), errors.Is(err, recording.ErrStale):
		return nil, input("%s: %v.", dir, err).with("Start afresh: without --resume. Elsewhere: --cache DIR.")
	case j.settings.resume:
		return nil, input("cannot resume: there is no cache: %v.", because(dir, err)).with("Start afresh: without --resume. Elsewhere: --cache DIR.")
	}
	j.warn("no cache: %s. Values are kept in memory, and an interrupted run cannot be resumed. Elsewhere: --cache DIR.", because(dir, err))
	return nil, nil
}

// because puts a folder before the reason why it cannot be used; without a folder the reason stands alone.
func because(dir string, err error) string {
	if dir == "" {
		return err.Error()
	}
	return fmt.Sprintf("%s: %v", dir, reason(err))
}

func codes(rules []*detector.Detector) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.Code)
	}
	return out
}

// answer takes over what --output says.
func (j *job) answer(m *stratascope.Model) error {
	if j.settings.output == "" {
		return nil
	}
	name, kind, ok := strings.Cut(j.settings.output, "=")
	known := []graph.Kind{graph.Logits, graph.Probabilities, graph.LogProbabilities, graph.Sigmoids, graph.Values}
	if ok {
		for _, k := range known {
			ok = ok && k != graph.Kind(kind)
		}
		if ok {
			return usage("--output is %q, want NAME=logits, probabilities, log-probabilities, sigmoids or values", j.settings.output)
		}
	}
	if name != "" && !slices.Contains(m.Graph.Outputs, name) {
		return unknownName("output", name, m.Name, m.Graph.Outputs)
	}
	return m.Choose(name, graph.Kind(kind))
}

// openData opens what --data and its kin name.
func (j *job) openData(m *stratascope.Model) (*dataset.Set, error) {
	s := j.settings
	if s.data == "" && s.train+s.val+s.test+s.deploy == "" {
		return nil, usage("no data: %s is examined on samples.", m.Name).with("Give them: --data data/, or --val and --train one by one.")
	}
	o := dataset.Options{Train: s.train, Val: s.val, Test: s.test, Deploy: s.deploy, Labels: s.labels, Groups: s.groups, Classes: s.classes, Seen: s.seen, Features: s.features, NoLabels: s.noLabels,
		Preprocess: s.preprocess.Preprocess, Jobs: s.jobs}
	rules := all.Detectors()
	o.Rules = len(rules)
	for _, r := range rules {
		if r.Tier == detector.Labels {
			o.LabelRules++
		}
	}
	return stratascope.OpenData(s.data, m, o)
}

// unknownName says which layer or output of a network a flag may have meant.
func unknownName(flag, name, model string, names []string) error {
	if near := nearest(name, names); near != "" {
		return usage("--%s: %s has no %q. Did you mean %s?", flag, model, name, near)
	}
	few := names[:min(8, len(names))]
	rest := ""
	if len(few) < len(names) {
		rest = ", ..."
	}
	return usage("--%s: %s has no %q.", flag, model, name).with("It has " + strings.Join(few, ", ") + rest)
}

// cut takes off what --until or an operator that cannot be run ask for.
func (j *job) cut(ctx context.Context, m *stratascope.Model) (*stratascope.Model, error) {
	if j.settings.until != "" {
		var names []string
		for _, l := range m.Graph.Layers {
			names = append(names, l.Name)
		}
		if _, ok := m.Graph.Layer(j.settings.until); !ok {
			return nil, unknownName("until", j.settings.until, m.Name, names)
		}
		var err error
		if m, err = m.Until(j.settings.until); err != nil {
			return nil, err
		}
		j.last = len(m.Graph.Layers)
	}
	gap, err := j.gap(ctx, m)
	if err != nil || gap == nil {
		return m, err
	}
	domain := gap.Domain
	if domain == "" {
		domain = "ai.onnx"
	}
	message := fmt.Sprintf("%s: layer %d uses %s (%s, opset %d), %s.", m.Name, gap.Layer, gap.Op, domain, gap.Opset, cannot(j.engine))
	if gap.Last == "" {
		return nil, input("%s", message).with("No layer stands before it. Record in your framework: stratascope_recorder.py.")
	}
	f := input("%s", message).with(fmt.Sprintf("Layers 1-%d were examined. Cut there: --until %s. Or record in your framework.", gap.Before, gap.Last))
	f.report(j.err, j.logFormat == "json")
	j.last = gap.Before
	return m.Until(gap.Last)
}

// memoryLimit is what --memory says, else a quarter of the machine's and at most 4 GiB.
func (p *program) memoryLimit() int64 {
	if p.settings.memory > 0 {
		return int64(p.settings.memory)
	}
	const most = 4 << 30
	if total, ok := machineMemory(); ok {
		return min(most, total/4)
	}
	return most
}

// mostCopies is for how many sets of states, one a worker and one of sums, the memory is shared out.
const mostCopies = 17

// stateMemory is what states may hold. What is cut into several passes must not depend on --jobs, so a
// set of states gets the same share whatever their number.
func (p *program) stateMemory() int64 {
	return p.memoryLimit() / 2 / mostCopies * int64(p.settings.jobs+1)
}

// machineMemory reads how much memory the machine has, where that is written down.
func machineMemory() (int64, bool) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	var kb int64
	if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kb); err != nil || kb <= 0 {
		return 0, false
	}
	return kb << 10, true
}
