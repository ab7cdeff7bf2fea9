package diagnosis

import (
	"slices"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

func found(code, layer string, severity float64, sure finding.Certainty) finding.Finding {
	f := finding.Finding{Code: code, Verdict: sure, Site: finding.ResultSite{Layer: layer, Kind: finding.Activation}, Extent: finding.Extent{Layers: []string{layer}}}
	f.Severity = finding.Severity{Value: severity, Word: finding.WordOf(severity)}
	return f
}

// with adds what was measured of a finding, as its provenance holds it.
func with(key string, value any, f finding.Finding) finding.Finding {
	f.Provenance = map[string]any{key: value}
	f.Measure.Floor = 0.1
	return f
}

func TestLinks(t *testing.T) {
	const sure, maybe = finding.Confirmed, finding.Suspected
	for _, c := range []struct {
		name string
		fs   []finding.Finding // worst first; the question is what explains the last
		want string
	}{
		{"dead units explain the collapse of their layer", []finding.Finding{found("UNI-01", "conv2", 70, sure), found("REP-04", "conv2", 50, sure)}, "UNI-01@conv2"},
		{"but not of another", []finding.Finding{found("UNI-01", "conv1", 70, sure), found("REP-04", "conv2", 50, sure)}, ""},
		{"a massive channel explains the link next to it", []finding.Finding{found("UNI-06", "conv2", 39, sure), found("REP-02", "conv3", 30, sure)}, "UNI-06@conv2"},
		{"but none further off", []finding.Finding{found("UNI-06", "conv1", 39, sure), found("REP-02", "fc", 30, sure)}, ""},
		{"stale statistics explain what lies behind them", []finding.Finding{found("NRM-01", "conv1", 70, finding.Causal), found("REP-04", "fc", 50, sure)}, "NRM-01@conv1"},
		{"and the outputs", []finding.Finding{found("NRM-01", "conv1", 70, finding.Causal), found("CAL-01", "output", 50, sure)}, "NRM-01@conv1"},
		{"but only where mending them was measured to help", []finding.Finding{found("NRM-01", "conv1", 39, sure), found("FIT-03", "fc", 79, sure)}, ""},
		{"but nothing before them", []finding.Finding{found("NRM-01", "conv3", 70, finding.Causal), found("REP-04", "conv1", 50, sure)}, ""},
		{"an overwritten layer explains what behind it does not fit", []finding.Finding{found("FAL-04", "conv1", 70, maybe), found("REP-09", "conv2", 60, maybe)}, "FAL-04@conv1"},
		{"a frozen layer is untrained", []finding.Finding{found("FAL-02", "conv1", 70, sure), found("FAL-04", "conv1", 60, maybe)}, "FAL-02@conv1"},
		{"a suspicion explains nothing confirmed", []finding.Finding{found("UNI-01", "conv2", 70, maybe), found("REP-04", "conv2", 50, sure)}, ""},
		{"but another suspicion", []finding.Finding{found("UNI-01", "conv2", 70, maybe), found("REP-04", "conv2", 50, maybe)}, "UNI-01@conv2"},
		{"the worst of several causes", []finding.Finding{found("NRM-01", "conv2", 70, finding.Causal), found("NRM-01", "conv1", 60, finding.Causal), found("CAL-01", "output", 50, sure)}, "NRM-01@conv2"},
		{"what is minor explains nothing that is more", []finding.Finding{found("REP-04", "conv2", 75, sure), found("UNI-01", "conv2", 25, sure), found("UNI-05", "conv2", 20, sure)}, "REP-04@conv2"},
		{"a milder cause explains too", []finding.Finding{found("UNI-01", "conv2", 45, sure), found("REP-04", "conv2", 75, sure)}, "UNI-01@conv2"},
		{"a layer without a living unit explains what lies behind it", []finding.Finding{with("share", 1.0, found("UNI-01", "conv1", 100, sure)), found("FIT-04", "conv2", 79, sure)}, "UNI-01@conv1"},
		{"one with living units does not", []finding.Finding{with("share", 0.9, found("UNI-01", "conv1", 80, sure)), found("FIT-04", "conv2", 79, sure)}, ""},
		{"nor what lies before it", []finding.Finding{with("share", 1.0, found("UNI-01", "conv3", 100, sure)), found("FIT-04", "conv2", 79, sure)}, ""},
		{"what is explained explains nothing, whatever comes first", []finding.Finding{found("UNI-01", "conv2", 40, sure), found("REP-04", "conv2", 50, sure), found("UNI-05", "conv2", 30, sure)}, ""},
		{"a gap explains over-confidence", []finding.Finding{found("FIT-01", "output", 59, sure), with("signed gap", 0.3, found("CAL-01", "output", 79, sure))}, "FIT-01@output"},
		{"but not the contrary", []finding.Finding{found("FIT-01", "output", 59, sure), with("signed gap", -0.3, found("CAL-01", "output", 79, sure))}, ""},
		{"and not if it is only suspected", []finding.Finding{found("FIT-01", "output", 59, maybe), with("signed gap", 0.3, found("CAL-01", "output", 79, sure))}, ""},
		{"a gap explains a class that was learnt", []finding.Finding{found("FIT-01", "output", 59, sure), with("gap in training", 0.0, found("FAI-02", "output", 70, maybe))}, "FIT-01@output"},
		{"but not one that never was", []finding.Finding{found("FIT-01", "output", 59, sure), with("gap in training", 0.3, found("FAI-02", "output", 70, maybe))}, ""},
		{"dead units explain the statistics behind that they shift", []finding.Finding{found("UNI-01", "conv2", 40, sure), with("from", "conv2", found("NRM-01", "conv3", 90, finding.Causal))}, "UNI-01@conv2"},
		{"and what those explain", []finding.Finding{with("from", "conv2", found("NRM-01", "conv3", 90, finding.Causal)), found("UNI-01", "conv2", 40, maybe), found("FIT-03", "fc", 70, sure)}, "UNI-01@conv2"},
		{"but not statistics that are stale themselves", []finding.Finding{found("UNI-01", "conv2", 40, sure), found("NRM-01", "conv3", 90, finding.Causal)}, ""},
		{"nor from another layer", []finding.Finding{found("UNI-01", "conv1", 40, sure), with("from", "conv2", found("NRM-01", "conv3", 90, finding.Causal))}, ""},
		{"rules without a link", []finding.Finding{found("UNI-04", "conv2", 70, sure), found("REP-04", "conv2", 50, sure)}, ""},
	} {
		explain(c.fs, layers)
		if got := c.fs[len(c.fs)-1].ExplainedBy; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A cause answers for what mending its effect was measured to gain; without a measurement it does not.
func TestCausesBearWhatWasMeasured(t *testing.T) {
	for _, c := range []struct {
		basis string
		sure  finding.Certainty
		want  float64
	}{{"impact", finding.Causal, 90}, {"impact", finding.Confirmed, 40}, {"structural", finding.Causal, 40}} {
		effect := with("from", "conv2", found("NRM-01", "conv3", 90, c.sure))
		effect.Severity.Basis = c.basis
		fs := []finding.Finding{effect, found("UNI-06", "conv2", 40, finding.Suspected)}
		explain(fs, layers)
		f := fs[1]
		if fs[0].ExplainedBy != "UNI-06@conv2" || f.Severity.Value != c.want || (f.Verdict == finding.Causal) != (c.want == 90) || len(f.Caveats) != int(c.want-40)/50 {
			t.Errorf("%s, %s: explained by %q, which is %+v", c.basis, c.sure, fs[0].ExplainedBy, f)
		}
	}
}

// Causes are read first: what a finding explains follows it, and all else keeps its place.
func TestArrange(t *testing.T) {
	by := func(cause string, f finding.Finding) finding.Finding { f.ExplainedBy = cause; return f }
	fs := arrange([]finding.Finding{
		by("FIT-01@output", found("CAL-01", "output", 79, finding.Confirmed)), found("UNI-01", "conv2", 70, finding.Confirmed),
		found("FIT-01", "output", 59, finding.Confirmed), by("UNI-01@conv2", found("REP-04", "conv2", 50, finding.Confirmed)), found("UNI-05", "conv1", 30, finding.Confirmed),
	})
	want := []string{"UNI-01@conv2", "REP-04@conv2", "FIT-01@output", "CAL-01@output", "UNI-05@conv1"}
	if got := lines(fs); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// The order of findings does not decide what explains what.
func TestExplainedCausesExplainNothingInAnyOrder(t *testing.T) {
	fs := []finding.Finding{found("UNI-05", "conv2", 90, finding.Confirmed), found("REP-04", "conv2", 50, finding.Confirmed), found("UNI-01", "conv2", 45, finding.Confirmed)}
	explain(fs, layers)
	if fs[0].ExplainedBy != "" || fs[1].ExplainedBy != "UNI-01@conv2" || fs[2].ExplainedBy != "" {
		t.Errorf("%q, %q, %q", fs[0].ExplainedBy, fs[1].ExplainedBy, fs[2].ExplainedBy)
	}
}

// Links lead from causes to effects only, else settling them would not end well.
func TestLinksHaveNoCircle(t *testing.T) {
	var from func(code string, seen map[string]bool)
	from = func(code string, seen map[string]bool) {
		if seen[code] {
			t.Fatalf("%s explains itself", code)
		}
		seen[code] = true
		for _, l := range links() {
			if l.cause == code {
				for _, e := range l.effects {
					from(e, seen)
				}
			}
		}
		delete(seen, code)
	}
	for _, l := range links() {
		from(l.cause, map[string]bool{})
	}
}
