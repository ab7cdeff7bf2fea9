package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/finding"
)

func TestRulesForPrograms(t *testing.T) {
	code, out, stderr := said("rules", "--format", "json")
	var got []listedRule
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || stderr != "" {
		t.Fatalf("code %d, %v, %q", code, err, stderr)
	}
	rules := all.Detectors()
	if len(got) != len(rules) {
		t.Fatalf("%d rules, want %d", len(got), len(rules))
	}
	for i, d := range rules {
		want := listedRule{Code: d.Code, Name: d.Name, Title: d.Title, Family: d.Family, Version: d.Version, Needs: string(d.Tier),
			Anchors: listedAnchors{d.Anchors.Minor, d.Anchors.Moderate, d.Anchors.Critical}, Cap: 100, MayConfirm: d.Exact}
		if d.Anchors.Cap > 0 {
			want.Cap = d.Anchors.Cap
		}
		if got[i] != want {
			t.Errorf("%s is %+v, want %+v", d.Code, got[i], want)
		}
	}
}

func TestRulesForPeople(t *testing.T) {
	var out bytes.Buffer
	rules := []*detector.Detector{
		{Code: "UNI-01", Name: "dead-units", Title: "Dead units", Family: "units", Tier: detector.Features, Anchors: finding.Anchors{Minor: 0.25, Moderate: 0.5, Critical: 0.9}, Exact: true},
		{Code: "UNI-06", Name: "outlier-channels", Title: "Outlier channels", Family: "units", Tier: detector.Features, Anchors: finding.Anchors{Minor: 1.3, Moderate: 2, Critical: 3, Cap: 39}},
		{Code: "GRD-06", Name: "numeric-faults", Title: "Numeric faults", Family: "gradients", Tier: detector.Weights, Anchors: finding.Anchors{Minor: 1e-9, Moderate: 0.01, Critical: 0.1}, Exact: true},
	}
	if err := writeRules(&out, catalogue(rules)); err != nil {
		t.Fatal(err)
	}
	want := `  code    name              title             needs       minor mod. crit. cap  exact

units
  UNI-01  dead-units        Dead units        features     0.25  0.5   0.9 100  yes
  UNI-06  outlier-channels  Outlier channels  features      1.3    2     3  39  no

gradients
  GRD-06  numeric-faults    Numeric faults    weights     1e-09 0.01   0.1 100  yes

  3 rules. What one means: stratascope explain dead-units
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

// TestRulesFit holds the table of all rules within the 100 columns of a terminal.
func TestRulesFit(t *testing.T) {
	_, out, _ := said("rules")
	for _, l := range strings.Split(out, "\n") {
		if len(l) > 100 {
			t.Errorf("%d columns: %q", len(l), l)
		}
	}
	for _, d := range all.Detectors() {
		if strings.Count(out, "  "+d.Code+"  "+d.Name+" ") != 1 {
			t.Errorf("%s %s is not listed once", d.Code, d.Name)
		}
	}
}

func TestRulesRefuses(t *testing.T) {
	for _, args := range [][]string{{"rules", "UNI-01"}, {"rules", "--format", "html"}} {
		if code, out, stderr := said(args...); code != exitUsage || out != "" || stderr == "" {
			t.Errorf("%q: code %d, %q, %q", args, code, out, stderr)
		}
	}
}
