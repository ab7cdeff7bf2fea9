package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture/recording"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/finding"
)

func TestEveryErrorHasItsCodeAndLine(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("collecting statistics: %w", err) }
	for _, c := range []struct {
		err     error
		code    int
		message string
		help    string
	}{
		{wrapped(context.Canceled), exitInterrupted, "interrupted; what is done is kept", "Goes on: --resume."},
		{wrapped(&engine.MemoryError{Need: 6e9, Limit: 2e9}), exitStopped, "no memory: a run needs 6.0 GB, 2.0 GB allowed.", "More: --memory 8G."},
		{wrapped(&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), exitStopped, "no space: ", "Goes on: --resume."},
		{enough(6.1e9, 2.2e9), exitStopped, "no space: features need 6.1 GB in the cache, 2.2 GB free. Stopped before layer 1.", "Elsewhere: --cache DIR."},
		{&dataset.Problem{Message: "m", Help: []string{"h"}}, exitInput, "m", "h"},
		{fmt.Errorf("state: %w", recording.ErrStale), exitInput, "state: it belongs to another run", "without --resume"},
		{&fs.PathError{Op: "open", Path: "a\x1b[2Jb", Err: syscall.ENOENT}, exitInput, "a[2Jb: no such file or directory", ""},
		{errors.New("odd"), exitInput, "odd", ""},
		{errors.New("m.onnx: " + strings.Repeat("node 0: ", 100) + "nested"), exitInput, "m.onnx: node 0: ", " ... : node 0: "},
	} {
		f := failed(c.err, true)
		var b strings.Builder
		f.report(&b, false)
		if f.code != c.code || !strings.HasPrefix(b.String(), c.message) || !strings.Contains(b.String(), c.help) {
			t.Errorf("%v: code %d, %q; want %d, %q and %q", c.err, f.code, b.String(), c.code, c.message, c.help)
		}
	}
	if err := enough(1, 1); err != nil {
		t.Errorf("what fits is refused: %v", err)
	}
}

// stub is a subject that is never run.
type stub struct{ subject }

// Describe names three layers.
func (stub) Describe() finding.Diagnosis {
	return finding.Diagnosis{Layers: []finding.Layer{{Name: "conv1", Index: 1}, {Name: "conv2", Index: 2}, {Name: "fc", Index: 3}}}
}

func TestAFullDiskIsToldWithItsLayer(t *testing.T) {
	j := &job{program: &program{settings: &settings{cache: t.TempDir()}}, subject: stub{}}
	full := fmt.Errorf("reading val: %w", &stratascope.NoSpaceError{Layer: "conv2", Err: &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}})
	f := failed(j.full(stratascope.Plan{Passes: []stratascope.Pass{{Rows: 6.1e9}}}, full), true)
	form := regexp.MustCompile(`^no space: features need 6\.1 GB in the cache, [0-9.]+ [kMG]B free\. Stopped before layer 2\.$`)
	if f.code != exitStopped || !form.MatchString(f.message) || f.help[0] != "Smaller: --samples 1000. Elsewhere: --cache DIR. Goes on: --resume." {
		t.Errorf("code %d, %q, %q", f.code, f.message, f.help)
	}
	if err := j.full(stratascope.Plan{}, context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("another error became %v", err)
	}
}

func TestGate(t *testing.T) {
	at := func(w finding.Word, c finding.Certainty, by string) finding.Finding {
		return finding.Finding{Severity: finding.Severity{Word: w}, Verdict: c, ExplainedBy: by}
	}
	for _, c := range []struct {
		name     string
		findings []finding.Finding
		coverage float64
		failOn   string
		want     int
	}{
		{"nothing", nil, 0.8, "major", exitClear},
		{"at the gate", []finding.Finding{at(finding.Major, finding.Confirmed, "")}, 0.8, "major", exitFindings},
		{"below it", []finding.Finding{at(finding.Moderate, finding.Causal, "")}, 0.8, "major", exitClear},
		{"a suspicion", []finding.Finding{at(finding.Critical, finding.Suspected, "")}, 0.8, "major", exitClear},
		{"explained by another", []finding.Finding{at(finding.Critical, finding.Confirmed, "FIT-04@x")}, 0.8, "major", exitClear},
		{"explained by what is milder", []finding.Finding{{Code: "FIT-01", Site: finding.ResultSite{Layer: "x"}, Severity: finding.Severity{Value: 59, Word: finding.Moderate}, Verdict: finding.Confirmed},
			{Severity: finding.Severity{Value: 79, Word: finding.Major}, Verdict: finding.Confirmed, ExplainedBy: "FIT-01@x"}}, 0.8, "major", exitFindings},
		{"never", []finding.Finding{at(finding.Critical, finding.Confirmed, "")}, 0.8, "never", exitClear},
		{"too little seen", nil, 0.49, "major", exitCoverage},
		{"found in what was seen", []finding.Finding{at(finding.Critical, finding.Causal, "")}, 0.49, "minor", exitFindings},
	} {
		got := exitClear
		var g gate
		if errors.As((&settings{failOn: c.failOn}).verdict(&finding.Diagnosis{Findings: c.findings, Verdict: finding.Verdict{Coverage: c.coverage}}, nil), &g) {
			got = int(g)
		}
		if got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"dead-units", "UNI-01", "constant-units", "check", "model"}
	for word, want := range map[string]string{"deadunits": "dead-units", "dead-unts": "dead-units", "UNI01": "UNI-01", "chek": "check", "modle": "model", "zebra": "", "": ""} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	if d := distance("kitten", "sitting"); d != 3 { // Levenshtein's own example
		t.Errorf("distance is %d, want 3", d)
	}
}

func TestMemorySizes(t *testing.T) {
	for text, want := range map[string]int64{"512M": 512 << 20, "4G": 4 << 30, "4GiB": 4 << 30, "1.5k": 1536, "100": 100, "2T": 2 << 40} {
		var m memory
		if err := m.Set(text); err != nil || int64(m) != want {
			t.Errorf("%s is %d (%v), want %d", text, m, err, want)
		}
	}
	for _, text := range []string{"", "-1G", "NaN", "x", "1e400", "Inf", "9999999T", "G"} {
		var m memory
		if err := m.Set(text); err == nil {
			t.Errorf("%q is taken as %d bytes", text, m)
		}
	}
}
