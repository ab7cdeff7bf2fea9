package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/finding"
)

func (p *program) checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check INPUT [--data D]",
		Short: "Diagnose a network or a recording",
		Long: "Check examines an ONNX file on data, or a recording of a network's layers, and says what is wrong,\n" +
			"where, how bad and how sure that is. It writes stratascope.json and stratascope-report.html.",
		Example: "  stratascope check model.onnx --data data/\n" +
			"  stratascope check model.onnx --data data.npz --preprocess imagenet --initial start.onnx\n" +
			"  stratascope check recording/\n" +
			"  stratascope check model.onnx --data data/ --explain-plan",
		Args: arguments(0, 1, "one input: an ONNX file or a recording"),
		RunE: func(c *cobra.Command, args []string) error { return p.check(c, args) },
	}
	f, s := c.Flags(), p.prepare(c)
	p.inputFlags(f, s)
	p.workFlags(f, s)
	p.ruleFlags(f, s)
	f.StringVar(&s.initial, "initial", "", "the network before training, an ONNX `file`")
	f.StringArrayVar(&s.references, "reference", nil, "a healthy network of the same architecture, an ONNX `file`; may be given several times")
	comparisonFlags(f, s)
	f.BoolVar(&s.acceptMismatch, "accept-mismatch", false, "go on although the network seems to be fed differently than in training")
	f.StringVar(&s.failOn, "fail-on", "major", "severity of a confirmed finding from which the exit code is 1: minor, moderate, major, critical, never")
	f.StringVar(&s.failOnNew, "fail-on-new", "never", "likewise for findings that --baseline does not have, or has less severe")
	f.StringVar(&s.baseline, "baseline", "", "an earlier result `file`, or the folder it is in")
	f.BoolVar(&s.showSkipped, "show-skipped", false, "list the rules that were not assessed, with the reason, and notes")
	f.BoolVar(&s.explainPlan, "explain-plan", false, "say what would be done, and do nothing")
	f.BoolVar(&s.redact, "redact", false, "keep names of samples, classes, groups and files out of the result")
	f.StringVar(&s.cache, "cache", "", "folder for states and layer values (default the user's cache folder)")
	f.BoolVar(&s.resume, "resume", false, "go on with an interrupted run")
	f.BoolVar(&s.partial, "partial", false, "use the complete shards of a recording where others are cut or missing")
	f.StringVarP(&s.out, "out", "o", ".", "folder for the result and the page")
	f.StringVar(&s.format, "format", "terminal", "what standard output shows: terminal, json")
	f.StringVar(&s.timings, "timings", "", "write times, host and paths to this `file`")
	return c
}

// check is the main job.
func (p *program) check(c *cobra.Command, args []string) error {
	rules := all.Detectors()
	if err := p.settle(c, rules); err != nil {
		return err
	}
	chosen, err := chooseRules(rules, p.settings.rules, p.settings.skip)
	if err != nil {
		return err
	}
	if err := p.valid(); err != nil {
		return err
	}
	for _, n := range p.settings.notes {
		p.warn("%s", n)
	}
	path := p.settings.modelFile
	if len(args) > 0 {
		path = args[0]
	}
	if path == "" {
		return usage("nothing to check: give an ONNX file or a recording.").with("stratascope check model.onnx --data data/", "Without either: stratascope demo")
	}
	earlier, err := p.readBaseline(c.Flags().Changed("fail-on-new"))
	if err != nil {
		return err
	}
	j := &job{program: p, path: path, rules: chosen, earlier: earlier, options: stratascope.Options{Detectors: chosen, Culprit: len(p.settings.rules) == 0, Anchors: p.settings.anchors, Settings: p.settings.parameter}}
	return j.do(c.Context(), j.run)
}

// do opens the inputs, does the work and closes what was opened.
func (j *job) do(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() { j.close(err) }()
	if err := j.open(ctx); err != nil {
		return err
	}
	return work(ctx)
}

// leastMemory is the least that --memory may allow: what is halved for states and shared by workers is to
// stay a limit.
const leastMemory = 16 << 20

