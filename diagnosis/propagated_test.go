package diagnosis

import (
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

// What only similarity or a probe says of layers behind the one that is named comes down from it, where a finding in it is as
// bad and as sure.
func TestPropagated(t *testing.T) {
	at := func(code, layer string, severity float64, sure finding.Certainty) finding.Finding {
		return finding.Finding{Code: code, Verdict: sure, Severity: finding.Severity{Value: severity, Word: finding.Major}, Site: finding.ResultSite{Layer: layer}, Extent: finding.Extent{Layers: []string{layer}}}
	}
	layers := []finding.Layer{{Name: "a", After: []string{"input"}}, {Name: "b", After: []string{"a"}}, {Name: "beside", After: []string{"a"}}, {Name: "c", After: []string{"b", "beside"}}, {Name: "d", After: []string{"c"}}}
	root := at("UNI-01", "b", 65, finding.Confirmed)
	named := Culprit{Named: true, Suspects: []finding.Suspect{{Layer: "b", Share: 1}}, Repeats: 20, own: map[string]bool{"b": true, "d": true}}
	explained := at("REP-01", "c", 50, finding.Suspected)
	explained.ExplainedBy = "UNI-06@c"
	for _, c := range []struct {
		name string
		of   Culprit
		f    finding.Finding
		want string
	}{
		{"a weak link behind it", named, at("REP-01", "c", 50, finding.Suspected), "b"},
		{"labels lost behind it", named, at("FIT-04", "c", 65, finding.Confirmed), "b"},
		{"worse than the cause", named, at("FIT-04", "c", 66, finding.Confirmed), ""},
		{"surer than the cause", named, at("FIT-04", "c", 50, finding.Causal), ""},
		{"a state of its own", named, at("UNI-04", "c", 50, finding.Suspected), ""},
		{"in a layer that has evidence of its own", named, at("REP-01", "d", 50, finding.Suspected), ""},
		{"before it", named, at("REP-01", "a", 50, finding.Suspected), ""},
		{"beside it", named, at("REP-01", "beside", 50, finding.Suspected), ""},
		{"in it", named, at("REP-01", "b", 50, finding.Suspected), ""},
		{"explained already", named, explained, ""},
		{"nobody named", Culprit{Suspects: named.Suspects}, at("REP-01", "c", 50, finding.Suspected), ""},
		{"another layer named", Culprit{Named: true, Suspects: []finding.Suspect{{Layer: "a"}}}, at("REP-01", "c", 50, finding.Suspected), ""},
	} {
		d := finding.Diagnosis{Layers: layers, Findings: []finding.Finding{root, c.f}}
		conclude(&d)
		c.of.Tell(&d)
		if got := d.Findings[1].PropagatedFrom; got != c.want || d.Findings[0].PropagatedFrom != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if more := strings.Contains(d.Verdict.Detail, "one more explained"); more != (c.want != "" || c.f.ExplainedBy != "") {
			t.Errorf("%s: %q", c.name, d.Verdict.Detail)
		}
		if c.f.ExplainedBy == "" && Counts(d.Findings[1], d.Findings) == (c.want != "") {
			t.Errorf("%s: it counts %v", c.name, c.want == "")
		}
	}
}
