package main

import (
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/statistic"
)

// Settings are all that a user can say, by flag, by environment or in stratascope.yaml.
type settings struct {
	config string

	data, train, val, test, deploy string
	labels, groups, classes, seen  string
	features                       []string
	noLabels                       bool
	preprocess                     preprocess
	initial, until, output         string
	references                     []string // healthy networks of the same architecture
	acceptMismatch, dropDuplicates bool
	comparison                     statistic.Comparison

	engine    string
	engineLib string
	seed      uint64
	jobs      int
	memory    memory
	samples   int
	time      time.Duration
	rules     []string
	skip      []string
	anchors   map[string]finding.Anchors // by rule name, from the file
	parameter map[string]any             // by rule name, from the file
	cache     string
	resume    bool
	partial   bool

	out, format, failOn, failOnNew, timings      string
	baseline                                     string
	showSkipped, quiet, noColor, verbose, redact bool
	explainPlan                                  bool
	modelFile                                    string   // from the file, where no input is given
	notes                                        []string // about settings, for standard error
	run                                          string   // of explain
}

// A positive is a whole number from 1 on.
type positive int

// String writes it, "" where none was given.
func (n *positive) String() string {
	if *n == 0 {
		return ""
	}
	return strconv.Itoa(int(*n))
}

// Type names the value for help.
func (n *positive) Type() string { return "int" }

// Set reads it.
func (n *positive) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil || v < 1 {
		return errors.New("want a whole number of at least 1")
	}
	*n = positive(v)
	return nil
}

// A memory is a number of bytes, written as 512M or 4G.
type memory int64

// String writes the bytes.
func (m *memory) String() string {
	if *m == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*m), 10)
}

// Type names the value for help.
func (m *memory) Type() string { return "bytes" }

// Set reads a number with an optional K, M, G or T, of 1024 each.
func (m *memory) Set(s string) error {
	t := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(s)), "B"), "I")
	factor := 1.0
	if i := strings.IndexAny(t, "KMGT"); i >= 0 && i == len(t)-1 {
		factor = math.Pow(1024, float64(1+strings.Index("KMGT", t[i:])))
		t = t[:i]
	}
	v, err := strconv.ParseFloat(t, 64)
	if err != nil || !(v > 0) || v*factor > 1<<60 {
		return usage("want a size as 512M or 4G")
	}
	*m = memory(v * factor)
	return nil
}

// inputFlags are the flags about models and data.
func (p *program) inputFlags(f *pflag.FlagSet, s *settings) {
	f.StringVar(&s.config, "config", "", "settings `file` (default stratascope.yaml, if there is one)")
	f.StringVar(&s.data, "data", "", "data: a folder of images, npz, npy, safetensors, CSV, IDX")
	f.StringVar(&s.train, "train", "", "training data, where splits are given one by one")
	f.StringVar(&s.val, "val", "", "validation data")
	f.StringVar(&s.test, "test", "", "test data")
	f.StringVar(&s.deploy, "deploy", "", "data as it comes in use")
	f.StringVar(&s.labels, "labels", "", "table `file` of id and label")
	f.StringVar(&s.groups, "groups", "", "table `file` of id and attributes")
	f.StringVar(&s.classes, "classes", "", "`file` of class names in the order of the network's outputs")
	f.StringVar(&s.seen, "seen", "", "`file` of the ids of the training samples")
	f.StringSliceVar(&s.features, "features", nil, "columns of a table that are the input, in that order")
	f.BoolVar(&s.noLabels, "no-labels", false, "go on without labels")
	f.Var(&s.preprocess, "preprocess", "how inputs are prepared: none, imagenet, 0-1, -1-1, 0-255, bgr, bgr255, standard, or a file")
	f.StringVar(&s.until, "until", "", "examine the network up to this `layer` only")
	f.StringVar(&s.output, "output", "", "the network's answer and what it holds, as `NAME=logits|probabilities|log-probabilities|sigmoids|values`")
	f.BoolVar(&s.dropDuplicates, "drop-duplicates", false, "leave out held-out samples that are also in training")
}

