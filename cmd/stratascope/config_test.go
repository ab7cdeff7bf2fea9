package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/internal/allocated"
)

// configured reads a settings file for check.
func configured(t *testing.T, text string) (*settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &program{out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	c := p.checkCommand()
	c.PreRun(c, nil)
	p.settings.config = path
	err := p.file(c, map[string]bool{}, rulesWithSettings())
	return p.settings, err
}

type tuned struct{ MinSamples int }

// rulesWithSettings are all rules and one that has settings of its own.
func rulesWithSettings() []*detector.Detector {
	own := *all.Detectors()[0]
	own.Code, own.Name, own.Settings = "XXX-01", "tunable", func() any { return &tuned{MinSamples: 5} }
	return append(all.Detectors(), &own)
}

// The example of the design's interface, word for word.
func TestConfigExample(t *testing.T) {
	s, err := configured(t, `version: 1
model: model.onnx
data: { path: steel-defects/, groups: groups.csv }
preprocess: { resize: 256, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], layout: nchw, color: rgb }
rules: { disable: [WGT-02], dead-units: { minor: 0.4 } }
gate: { fail-on: major, fail-on-new: moderate }
`)
	if err != nil {
		t.Fatal(err)
	}
	if s.modelFile != "model.onnx" || s.data != "steel-defects/" || s.groups != "groups.csv" || s.preprocess.Crop.Height != 224 || s.failOn != "major" || s.failOnNew != "moderate" {
		t.Errorf("settings are %+v", s)
	}
	if a := s.anchors["dead-units"]; a.Minor != 0.4 || a.Moderate != 0.5 {
		t.Errorf("anchors of dead-units are %+v", a)
	}
	if said := strings.Join(s.notes, "\n"); !strings.Contains(said, "WGT-02 is not in this version") {
		t.Errorf("notes are %q", said)
	}
}

func TestConfigOfARulesOwnSettings(t *testing.T) {
	s, err := configured(t, "rules: { XXX-01: { min-samples: 7 } }\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.parameter["tunable"].(*tuned).MinSamples; got != 7 {
		t.Errorf("min-samples is %d, want 7", got)
	}
	if _, err := configured(t, "rules: { tunable: { min-sample: 7 } }\n"); err == nil || !strings.Contains(err.Error(), "Did you mean min-samples?") {
		t.Errorf("error is %v", err)
	}
}

func TestConfigMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"version: 2":                             "version is 2, this program reads 1",
		"out: there":                             `unknown key "out"`,
		"cache: there":                           `unknown key "cache"`,
		"engine-lib: x.so":                       `unknown key "engine-lib". Did you mean engine?`,
		"samples: many":                          `samples is "many"`,
		"samples: { a: 1 }":                      "samples: want one value",
		"data: [a]":                              "want keys with values",
		"rules: { dead-units: { minor: x } }":    `minor of dead-units is "x", want a number`,
		"rules: { disable: UNI-01 }":             "disable: want a list of rules",
		"rules: { disable: [deadunits] }":        `unknown rule "deadunits". Did you mean dead-units (UNI-01)?`,
		"preprocess: { means: [1] }":             "means: unknown setting",
		"- a":                                    "want keys with values",
		"a: b: c":                                "mapping values are not allowed",
		"gate: { fail-om: major }":               `unknown key "fail-om". Did you mean fail-on?`,
		"rules: { dead-units: { minor: .nan } }": "want them above 0 and rising",
	} {
		_, err := configured(t, text+"\n")
		var f *failure
		if !errors.As(err, &f) || f.code != exitUsage || !strings.Contains(f.message, want) || !strings.Contains(f.message, "s.yaml") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// FuzzConfig reads any bytes as a settings file.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{"", "version: 1\n", "rules: { disable: [UNI-01], dead-units: { minor: 0.4 } }", "data: { path: a, features: [a, b] }", "preprocess: imagenet", "gate: { fail-on: never }", "&a [*a]", "a: &x {b: *x}"} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "s.yaml")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p := &program{out: &bytes.Buffer{}, err: &bytes.Buffer{}, settings: &settings{config: path}}
		var err error
		allocated.Within(t, len(b), func() { err = p.file(&cobra.Command{}, map[string]bool{}, all.Detectors()) })
		var fail *failure
		if err != nil && (!errors.As(err, &fail) || fail.code != exitUsage) {
			t.Errorf("%v is no mistake of use", err)
		}
	})
}
