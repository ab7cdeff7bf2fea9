package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/report"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// said runs the command and returns its exit code and what it wrote.
func said(args ...string) (code int, out, err string) {
	var stdout, stderr bytes.Buffer
	code = run(args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// TestManualFits sets every manual at several widths: no line is too long and no word is lost.
func TestManualFits(t *testing.T) {
	for _, d := range all.Detectors() {
		if strings.Contains(d.Doc, "```") || strings.Contains(d.Doc, "\n|") {
			t.Errorf("%s: its manual has a table or a block of code, which the terminal would run together", d.Code)
		}
		want := strings.Fields(strings.NewReplacer("#", "", "*", "", "`", "").Replace(d.Doc))
		for _, width := range []int{40, 72, 100, 250} {
			s := &sheet{look: look{width: width, color: report.TrueColor}}
			s.manual(d.Doc)
			text := escapes.ReplaceAllString(s.String(), "")
			for _, l := range strings.Split(text, "\n") {
				if wide := runewidth.StringWidth(l); wide > min(width, 100) && strings.HasPrefix(l, " ") {
					t.Errorf("%s at width %d: a line of %d columns: %q", d.Code, width, wide, l)
				}
			}
			if got := strings.Fields(text); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s at width %d: words differ: %q", d.Code, width, text)
			}
		}
	}
}

// TestManualStays holds that Markdown is not touched where it is not shown on a terminal.
func TestManualStays(t *testing.T) {
	for _, d := range all.Detectors() {
		code, out, stderr := said("explain", strings.ToLower(d.Code))
		if want := strings.TrimSpace(d.Doc) + "\n"; code != 0 || out != want || stderr != "" {
			t.Errorf("explain %s: code %d, %q, %q", d.Code, code, out, stderr)
		}
	}
}

func TestManualOnTerminal(t *testing.T) {
	doc := "# UNI-99 Tired units\n\nA unit `is tired` when *it\nsleeps* for 2 * 3 hours, **always**.\n\n## What helps\n\n- Coffee, in a cup that is large enough,\n  twice.\n- `tea`.\n1. Rest."
	for _, c := range []struct {
		name string
		look look
		want string
	}{
		{"no colour", look{width: 40}, "UNI-99 Tired units\n\n  A unit is tired when it sleeps for 2 *\n  3 hours, always.\n\nWhat helps\n\n" +
			"  - Coffee, in a cup that is large\n    enough, twice.\n  - tea.\n  1. Rest.\n"},
		{"colour", look{width: 40, color: report.Basic}, "\x1b[1mUNI-99 Tired units\x1b[0m\n\n  A unit \x1b[36mis\x1b[0m \x1b[36mtired\x1b[0m when \x1b[1mit\x1b[0m \x1b[1msleeps\x1b[0m for 2 *\n  3 hours, \x1b[1malways\x1b[0m.\n\n" +
			"\x1b[1mWhat helps\x1b[0m\n\n  - Coffee, in a cup that is large\n    enough, twice.\n  - \x1b[36mtea\x1b[0m.\n  1. Rest.\n"},
	} {
		s := &sheet{look: c.look}
		s.manual(doc)
		if got := s.String(); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

func number64(v float64) *float64 { return &v }

// sample is a result with one rule of each state. Its texts try to steer a terminal.
func sample() *finding.Diagnosis {
	d := &finding.Diagnosis{Format: finding.Format, Version: finding.Version}
	d.Run.Model.Name = "bad\x1b[2J.onnx"
	d.Rules = []finding.Rule{
		{Code: "UNI-01", Name: "dead-units", State: finding.Flawed, Places: []finding.Spot{
			{Layer: "conv*\x1b]0;x\a", State: finding.Flawed, Value: number64(0.78125), Low: number64(0.72), High: number64(0.83)},
			{Layer: "fc", State: finding.State("clear\x1b[31m"), Value: number64(0)},
			{Layer: "pool", State: finding.NotAssessed, Reason: "no-relu\x1b[0m"}}},
		{Code: "UNI-04", Name: "constant-units", State: finding.StateClear},
		{Code: "FAI-02", Name: "worst-class", State: finding.NotAssessed, Text: "the data have no labels", Needs: "labels"},
	}
	d.Findings = []finding.Finding{{Code: "UNI-01", Site: finding.ResultSite{Layer: "conv*"}, Verdict: finding.Confirmed, Message: "200 of 256 `units` never *activate*",
		Severity: finding.Severity{Value: 72, Low: 68, High: 75}, Measure: finding.Measure{Name: "dead share", Value: 0.78125, Low: 0.72, High: 0.83, N: 4120, Floor: 0.25},
		Caveats: []string{"few samples"}, ExplainedBy: "NRM-01@conv3", Remedies: []finding.Remedy{{Treatment: "re-initialise", Risk: finding.Surgical, Why: "they do not come back"}}}}
	return d
}

// TestResult holds the numbers of each rule of a result; the severity has no word, as in a file that was
// written by hand.
func TestResult(t *testing.T) {
	for code, want := range map[string]string{
		"UNI-01": "\n## In bad[2J.onnx\n\n" +
			"Major, confirmed, severity 72 (68 to 75), at conv*: 200 of 256 `units` never *activate*.\n" +
			"The dead share is 0.781 (0.72 to 0.83, 4 120 samples); the floor is 0.25.\nExplained by NRM-01@conv3.\nNote: few samples.\n" +
			"Remedy: re-initialise (surgical): they do not come back.\n\n" +
			"  place      state             value   95 % bounds\n" +
			"  conv*]0;x  flawed            0.781   0.72 to 0.83\n" +
			"  fc         clear[31m             0\n" +
			"  pool       not-assessed  no-relu[0m\n",
		"UNI-04": "\n## In bad[2J.onnx\n\nState: clear.\n",
		"FAI-02": "\n## In bad[2J.onnx\n\nNot assessed: the data have no labels.\nWhat would change that: labels.\n",
		"CAL-01": "\n## In bad[2J.onnx\n\nThe rule was not asked.\n",
	} {
		s := &sheet{}
		s.result(sample(), code)
		if got := s.String(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", code, got, want)
		}
	}
}

func TestExplainRefuses(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	if err := os.WriteFile(broken, []byte(`{"format":"another"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"explain", "deadunits"}, exitUsage, "unknown rule \"deadunits\". Did you mean dead-units (UNI-01)? All: stratascope rules\n"},
		{[]string{"explain"}, exitUsage, "explain: want one rule, by code or name\n"},
		{[]string{"explain", "UNI-01", "UNI-04"}, exitUsage, "explain: \"UNI-04\" is one word too many, want one rule, by code or name\n"},
		{[]string{"explain", "UNI-01", "--run", filepath.Join(dir, "none.json")}, exitInput, "none.json: "},
		{[]string{"explain", "UNI-01", "--run", broken}, exitInput, "broken.json: result file: format is \"another\""},
	} {
		code, out, stderr := said(c.args...)
		if code != c.code || out != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: code %d, want %d; wrote %q and %q, want %q", c.args, code, c.code, out, stderr, c.want)
		}
	}
}

// TestManualParts holds that the page gets its three parts of every manual.
func TestManualParts(t *testing.T) {
	for _, d := range all.Detectors() {
		m := manual(d.Code)
		for name, part := range map[string]string{"means": m.Means, "measured": m.Measured, "helps": m.Helps} {
			if part == "" || strings.Contains(part, "#") || part != strings.TrimSpace(part) {
				t.Errorf("%s: %s is %q", d.Code, name, part)
			}
		}
		if !strings.Contains(d.Doc, m.Measured) || !strings.Contains(d.Doc, m.Helps) {
			t.Errorf("%s: parts are not the manual's", d.Code)
		}
	}
	if m := manual("XXX-99"); m != (report.Manual{}) {
		t.Errorf("a rule that does not exist has the manual %v", m)
	}
}

func TestNumbersHaveTrueMinusSigns(t *testing.T) {
	spot := finding.Spot{Layer: "fc-2", State: finding.StateClear, Value: number64(-0.5), Low: number64(-1), High: number64(2)}
	for unicode, want := range map[bool]string{true: "     −0.5   −1 to 2\n", false: "     -0.5   -1 to 2\n"} {
		s := &sheet{look: look{unicode: unicode}}
		s.places([]finding.Spot{spot})
		if !strings.HasSuffix(s.String(), want) {
			t.Errorf("unicode %v: %q, want it to end with %q", unicode, s.String(), want)
		}
	}
}
