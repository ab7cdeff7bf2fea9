package report

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"github.com/stratascope/stratascope/finding"
)

func terminalText(t *testing.T, d *finding.Diagnosis, o TerminalOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTerminal(&b, d, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteTerminalGolden(t *testing.T) {
	end := TerminalOptions{ReportPath: "stratascope-report.html", ReportSize: 270_000, Next: "stratascope explain FAI-03 --run stratascope.json"}
	with := func(f func(*TerminalOptions)) TerminalOptions { o := end; f(&o); return o }
	graded := sample()
	graded.Verdict.Calibrated = true
	for name, c := range map[string]struct {
		d *finding.Diagnosis
		o TerminalOptions
	}{
		"sample":    {sample(), with(func(o *TerminalOptions) { o.Unicode = true })},
		"truecolor": {sample(), with(func(o *TerminalOptions) { o.Unicode, o.Color = true, TrueColor })},
		"basic":     {sample(), with(func(o *TerminalOptions) { o.Unicode, o.Color = true, Basic })},
		"ascii":     {sample(), with(func(o *TerminalOptions) { o.ShowSkipped = true })},
		"narrow":    {sample(), with(func(o *TerminalOptions) { o.Unicode, o.Width = true, 60 })},
		"graded":    {graded, with(func(o *TerminalOptions) { o.Unicode = true })},
		"clear":     {clearSample(), with(func(o *TerminalOptions) { o.Unicode = true })},
		"nothing":   {nothingAssessed(), with(func(o *TerminalOptions) { o.Unicode = true })},
		"many":      {deep(300), with(func(o *TerminalOptions) { o.Unicode = true })},
		"classes":   {manyClasses(), with(func(o *TerminalOptions) { o.Unicode = true })},
		"onelayer":  {oneLayer(), with(func(o *TerminalOptions) { o.Unicode = true })},
	} {
		golden(t, "terminal-"+name+".txt", []byte(terminalText(t, c.d, c.o)))
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestTerminalKeepsItsWidthAndSendsNoCodesOfOthers(t *testing.T) {
	for name, d := range samples() {
		for _, width := range []int{0, 40, 72, 100, 500} {
			for _, unicode := range []bool{false, true} {
				o := TerminalOptions{Width: width, Unicode: unicode, Color: Basic, ShowSkipped: true, ReportPath: "a\x1b[2Jb", Next: "x"}
				for _, line := range strings.Split(terminalText(t, d, o), "\n") {
					bare := escapes.ReplaceAllString(line, "")
					want := width
					if width == 0 || width > 100 {
						want = 100
					}
					if w := runewidth.StringWidth(bare); w > want {
						t.Errorf("%s: a line of %d columns, want at most %d: %s", name, w, want, bare)
					}
					if strings.ContainsAny(bare, "\x1b\u202e\x07\x00") {
						t.Errorf("%s: control characters in %q", name, bare)
					}
					if !unicode && strings.IndexFunc(bare, func(r rune) bool { return r > 0x7e }) >= 0 {
						t.Errorf("%s: more than ASCII in %q", name, bare)
					}
				}
			}
		}
	}
}

func TestTerminalGrade(t *testing.T) {
	d := sample()
	if s := terminalText(t, d, TerminalOptions{Unicode: true}); strings.Contains(s, "3/100") || !strings.Contains(s, "Do not ship") {
		t.Errorf("a grade that is not calibrated is shown:\n%s", s)
	}
	d.Verdict.Calibrated = true
	if s := terminalText(t, d, TerminalOptions{Unicode: true}); !strings.Contains(s, "E  3/100  90 % range 1 – 8, coverage 0.88") {
		t.Errorf("the calibrated grade is missing:\n%s", s)
	}
}

func TestWriteInputs(t *testing.T) {
	var b bytes.Buffer
	if err := WriteInputs(&b, sample(), TerminalOptions{Unicode: true}); err != nil {
		t.Fatal(err)
	}
	want := "  model     resnet50-steel.onnx    50 layers, 23.5 M parameters, opset 17\n  data      steel-defects/         412 val, 1" + thin + "648 train, 6 classes\n"
	if b.String() != want {
		t.Errorf("found\n%s, want\n%s", b.String(), want)
	}
}

func TestTerminalNamesTheCause(t *testing.T) {
	for name, d := range map[string]*finding.Diagnosis{"sample": sample(), "graded": sample()} {
		d.Verdict.Calibrated = name == "graded"
		for _, width := range []int{40, 100} {
			s := terminalText(t, d, TerminalOptions{Unicode: true, Width: width})
			if got := strings.Join(strings.Fields(s), " "); strings.Count(got, d.Verdict.Detail) != 1 {
				t.Errorf("%s, %d columns: no %q, once and in full:\n%s", name, width, d.Verdict.Detail, s)
			}
		}
	}
}

func TestWhatIsNotComparedIsSaid(t *testing.T) {
	d := deep(1000)
	d.Run.Notes = []string{"the batch was fixed to 1"}
	s := terminalText(t, d, TerminalOptions{ShowSkipped: true})
	for _, want := range []string{"  . the batch was fixed to 1\n", "  . not compared: shape distances of 1000 layers, want at most 400\n"} {
		if strings.Count(s, want) != 1 {
			t.Errorf("no line %q:\n%s", want, s)
		}
	}
	if s := page(t, d); strings.Count(s, "Not compared: shape distances of 1000 layers, want at most 400.") != 1 {
		t.Error("the page does not say that shape distances are missing")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestTerminalTellsThatItCouldNotWrite(t *testing.T) {
	if err := WriteTerminal(fullDisk{}, sample(), TerminalOptions{}); err == nil {
		t.Error("no error from a full disk")
	}
}

func TestTerminalSaysThingsOnceAndInFull(t *testing.T) {
	for name, text := range map[string]string{"clear": "Nothing found by the", "nothing": "No rule"} {
		if s := terminalText(t, samples()[name], TerminalOptions{}); strings.Count(s, text) != 1 {
			t.Errorf("%s: %q is there %d times, want once:\n%s", name, text, strings.Count(s, text), s)
		}
	}
	d := sample()
	d.Verdict.Calibrated, d.Findings = true, nil
	if s := terminalText(t, d, TerminalOptions{}); strings.Count(s, "Nothing found by the") != 1 {
		t.Errorf("beside a grade it is not said that nothing was found:\n%s", s)
	}
	why := strings.Repeat("a long reason ", 20) + "that ends"
	d.Rules = []finding.Rule{{Code: "FAI-01", Title: "Group disparity", State: finding.NotAssessed, Text: why}}
	for _, width := range []int{40, 100} {
		s := terminalText(t, d, TerminalOptions{Width: width, ShowSkipped: true})
		if !strings.Contains(strings.Join(strings.Fields(s), " "), why) {
			t.Errorf("the reason is cut at %d columns:\n%s", width, s)
		}
	}
}

func TestTerminalHasTrueMinusSigns(t *testing.T) {
	d := sample()
	d.Findings[0].Evidence = "by -3.1 points (-4 to -2), see --at"
	if s := terminalText(t, d, TerminalOptions{Unicode: true}); !strings.Contains(s, "by −3.1 points (−4 to −2), see --at") {
		t.Errorf("no true minus:\n%s", s)
	}
	if s := terminalText(t, d, TerminalOptions{}); !strings.Contains(s, "by -3.1 points (-4 to -2), see --at") {
		t.Errorf("no plain minus:\n%s", s)
	}
}

func TestWhereAFindingComesDownFromIsSaid(t *testing.T) {
	d := sample()
	d.Findings[5].ExplainedBy, d.Findings[5].PropagatedFrom = "", "layer3.5.conv3"
	if s := terminalText(t, d, TerminalOptions{}); !strings.Contains(s, "layers 47-49   comes down from layer3.5.conv3\n") || !strings.Contains(s, "1 critical, 1 major, 3 moderate, 1 suspected.") {
		t.Errorf("the terminal does not say it:\n%s", s)
	}
	for _, want := range []string{"moderate, comes down from layer3.5.conv3", "<p>Comes down from layer3.5.conv3.</p>", ` dashed" data-finding="5"`} {
		if !strings.Contains(page(t, d), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