// valid refuses settings that cannot be meant.
func (p *program) valid() error {
	s := p.settings
	if err := p.knownEngine(); err != nil {
		return err
	}
	switch {
	case s.memory > 0 && s.memory < leastMemory:
		return usage("--memory is %s, want at least %s", size(int64(s.memory)), size(leastMemory))
	case s.time <= 0:
		return usage("--time is %v, want more than nothing", s.time)
	case p.logFormat != "text" && p.logFormat != "json":
		return usage("--log-format is %q, want text or json", p.logFormat)
	}
	for _, f := range []struct{ name, word string }{{"fail-on", s.failOn}, {"fail-on-new", s.failOnNew}} {
		if f.word != "" && f.word != "never" && !slices.Contains(finding.Words(), finding.Word(f.word)) {
			return usage("--%s is %q, want minor, moderate, major, critical or never", f.name, f.word)
		}
	}
	if s.format != "" && s.format != "terminal" && s.format != "json" {
		return usage("--format is %q, check shows terminal or json. The page is written in any case; other forms: stratascope report", s.format)
	}
	return nil
}

// verdict is the exit code a diagnosis asks for; earlier is what new findings are new to, nil if nothing is.
func (s *settings) verdict(d, earlier *finding.Diagnosis) error {
	if len(gated(d, s.failOn)) > 0 || earlier != nil && len(fresh(gated(d, s.failOnNew), earlier)) > 0 {
		return gate(exitFindings)
	}
	if d.Verdict.Coverage < 0.5 {
		return gate(exitCoverage)
	}
	return nil
}

// run plans, verifies, diagnoses and writes.
func (j *job) run(ctx context.Context) error {
	plan, err := j.subject.Plan(ctx, j.options)
	if err != nil {
		return err
	}
	if j.settings.explainPlan {
		return j.explainPlan(plan)
	}
	if err := j.ready(); err != nil {
		return err
	}
	if err := j.inputs(); err != nil {
		return err
	}
	if err := j.cost(plan); err != nil {
		return err
	}
	d, err := j.diagnose(ctx, plan)
	if err != nil {
		return j.full(plan, err)
	}
	j.result = d
	page, err := j.write(d)
	if err != nil {
		return err
	}
	if err := j.show(d, page); err != nil {
		return err
	}
	j.sayNew(d)
	return j.settings.verdict(d, j.earlier)
}

// diagnose runs the rules, with progress on standard error.
func (j *job) diagnose(ctx context.Context, plan stratascope.Plan) (*finding.Diagnosis, error) {
	tried := 0
	if j.verifies() {
		tried = j.live.FirstLook()
	}
	j.progress = newProgress(j.program, plan, tried)
	defer j.progress.end()
	j.options.Progress = j.progress.step
	if err := j.verify(ctx); err != nil {
		return nil, err
	}
	d, err := j.subject.Diagnose(ctx, j.options)
	if err != nil {
		return nil, err
	}
	j.progress.end()
	d.Run.Settings = j.said()
	j.mistakes(&d)
	return &d, nil
}

// said are the settings that the result depends on.
func (j *job) said() map[string]any {
	s := j.settings
	out := map[string]any{}
	if s.samples > 0 {
		out["samples"] = s.samples
	}
	for key, list := range map[string][]string{"rules": s.rules, "skip": s.skip} {
		if len(list) > 0 {
			out[key] = list
		}
	}
	for name, a := range s.anchors {
		out["anchors "+name] = []float64{a.Minor, a.Moderate, a.Critical}
	}
	for key, text := range map[string]string{"until": s.until, "output": s.output} {
		if text != "" {
			out[key] = text
		}
	}
	if s.initial != "" && !s.redact {
		out["initial"] = filepath.Base(s.initial)
	}
	for key, on := range map[string]bool{"accept-mismatch": s.acceptMismatch, "drop-duplicates": s.dropDuplicates, "no-labels": s.noLabels, "redact": s.redact} {
		if on {
			out[key] = true
		}
	}
	return out
}

// close gives back what the job holds. What a run that was stopped kept is left for --resume.
func (j *job) close(ended error) {
	var errs []error
	switch {
	case j.cache == nil:
	case stopped(ended):
		errs = append(errs, j.cache.Close())
	default:
		errs = append(errs, j.cache.Remove())
	}
	for _, c := range j.closers {
		errs = append(errs, c.Close())
	}
	if err := errors.Join(errs...); err != nil && j.settings.verbose {
		fmt.Fprintln(j.err, err)
	}
}

// stopped reports whether a run ended before its time and can go on.
func stopped(err error) bool {
	var g gate
	if err == nil || errors.As(err, &g) {
		return false
	}
	code := failed(err, true).code
	return code == exitStopped || code == exitInterrupted
}

// cacheFolder is where states and rows are kept.
func (p *program) cacheFolder() (string, error) {
	if p.settings.cache != "" {
		return p.settings.cache, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "stratascope"), nil
}
