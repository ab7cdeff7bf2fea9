package main

import (
	"testing"

	"github.com/stratascope/stratascope/finding"
)

func TestFreshFindings(t *testing.T) {
	at := func(code string, w finding.Word, layers []string, classes ...int) finding.Finding {
		return finding.Finding{Code: code, Verdict: finding.Confirmed, Severity: finding.Severity{Word: w}, Site: finding.ResultSite{Layer: layers[0]}, Extent: finding.Extent{Layers: layers, Classes: classes}}
	}
	suspected := at("UNI-01", finding.Critical, []string{"fc"})
	suspected.Verdict = finding.Suspected
	earlier := &finding.Diagnosis{Findings: []finding.Finding{at("UNI-01", finding.Moderate, []string{"conv1", "conv2"}), at("FAI-02", finding.Major, []string{"output"}, 3)}}
	for _, c := range []struct {
		name  string
		now   finding.Finding
		fresh bool
	}{
		{"the same", at("UNI-01", finding.Moderate, []string{"conv1", "conv2"}), false},
		{"grown by a layer", at("UNI-01", finding.Moderate, []string{"conv2", "conv3"}), false},
		{"milder", at("UNI-01", finding.Minor, []string{"conv1"}), false},
		{"worse", at("UNI-01", finding.Major, []string{"conv1"}), true},
		{"elsewhere", at("UNI-01", finding.Moderate, []string{"fc"}), true},
		{"another rule", at("UNI-04", finding.Moderate, []string{"conv1"}), true},
		{"another class", at("FAI-02", finding.Major, []string{"output"}, 4), true},
		{"the same class", at("FAI-02", finding.Major, []string{"output"}, 3), false},
		{"below the gate", at("REP-04", finding.None, []string{"fc"}), false},
		{"a suspicion", suspected, false},
	} {
		d := &finding.Diagnosis{Findings: []finding.Finding{c.now}, Verdict: finding.Verdict{Coverage: 0.9}}
		s := &settings{failOn: "never", failOnNew: "minor"}
		if got := s.verdict(d, earlier) != nil; got != c.fresh {
			t.Errorf("%s: new is %v, want %v", c.name, got, c.fresh)
		}
		if s.verdict(d, nil) != nil {
			t.Errorf("%s: gated without an earlier result", c.name)
		}
	}
}
