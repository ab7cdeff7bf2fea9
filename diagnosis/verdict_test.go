package diagnosis

import (
	"math"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

// of puts a finding into a family.
func of(family string, f finding.Finding) finding.Finding {
	f.Family, f.Message = family, "something is wrong; see there"
	return f
}

// ruled are rules that were clear in the named families.
func ruled(families ...string) (out []finding.Rule) {
	for _, f := range families {
		out = append(out, finding.Rule{Code: f, Family: f, State: finding.StateClear})
	}
	return out
}

func names() (out []string) {
	for _, k := range Families() {
		out = append(out, k.Name)
	}
	return out
}

// The examples of METHODS 11.3: one minor family (30) 79 or 70; one major (70) 51 or 30; six moderate (50,
// weight 0.7) 45; one critical fit flaw (90) 10.
func TestHealth(t *testing.T) {
	six := []finding.Finding{}
	for _, f := range []string{"representation", "units", "weights", "confidence", "fairness", "data"} {
		six = append(six, of(f, found("X", "fc", 50, finding.Confirmed)))
	}
	one := func(family string, severity float64, sure finding.Certainty) []finding.Finding {
		return []finding.Finding{of(family, found("X", "fc", severity, sure))}
	}
	child := one("fit", 90, finding.Confirmed)
	child[0].ExplainedBy = "NRM-01@conv1"
	for _, c := range []struct {
		name string
		fs   []finding.Finding
		want float64
	}{
		{"nothing", nil, 100},
		{"minor", one("units", 30, finding.Confirmed), 79},
		{"minor of weight 1", one("fit", 30, finding.Confirmed), 70},
		{"major", one("units", 70, finding.Confirmed), 51},
		{"major of weight 1", one("fit", 70, finding.Confirmed), 30},
		{"six moderate", six, 45},
		{"critical", one("fit", 90, finding.Confirmed), 10},
		{"suspected counts half", one("fit", 90, finding.Suspected), 55},
		{"explained counts nothing", child, 100},
	} {
		got, coverage := health(c.fs, familiesOf(c.fs, ruled(names()...), true))
		if math.Abs(got-c.want) > 0.5 || coverage != 1 {
			t.Errorf("%s: %.1f with coverage %v, want %v", c.name, got, coverage, c.want)
		}
	}
}

// Two of the eleven families without attention, of weights 1 and 0.7; all weigh 3 x 1 + 8 x 0.7 = 8.6.
func TestCoverage(t *testing.T) {
	_, got := health(nil, familiesOf(nil, ruled("fit", "units"), false))
	if want := 1.7 / 8.6; math.Abs(got-want) > 1e-12 {
		t.Errorf("coverage %v, want %v", got, want)
	}
}

func TestFamilies(t *testing.T) {
	rules := append(ruled("units", "fit", "weights", "confidence"),
		finding.Rule{Family: "gradients", State: finding.NotAssessed, Text: "no gradients"},
		finding.Rule{Family: "data", State: finding.Inconclusive},
		finding.Rule{Family: "fit", State: finding.NotAssessed, Text: "no labels"},
		finding.Rule{Family: "units", State: finding.Inconclusive})
	child := of("confidence", found("CAL-01", "output", 70, finding.Confirmed))
	child.ExplainedBy = "NRM-01@conv1"
	fs := []finding.Finding{child, of("units", found("A", "fc", 70, finding.Suspected)), of("units", found("B", "fc", 50, finding.Confirmed))}
	got := map[string]finding.Family{}
	for _, f := range familiesOf(fs, rules, false) {
		got[f.Name] = f
	}
	for name, want := range map[string]struct {
		state  finding.State
		reason string
	}{
		"units":      {finding.Flawed, ""},
		"fit":        {finding.StateClear, ""},
		"gradients":  {finding.NotAssessed, "no gradients"},
		"data":       {finding.Inconclusive, "too few samples to say"},
		"confidence": {finding.StateNoted, "explained by NRM-01@conv1"},
		"robustness": {finding.NotAssessed, "no rule of this family is in this version"},
	} {
		if f := got[name]; f.State != want.state || f.Reason != want.reason {
			t.Errorf("%s is %s (%s), want %s (%s)", name, f.State, f.Reason, want.state, want.reason)
		}
	}
	// Behind values that are not finite nothing was seen, which is not health.
	nan := of("gradients", found("GRD-06", "conv1", 100, finding.Confirmed))
	nan.Extent.Layers = []string{"conv1", "fc"}
	blind := append(ruled("fit"), finding.Rule{Family: "weights", State: finding.StateClear, Places: []finding.Spot{{Layer: "fc", State: finding.NotAssessed}}})
	for _, f := range familiesOf([]finding.Finding{nan}, blind, false) {
		if f.Name == "weights" && (f.State != finding.Inconclusive || f.Reason != "nothing could be seen behind GRD-06@conv1") || f.Name == "fit" && f.State != finding.StateClear {
			t.Errorf("%s is %s (%s)", f.Name, f.State, f.Reason)
		}
	}
	if s := got["units"].Severity; s == nil || s.Value != 50 {
		t.Errorf("units have severity %+v, want that of the confirmed finding: a suspicion of 70 counts 35", s)
	}
	if _, ok := got["attention"]; ok {
		t.Error("attention is listed for a network that has none")
	}
}

func TestAdvice(t *testing.T) {
	child := found("X", "fc", 90, finding.Confirmed)
	child.ExplainedBy = "Y@fc"
	for _, c := range []struct {
		name     string
		fs       []finding.Finding
		coverage float64
		want     finding.Advice
	}{
		{"nothing", nil, 0.8, finding.Ship},
		{"nothing, little examined", nil, 0.49, finding.CannotTell},
		{"minor", []finding.Finding{found("X", "fc", 39, finding.Confirmed)}, 0.8, finding.Ship},
		{"moderate", []finding.Finding{found("X", "fc", 40, finding.Confirmed)}, 0.8, finding.ShipWithCare},
		{"moderate suspicion", []finding.Finding{found("X", "fc", 59, finding.Suspected)}, 0.8, finding.Ship},
		{"major suspicion", []finding.Finding{found("X", "fc", 60, finding.Suspected)}, 0.8, finding.ShipWithCare},
		{"major", []finding.Finding{found("X", "fc", 60, finding.Confirmed)}, 0.8, finding.DoNotShip},
		{"major with a cause", []finding.Finding{found("X", "fc", 60, finding.Causal)}, 0.8, finding.DoNotShip},
		{"major, little examined", []finding.Finding{found("X", "fc", 60, finding.Confirmed)}, 0.2, finding.DoNotShip},
		{"moderate, little examined", []finding.Finding{found("X", "fc", 50, finding.Confirmed)}, 0.2, finding.CannotTell},
		{"explained", []finding.Finding{child}, 0.8, finding.Ship},
		{"explained by what is worse", []finding.Finding{found("Y", "fc", 95, finding.Suspected), child}, 0.8, finding.ShipWithCare},
		{"explained by what is milder", []finding.Finding{found("Y", "fc", 59, finding.Confirmed), child}, 0.8, finding.DoNotShip},
		{"suspicion first, then major", []finding.Finding{found("X", "fc", 79, finding.Suspected), found("Y", "fc", 61, finding.Confirmed)}, 0.8, finding.DoNotShip},
	} {
		if got := advice(c.fs, c.coverage); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSentence(t *testing.T) {
	rules := ruled("units", "fit")
	one := ruled("units")
	span := of("units", found("X", "conv1", 70, finding.Confirmed))
	span.Extent.Layers = []string{"conv1", "conv2", "conv3"}
	out := of("confidence", found("CAL-01", "output", 50, finding.Confirmed))
	out.Site.Kind = finding.Output
	third := of("fit", found("Z", "fc", 45, finding.Confirmed))
	for _, c := range []struct {
		advice finding.Advice
		fs     []finding.Finding
		rules  []finding.Rule
		want   string
	}{
		{finding.Ship, nil, rules, "Ship. Nothing found by the 2 rules that could run."},
		{finding.Ship, nil, one, "Ship. Nothing found by the 1 rule that could run."},
		{finding.Ship, []finding.Finding{of("units", found("X", "fc", 25, finding.Confirmed))}, rules, "Ship. Nothing above minor was found by the 2 rules that could run."},
		{finding.CannotTell, nil, rules, "Cannot tell. Too little of the network could be examined."},
		{finding.DoNotShip, []finding.Finding{span, out, third}, rules, "Do not ship. In conv1 to conv3 something is wrong, and something is wrong."},
		{finding.DoNotShip, []finding.Finding{of("units", found("X", "conv1", 70, finding.Confirmed)), of("units", found("X", "conv2", 70, finding.Confirmed)), of("units", found("X", "fc", 70, finding.Confirmed)), third}, rules,
			"Do not ship. In conv1 and two more layers something is wrong, and in fc something is wrong."},
		{finding.ShipWithCare, []finding.Finding{out}, rules, "Ship with care. Something is wrong."},
	} {
		if got := sentence(c.advice, c.fs, c.rules); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestDetail(t *testing.T) {
	rules := append(ruled("units", "fit"), finding.Rule{State: finding.NotAssessed})
	child := found("CAL-01", "output", 70, finding.Confirmed)
	child.ExplainedBy = "NRM-01@conv1"
	fs := []finding.Finding{found("NRM-01", "conv1", 85, finding.Confirmed), child, found("A", "fc", 30, finding.Confirmed), found("B", "fc", 30, finding.Suspected)}
	if got, want := detail(fs, rules), "One critical and one minor finding and one suspicion by two rules, one more explained by them. One rule could not be assessed."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := detail(nil, rules[:2]), "No findings by two rules."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestVerdictNamesTheWorstFamily(t *testing.T) {
	fs := []finding.Finding{of("fit", found("X", "fc", 45, finding.Confirmed)), of("units", found("Y", "fc", 30, finding.Confirmed))}
	v := verdict(fs, familiesOf(fs, ruled(names()...), true), ruled(names()...))
	if v.Worst != "fit" || v.Advice != finding.ShipWithCare || v.Calibrated || v.Grade != "" || v.Health != nil || v.Coverage != 1 {
		t.Errorf("%+v", v)
	}
	if !strings.HasPrefix(v.Sentence, "Ship with care.") {
		t.Errorf("sentence %q", v.Sentence)
	}
	fs = append(fs, of("fairness", found("Z", "output", 79, finding.Suspected)))
	if v := verdict(fs, familiesOf(fs, ruled(names()...), true), ruled(names()...)); v.Worst != "fit" {
		t.Errorf("worst family is %q, want the confirmed one, not a suspicion", v.Worst)
	}
}
