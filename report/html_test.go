package report

import (
	"bytes"
	"encoding/json"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/report/page/bundle"
)

func page(t testing.TB, d *finding.Diagnosis) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, d, HTMLOptions{Manual: testManual}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func testManual(code string) Manual {
	if code == "FIT-04" {
		return Manual{Means: "Layers 42–49 make classes harder to tell apart. They cost 52 % of the parameters and 31 % of the time.",
			Measured: "A linear probe on each layer, 5 folds.", Helps: "Remove the layers, or go on training with a shorter path."}
	}
	return Manual{}
}

// TestPagesForLooking writes the samples' pages into the folder that STRATASCOPE_PAGES names, for the browser test.
func TestPagesForLooking(t *testing.T) {
	dir := os.Getenv("STRATASCOPE_PAGES")
	if dir == "" {
		t.Skip("STRATASCOPE_PAGES names no folder")
	}
	for name, d := range samples() {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(page(t, d)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPageGolden(t *testing.T) {
	d := sample()
	v, err := newView(d, HTMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	lying, _ := drawLying(v.core, v.shown(), v.firstHeld())
	standing, _ := drawStanding(v.core, v.shown(), v.firstHeld())
	lines := strings.NewReplacer("><", ">\n<")
	golden(t, "faultmap-lying.svg.txt", []byte(lines.Replace(string(lying))+"\n"))
	golden(t, "faultmap-standing.svg.txt", []byte(lines.Replace(string(standing))+"\n"))
}

func TestPageIsTheSameEveryTime(t *testing.T) {
	first, second := page(t, sample()), page(t, sample())
	if first != second {
		t.Error("two pages of one result differ")
	}
}

func TestPageBudget(t *testing.T) {
	for name, limit := range map[string]int{"sample": 500_000, "many": 800_000, "classes": 500_000, "thousand": 1_500_000} {
		p := page(t, samples()[name])
		if len(p) > limit {
			t.Errorf("%s: %d bytes, want at most %d", name, len(p), limit)
		}
		if n := strings.Count(p, "<") - strings.Count(p, "</"); n > 2500 {
			t.Errorf("%s: about %d elements, want at most 2500", name, n)
		}
	}
	script, err := files.ReadFile("page/script/bundle.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(script) > 60_000 {
		t.Errorf("the script has %d bytes, want at most 60000", len(script))
	}
	for _, f := range fonts {
		data, err := files.ReadFile("page/fonts/" + f.file)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 31_000 {
			t.Errorf("%s has %d bytes, want at most 31000", f.file, len(data))
		}
	}
}

var (
	address   = regexp.MustCompile(`url\(([^)]*)\)`)
	tag       = regexp.MustCompile(`<([a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s"'>=/]+(?:="[^"]*")?)*)\s*/?>`)
	attribute = regexp.MustCompile(`([^\s"'>=/]+)(?:="([^"]*)")?`)
)

// An element is an opening tag of the page with its attributes.
type element struct {
	name  string
	attrs map[string]string
}

// elements lists the opening tags of a page whose texts are escaped: every < begins a tag.
func elements(t *testing.T, p string) []element {
	t.Helper()
	var out []element
	for _, m := range tag.FindAllStringSubmatch(p, -1) {
		e := element{strings.ToLower(m[1]), map[string]string{}}
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			e.attrs[strings.ToLower(a[1])] = html.UnescapeString(a[2])
		}
		out = append(out, e)
	}
	if all := strings.Count(p, "<") - strings.Count(p, "</") - strings.Count(p, "<!"); len(out) != all {
		t.Errorf("%d tags are read of %d: a text is not escaped", len(out), all)
	}
	return out
}

// Nothing in the page may point outside of it, whatever the names in it are.
func TestPageAsksForNothing(t *testing.T) {
	for name, d := range samples() {
		p := page(t, d)
		style, script := inside(t, p, "<style>", "</style>"), inside(t, p, "<script>", "</script>")
		for _, css := range address.FindAllStringSubmatch(style, -1) {
			if !strings.HasPrefix(css[1], "data:font/woff2;") && !strings.HasPrefix(css[1], "#") {
				t.Errorf("%s: the style asks for %.60s", name, css[1])
			}
		}
		rest := strings.Replace(strings.Replace(p, style, "", 1), script, "", 1)
		for _, e := range elements(t, rest) {
			for _, key := range []string{"href", "src", "action", "srcset", "data", "formaction", "xlink:href"} {
				if v, ok := e.attrs[key]; ok && !strings.HasPrefix(v, "#") && !strings.HasPrefix(v, "data:") {
					t.Errorf("%s: <%s %s=%q>", name, e.name, key, v)
				}
			}
			for key := range e.attrs {
				if key == "style" || strings.HasPrefix(key, "on") {
					t.Errorf("%s: <%s> has %s, which the policy forbids", name, e.name, key)
				}
			}
			switch e.name {
			case "iframe", "object", "embed", "base", "form":
				t.Errorf("%s: there is a <%s>", name, e.name)
			}
		}
	}
}

func TestPagePolicyMatchesItsContent(t *testing.T) {
	p := page(t, hostile())
	policy := strings.ReplaceAll(inside(t, p, `Content-Security-Policy" content="`, `"`), "&#43;", "+")
	policy = html.UnescapeString(policy)
	for _, part := range []struct{ name, open, end string }{{"style-src", "<style>", "</style>"}, {"script-src", "<script>", "</script>"}} {
		if want := part.name + " " + hashOf(inside(t, p, part.open, part.end)); !strings.Contains(policy, want) {
			t.Errorf("policy is %q, want %q in it", policy, want)
		}
	}
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy is %q, want %q in it", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy is %q: it allows what is unsafe", policy)
	}
}

func TestPageEscapesWhatItIsGiven(t *testing.T) {
	p := page(t, hostile())
	if n := strings.Count(p, "<script"); n != 2 {
		t.Errorf("there are %d scripts, want 2", n)
	}
	for _, bad := range []string{"<img src=x", "\u202e", "\u2028", "\x00", "\x1b", "\x07"} {
		if strings.Contains(p, bad) {
			t.Errorf("%q stands in the page as it came", bad)
		}
	}
	data := inside(t, p, `id="data">`, "</script>")
	var parsed struct{ Layers []struct{ N string } }
	if err := json.Unmarshal([]byte(data), &parsed); err != nil {
		t.Fatalf("the data are no JSON: %v", err)
	}
	if got := parsed.Layers[0].N; !strings.HasPrefix(got, "</script><script>alert(1)</script>") || !strings.HasSuffix(got, "conv1") {
		t.Errorf("the first layer is called %q in the data", got)
	}
}

// Words of severity name classes of drawings: one that is none of ours, from a result file of somebody's, is taken from its number.
func TestPageKnowsTheWordsOfSeverity(t *testing.T) {
	d := sample()
	for i := range d.Findings {
		d.Findings[i].Severity.Word = `x"><img src=x>`
	}
	if page(t, d) != page(t, sample()) {
		t.Error("a word of its own changes the page")
	}
}

// Without scripts the page still says everything: verdict, families, findings with their manuals, map, reasons.
func TestPageReadsWithoutScripts(t *testing.T) {
	p := page(t, sample())
	for _, want := range []string{
		"Do not ship. It reads the batch stamp, not the steel", "<strong>Critical</strong><span>worst: Fairness, shortcuts</span>", "coverage 0.88", "Robustness", "not assessed",
		"<details open><summary>", "They cost 52 % of the parameters", "Unrecovered probe drop 0.051 (0.042 to 0.061), 90 % range, 412 samples. Floor: 0.03.",
		"moderate, explained by FIT-04", "minor, suspected", "layers 41–49", "stratascope explain FIT-04", "the skip cost was not measured",
		`aria-label="Fault map: 50 layers. FAI-03 Reads the batch stamp, critical, causal, layers 41–49.`, "normalisation was folded into the convolutions", "95 % range 0.9",
		"rolled-in scale", "<title>resnet50-steel.onnx: Do not ship – Stratascope</title>",
	} {
		if !strings.Contains(html.UnescapeString(p), want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if n := strings.Count(inside(t, p, "<main>", "</main>"), "Do not ship"); n != 1 {
		t.Errorf("the advice stands %d times under the head, want once", n)
	}
	if strings.Contains(p, "3 / 100") || strings.Contains(p, ">E<") {
		t.Error("a grade that is not calibrated is on the page")
	}
}

func TestPageRefusesWhatCannotBeDrawn(t *testing.T) {
	d := sample()
	d.Tracks[0].Values[3].Value = math.Inf(1)
	if err := WriteHTML(&bytes.Buffer{}, d, HTMLOptions{}); err == nil || !strings.Contains(err.Error(), "tracks.0.values.3.value") {
		t.Errorf("error is %v, want the field's name", err)
	}
	d = sample()
	d.Similarity.Matrix = "AAAA"
	if err := WriteHTML(&bytes.Buffer{}, d, HTMLOptions{}); err == nil || !strings.Contains(err.Error(), "similarity.matrix") {
		t.Errorf("error is %v, want the field's name", err)
	}
}

func TestReliabilityBinsStandWhereTheyLie(t *testing.T) {
	even := []finding.Bin{{Count: 3, Confidence: 0.2, Accuracy: 0.3}, {Count: 9, Confidence: 0.9, Accuracy: 0.8}}
	if !evenBins(even) {
		t.Error("two halves are not taken for even bins")
	}
	crowded := []finding.Bin{{Count: 5, Confidence: 0.9, Accuracy: 0.7}, {Count: 5, Confidence: 0.99, Accuracy: 1}}
	if evenBins(crowded) {
		t.Error("two bins above 0.5 are taken for even ones")
	}
	if s := string(reliability(crowded)); !strings.Contains(s, `class="acc" x="89.3%" width="1.4%"`) {
		t.Errorf("the first bin does not stand at 0.9: %s", s)
	}
}

func TestWords(t *testing.T) {
	if got := unbroken("right on 72.1 % of 60, not 5%"); got != "right on 72.1\u00a0% of 60, not 5%" {
		t.Errorf("%q", got)
	}
	for _, c := range []struct{ got, want string }{
		{count(1234567), "1" + thin + "234" + thin + "567"}, {count(-1000), minus + "1" + thin + "000"}, {count(999), "999"},
		{number(0.0000016), "1.6·10⁻⁶"}, {number(1e-6), "10⁻⁶"}, {number(0.1), "0.10"}, {number(12.34), "12.3"}, {number(0), "0"}, {number(12345), "12" + thin + "345"},
		{percent(0.8817), "88.2 %"}, {decimals(-0.0001, 2), "0.00"}, {decimals(-0.5, 1), minus + "0.5"},
		{within(0.7812, 0.72, 0.83), "0.78 (0.72 to 0.83)"}, {within(0.0512, 0.042, 0.061), "0.051 (0.042 to 0.061)"},
		{span(3, 3), "layer 3"}, {span(3, 9), "layers 3–9"}, {listed([]string{"a", "b", "c"}), "a, b and c"},
		{treatmentWords("re-estimate-norm"), "Re-estimate norm"}, {treatmentWords("remove-units"), "Remove units"}, {treatmentWords("Temperature 1.83"), "Temperature 1.83"},
		{sentence("accuracy changes by -63.1 points (-66.2 to -59.9)"), "Accuracy changes by −63.1 points (−66.2 to −59.9)"},
		{kind(finding.Layer{Op: "Conv", Kernel: []int{3, 3}, Units: 64, Shape: []int{64, 56, 56}}), "3×3 convolution, 64 channels, 56 × 56"},
		{kind(finding.Layer{Op: "Gemm", Units: 6, Shape: []int{6}}), "linear, 6 units"}, {plural(2, "class"), "2 classes"}, {clean("a\u202eb\x00c\nd"), "abc d"},
	} {
		if c.got != c.want {
			t.Errorf("found %q, want %q", c.got, c.want)
		}
	}
}

// Links stand with what healthy networks show, and what was asked for with its own scale.
func TestPageTellsLinksAndWhatWasAskedFor(t *testing.T) {
	s := page(t, samples()["asked"])
	row := inside(t, inside(t, s, `<details class="more links">`, "</details>"), "<tbody>\n", "\n")
	if want := `<td class="num">0.900 (0.880 to 0.920)</td><td class="num">0.950</td><td class="num">−1.6</td><td class="num">0.800 (0.770 to 0.830)</td><td class="num">0.850</td><td class="num"></td><td class="num">−0.050 (−0.070 to −0.030)</td><td class="num"></td><td class="num"></td></tr>`; !strings.HasSuffix(row, want) {
		t.Errorf("the first link is %s", row)
	}
	// 50 layers, p 0.001 + 0.002 times how far they are apart: up to 24 apart p is at most 0.05.
	if want := "By 999 permutations of 1\u202f024 samples, 900 of 1\u202f225 pairs are related for all at once (p at most 0.05, max-T); the least p is 0.0030."; !strings.Contains(s, want) {
		t.Errorf("no %q", want)
	}
	if !strings.Contains(s, `"least":-1`) {
		t.Error("the script is not told that a measure goes below 0")
	}
	for _, other := range []string{page(t, samples()["sample"]), page(t, samples()["clear"])} {
		if strings.Contains(other, "max-T") || strings.Contains(other, `"least"`) {
			t.Error("permutations and measures below 0 without asking")
		}
	}
}

// The bundle in the repository is what its sources give.
func TestBundleIsCurrent(t *testing.T) {
	want, err := bundle.Script("page/script/main.ts")
	if err != nil {
		t.Fatal(err)
	}
	got, err := files.ReadFile("page/script/bundle.js")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("page/script/bundle.js is old: run go generate ./report")
	}
	if bytes.Contains(got, []byte("</script")) || bytes.Contains(got, []byte("<!--")) {
		t.Error("the script would end early in the page")
	}
}

func FuzzPage(f *testing.F) {
	f.Add("conv1", "</script>", 3, 0.5)
	f.Add("", "\u202e", 0, -1.0)
	f.Fuzz(func(t *testing.T, layer, title string, layers int, value float64) {
		if layers < 0 || layers > 400 || math.IsNaN(value) || math.IsInf(value, 0) {
			return
		}
		d := &finding.Diagnosis{Format: finding.Format, Version: finding.Version, Verdict: finding.Verdict{Sentence: title}}
		track := finding.Track{Name: title, Unit: layer}
		for range layers {
			d.Layers = append(d.Layers, finding.Layer{Name: layer, Stage: title, After: []string{layer, "input"}})
			track.Values = append(track.Values, finding.TrackValue{Layer: layer, Value: value})
		}
		d.Tracks = []finding.Track{track, {Name: "gradient", Values: track.Values}, {Name: "probe train", Values: track.Values}}
		d.Findings = []finding.Finding{{Code: title, Title: title, Severity: finding.Severity{Value: value, Word: finding.WordOf(value)}, Extent: finding.Extent{Layers: []string{layer}}}}
		var b bytes.Buffer
		if err := WriteHTML(&b, d, HTMLOptions{}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "<script"); n != 2 {
			t.Fatalf("%d scripts in the page, want 2", n)
		}
		if strings.Contains(b.String(), "NaN") && !strings.Contains(layer+title, "NaN") {
			i := strings.Index(b.String(), "NaN")
			t.Fatalf("NaN in the page: %.200s", b.String()[max(0, i-100):])
		}
		if err := WriteTerminal(&b, d, TerminalOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

// inside is the text between two marks, each the first of its kind.
func inside(t *testing.T, s, open, end string) string {
	t.Helper()
	_, after, ok := strings.Cut(s, open)
	if !ok {
		t.Fatalf("no %q", open)
	}
	in, _, ok := strings.Cut(after, end)
	if !ok {
		t.Fatalf("no %q after %q", end, open)
	}
	return in
}
