package diagnosis

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
)

var layers = []graph.Layer{{Name: "conv1"}, {Name: "conv2"}, {Name: "conv3"}, {Name: "fc"}}

// at is a measurement of a layer that is confirmed from 0.25 on.
func at(layer string, effect float64) finding.Measurement {
	return finding.Measurement{Place: finding.Place{Sites: []finding.Site{{Layer: layer, Of: finding.Activation}}}, Name: "share", Effect: effect, Low: effect, High: effect,
		P: math.NaN(), N: 500, Null: finding.R5, Title: "Title", Message: "message of " + layer, Evidence: "evidence"}
}

func run(d *detector.Detector, ms ...finding.Measurement) detector.Outcome {
	return detector.Outcome{Detector: d, Measurements: ms}
}

func lines(fs []finding.Finding) (out []string) {
	for _, f := range fs {
		out = append(out, f.Code+"@"+strings.Join(f.Extent.Layers, "+"))
	}
	return out
}

func TestFindingsComeWorstFirst(t *testing.T) {
	d := Diagnose([]detector.Outcome{
		run(rule("UNI-05", true), at("fc", 0.3), at("conv2", 0.3), at("conv1", 0.9)),
		run(rule("UNI-01", true), at("conv3", 0.3), at("conv1", 0.1)),
		run(rule("UNI-04", false), at("conv1", 0.3)),
	}, layers)
	want := []string{"UNI-05@conv1", "UNI-01@conv3", "UNI-05@conv2", "UNI-05@fc", "UNI-04@conv1"}
	if got := lines(d.Findings); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSpans(t *testing.T) {
	d := rule("REP-02", true)
	d.Spans = true
	span := Diagnose([]detector.Outcome{run(d, at("input", 0.6), at("conv1", 0.5), at("conv2", 0.7), at("fc", 0.6))}, layers)
	want := []string{"REP-02@conv1+conv2", "REP-02@input", "REP-02@fc"}
	got := lines(span.Findings)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for _, f := range span.Findings {
		if len(f.Extent.Layers) == 2 && (f.Site.Layer != "conv2" || f.Measure.Value != 0.7) {
			t.Errorf("the span is led by %s with %v, want the worst", f.Site.Layer, f.Measure.Value)
		}
	}
	apart := Diagnose([]detector.Outcome{run(rule("REP-02", true), at("conv1", 0.5), at("conv2", 0.7))}, layers)
	if len(apart.Findings) != 2 {
		t.Errorf("%v were joined by a rule that does not ask for it", lines(apart.Findings))
	}
}

// What came down from a layer is told with that layer, which leads however far off it is; what arose anew
// is not.
func TestSpansFromASource(t *testing.T) {
	d := rule("GRD-06", true)
	d.Spans = true
	far := at("fc", 0.9)
	far.From = "conv1"
	fs := Diagnose([]detector.Outcome{run(d, at("conv1", 0.5), at("conv3", 0.6), far)}, layers).Findings
	want := []string{"GRD-06@conv3", "GRD-06@conv1+fc"}
	if got := lines(fs); !slices.Equal(got, want) || fs[1].Site.Layer != "conv1" || fs[1].Measure.Value != 0.5 {
		t.Errorf("%v at %s, want %v at conv1", got, fs[1].Site.Layer, want)
	}
	if got := clause(mention{Finding: fs[1]}); !strings.HasPrefix(got, "in conv1 message") {
		t.Errorf("the sentence stands at the source: %q", got)
	}
}

// METHODS 3.12: a finding carries what is needed to judge it again.
func TestProvenance(t *testing.T) {
	m := at("conv1", 0.5)
	m.Details = map[string]float64{"draws": 999, "nothing": math.NaN()}
	m.Impact = &finding.Estimate{Value: 2, Low: 1, High: 3}
	d := rule("UNI-06", true)
	d.Anchors.Cap = 39
	m.Splits = []string{"train", "val"}
	o := run(d, m, at("conv2", 0.1))
	o.Seed, o.Notes = 7, []string{"training labels were not examined"}
	result := Diagnose([]detector.Outcome{o, run(rule("UNI-01", true), at("fc", 0.1))}, layers)
	if !slices.Equal(result.Run.Notes, o.Notes) {
		t.Errorf("notes %q", result.Run.Notes)
	}
	f := result.Findings[0]
	b, err := json.Marshal(f.Provenance)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"anchors":[0.25,0.5,0.9],"cap":39,"draws":999,"impact_points":[2,1,3],"m":2,"procedure":"Benjamini-Hochberg within a rule, Benjamini-Bogomolov over rules","rules":2,"rules_selected":1,"seed":7,"split":["train","val"]}`
	if string(b) != want {
		t.Errorf("%s\nwant %s", b, want)
	}
	x := f.Measure
	if x.Name != "share" || x.Value != 0.5 || x.N != 500 || x.P == nil || x.Q == nil || x.Floor != 0.25 || x.Level != 0.9 || f.RuleVersion != 3 || f.Reference != finding.R5 || !f.Calibrated {
		t.Errorf("%+v", f)
	}
}

func TestRules(t *testing.T) {
	skipped := run(rule("X-02", true))
	skipped.Skipped = []detector.Skipped{{Layer: "conv1", Code: "too-few-samples", Why: "99 samples"}, {Code: "no-labels", Why: "there are no labels", Needs: "labels"}}
	part := run(rule("X-03", true), at("conv1", 0.1))
	part.Skipped = []detector.Skipped{{Layer: "conv2", Code: "folded-norm", Why: "folded"}}
	noted, open := at("conv1", 0.2), at("conv1", 0.1)
	noted.High, open.Low, open.High = 0.3, -0.5, 0.5
	for _, c := range []struct {
		o      detector.Outcome
		state  finding.State
		reason string
		places int
	}{
		{run(rule("X-01", true), at("conv1", 0.1), at("conv2", 0.5)), finding.Flawed, "", 2},
		{skipped, finding.NotAssessed, "no-labels", 1},
		{part, finding.StateClear, "", 2},
		{run(rule("X-04", true), noted, at("conv2", 0.1)), finding.StateNoted, "", 2},
		{run(rule("X-05", true), open, at("conv2", 0.1)), finding.Inconclusive, "", 2},
		{run(rule("X-06", true)), finding.NotAssessed, "nothing-to-measure", 0},
		{run(rule("X-07", true), at("conv1", math.NaN())), finding.NotAssessed, "not-finite", 1},
	} {
		r := Diagnose([]detector.Outcome{c.o}, layers).Rules[0]
		if r.State != c.state || r.Reason != c.reason || len(r.Places) != c.places {
			t.Errorf("%s: %s (%s) with %d places, want %s (%s) with %d", r.Code, r.State, r.Reason, len(r.Places), c.state, c.reason, c.places)
		}
	}
}

// Names come from files: nothing of them may turn letters round or move a cursor.
func TestControlCharactersAreStripped(t *testing.T) {
	const evil = "\x1b[31mconv\u202e1\u2028\u200b\x00\xff"
	const want = "[31mconv1"
	m := at(evil, 0.5)
	m.Title, m.Message, m.Evidence, m.Caveats = evil, evil, evil, []string{evil}
	m.Place.Groups, m.Place.Samples = []string{evil}, []string{evil}
	m.Remedies = []finding.Remedy{{Treatment: evil, Why: evil}}
	o := run(rule("X-01", true), m)
	o.Skipped = []detector.Skipped{{Layer: evil, Code: "x", Why: evil, Needs: evil}}
	o.Tracks = []finding.Track{{Name: "rank", Values: []finding.TrackValue{{Layer: evil, Value: 1}}}}
	d := Diagnose([]detector.Outcome{o}, []graph.Layer{{Name: evil, Stage: evil, After: []string{evil}}})
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`\u001b`, "\u202e", `\u2028`, "\u200b", `\u0000`, "\ufffd", `\ufffd`} {
		if strings.Contains(string(b), bad) {
			t.Errorf("%q is left in the result", bad)
		}
	}
	if f := d.Findings[0]; f.Site.Layer != want || d.Layers[0].Name != want || d.Tracks[0].Values[0].Layer != want || f.Remedies[0].Why != want {
		t.Errorf("layer %q, want %q", f.Site.Layer, want)
	}
}

func TestNumbersThatDoNotExistAreLeftOut(t *testing.T) {
	m := at("conv1", 0.5)
	m.Low, m.High = math.NaN(), math.Inf(1)
	o := run(rule("X-01", true), m, at("conv2", math.Inf(1)))
	nan, one := math.NaN(), 1.0
	o.Tracks = []finding.Track{{Name: "rank", Values: []finding.TrackValue{{Layer: "conv1", Value: nan}, {Layer: "conv2", Value: 2, Low: &one, High: &nan}}}}
	d := Diagnose([]detector.Outcome{o}, layers)
	if _, err := json.Marshal(d); err != nil {
		t.Fatal(err)
	}
	if f := d.Findings[0]; f.Verdict != finding.Suspected || f.Measure.Low != 0.5 || len(f.Caveats) == 0 {
		t.Errorf("%+v", f)
	}
	if v := d.Tracks[0].Values; len(v) != 1 || v[0].Low != nil || v[0].High != nil {
		t.Errorf("track %+v", v)
	}
}