// workFlags are the flags about how work is done.
func (p *program) workFlags(f *pflag.FlagSet, s *settings) {
	f.StringVar(&s.engine, "engine", "auto", "what runs the network: auto, native, ort, ort-cuda")
	libraryFlag(f, s)
	f.Uint64Var(&s.seed, "seed", 1, "seed of everything that is drawn")
	s.jobs = runtime.GOMAXPROCS(0)
	f.Var((*positive)(&s.jobs), "jobs", "cores to use; results do not depend on it")
	f.Var(&s.memory, "memory", "most memory to use, as 4G (default a quarter of the machine's, at most 4G)")
	f.Var((*positive)(&s.samples), "samples", "samples of each split (default 20 a class, 2 048 to 20 000)")
	f.DurationVar(&s.time, "time", 5*time.Minute, "time for forward passes, which bounds the samples")
	f.BoolVar(&s.quiet, "quiet", false, "no progress, no hints")
	f.BoolVar(&s.noColor, "no-color", false, "no colours (also: NO_COLOR)")
	f.BoolVar(&s.verbose, "verbose", false, "say what is done in detail")
}

// comparisonFlags say how layers are compared beside the usual.
func comparisonFlags(f *pflag.FlagSet, s *settings) {
	f.Var((*positive)(&s.comparison.Permutations), "permutations", "permutations of the samples of every layer, which check the p of all pairs")
	f.BoolVar(&s.comparison.Deconfounded, "deconfound", false, "compare layers also without what the input explains")
	f.BoolVar(&s.comparison.Fast, "fast-similarity", false, "compare layers by values rounded to bfloat16, where that costs no more than 0.0001")
}

func libraryFlag(f *pflag.FlagSet, s *settings) {
	f.StringVar(&s.engineLib, "engine-lib", "", "ONNX Runtime's shared library, as an absolute `path` (default: the system's)")
}

// ruleFlags choose rules.
func (p *program) ruleFlags(f *pflag.FlagSet, s *settings) {
	f.StringSliceVar(&s.rules, "rules", nil, "run these rules only, by code or name")
	f.StringSliceVar(&s.skip, "skip", nil, "leave out these rules, by code or name")
}

// settle fills in what flags did not say: from the environment, then from the settings file.
func (p *program) settle(c *cobra.Command, rules []*detector.Detector) error {
	given := map[string]bool{}
	c.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	if err := environment(c, given); err != nil {
		return err
	}
	return p.file(c, given, rules)
}

const variable = "STRATASCOPE_"

// environment reads STRATASCOPE_JOBS and its kin.
func environment(c *cobra.Command, given map[string]bool) error {
	known := map[string]bool{"kernel": true} // read by internal/kernel: the instruction set to use
	for _, sub := range c.Root().Commands() {
		sub.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
	}
	c.Root().PersistentFlags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
	vars := os.Environ()
	slices.Sort(vars)
	for _, v := range vars {
		name, value, _ := strings.Cut(v, "=")
		rest, ok := strings.CutPrefix(name, variable)
		if !ok {
			continue
		}
		flagName := strings.ReplaceAll(strings.ToLower(rest), "_", "-")
		f := c.Flags().Lookup(flagName)
		switch {
		case !known[flagName]:
			return unknownKey("environment", name, flagName, known, func(s string) string { return variable + strings.ToUpper(strings.ReplaceAll(s, "-", "_")) })
		case f == nil || given[flagName]:
			continue
		}
		if err := f.Value.Set(value); err != nil {
			return usage("environment: %s is %q: %v", name, value, err)
		}
		given[flagName] = true
	}
	return nil
}

// unknownKey says which key may have been meant.
func unknownKey(where, key, word string, known map[string]bool, spelled func(string) string) error {
	var names []string
	for k := range known {
		names = append(names, k)
	}
	slices.Sort(names)
	if near := nearest(word, names); near != "" {
		return usage("%s: unknown key %q. Did you mean %s?", where, key, spelled(near))
	}
	return usage("%s: unknown key %q.", where, key)
}
