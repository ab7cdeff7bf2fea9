package diagnosis

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/stratascope/stratascope/finding"
)

// The anchors of UNI-01: 0.25; 0.5; 0.9, so that 100 is reached at 0.9 + (0.9 - 0.5) = 1.3.
var anchors = finding.Anchors{Minor: 0.25, Moderate: 0.5, Critical: 0.9}

func TestSeverityOfAnEffect(t *testing.T) {
	for _, c := range []struct{ effect, want float64 }{
		{-1, 0}, {0, 0}, {0.125, 10}, {0.25, 20}, {0.375, 35}, {0.5, 50}, {0.7, 65}, {0.9, 80}, {1.1, 90}, {1.3, 100}, {7, 100},
		{math.NaN(), 0}, {math.Inf(1), 100}, {math.Inf(-1), 0},
	} {
		if got := severityOf(c.effect, anchors); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("effect %v: %v, want %v", c.effect, got, c.want)
		}
	}
}

// METHODS 11.1: impact anchors 0.2, 1, 5 points; at least half the structural severity; at most 39 if the
// upper bound of the loss is below 0.2 points; at most 79 without a measured impact.
func TestSeverity(t *testing.T) {
	point := func(v float64) finding.Measurement { return finding.Measurement{Effect: v, Low: v, High: v} }
	with := func(v float64, change func(*finding.Measurement)) finding.Measurement {
		m := point(v)
		change(&m)
		return m
	}
	impact := func(v, low, high float64) func(*finding.Measurement) {
		return func(m *finding.Measurement) { m.Impact = &finding.Estimate{Value: v, Low: low, High: high} }
	}
	// Between 5 points (80) and half the excess (100) severity is linear: (20-5)/(35-5) of the way is 90. Where
	// half the excess is 2 points the line from 1 point (50) ends there; where it is 0.4, that from 0.2 (20).
	lost := func(points, excess float64) func(*finding.Measurement) {
		return func(m *finding.Measurement) {
			m.Impact, m.Excess = &finding.Estimate{Value: points, Low: points, High: points}, excess
		}
	}
	capped := anchors
	capped.Cap = 39
	for _, c := range []struct {
		name    string
		m       finding.Measurement
		anchors finding.Anchors
		want    float64
		word    finding.Word
		basis   string
	}{
		{"structural", point(0.5), anchors, 50, finding.Moderate, "structural"},
		{"structural at most 79", point(2), anchors, 79, finding.Major, "structural"},
		{"counted keeps 100", with(2, func(m *finding.Measurement) { m.Decided = true }), anchors, 100, finding.Critical, "structural"},
		{"impact of 5 points", with(0.25, impact(5, 4, 6)), anchors, 80, finding.Critical, "impact"},
		{"impact of 1 point", with(0.25, impact(1, 0.5, 2)), anchors, 50, finding.Moderate, "impact"},
		{"half of an excess of 70 points", with(0.25, lost(35, 70)), anchors, 100, finding.Critical, "impact"},
		{"between 5 points and half of it", with(0.25, lost(20, 70)), anchors, 90, finding.Critical, "impact"},
		{"half of a small excess", with(0.25, lost(2, 4)), anchors, 100, finding.Critical, "impact"},
		{"three quarters of that half", with(0.25, lost(1.5, 4)), anchors, 75, finding.Major, "impact"},
		{"of an excess below a point", with(0.25, lost(0.36, 0.8)), anchors, 84, finding.Critical, "impact"},
		{"half the structure at least", with(1.3, impact(0.2, 0.1, 0.5)), anchors, 50, finding.Moderate, "impact"},
		{"harmless", with(1.3, impact(0.05, 0, 0.19)), anchors, 39, finding.Minor, "impact"},
		{"a repair that harms", with(0.25, impact(-3, -5, -1)), anchors, 10, finding.None, "impact"},
		{"cap of the rule", point(2), capped, 39, finding.Minor, "structural"},
		{"cap lifted by a cause", with(0.5, func(m *finding.Measurement) { m.Causal = true }), capped, 50, finding.Moderate, "structural"},
		{"cap of the place", with(0.9, func(m *finding.Measurement) { m.Cap = 59 }), anchors, 59, finding.Moderate, "structural"},
	} {
		s := severity(c.m, c.anchors)
		if math.Abs(s.Value-c.want) > 1e-9 || s.Word != c.word || s.Basis != c.basis {
			t.Errorf("%s: %v %s (%s), want %v %s (%s)", c.name, s.Value, s.Word, s.Basis, c.want, c.word, c.basis)
		}
		if !(s.Low <= s.Value && s.Value <= s.High) {
			t.Errorf("%s: %v is not within %v to %v", c.name, s.Value, s.Low, s.High)
		}
	}
}

func TestWords(t *testing.T) {
	for v, want := range map[float64]finding.Word{0: finding.None, 19.9: finding.None, 20: finding.Minor, 40: finding.Moderate, 60: finding.Major, 79.9: finding.Major, 80: finding.Critical, 100: finding.Critical} {
		if got := finding.WordOf(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}

func TestSeverityRisesWithTheEffect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := finding.Anchors{Minor: rapid.Float64Range(1e-3, 1).Draw(t, "minor")}
		a.Moderate = a.Minor + rapid.Float64Range(1e-3, 1).Draw(t, "moderate")
		a.Critical = a.Moderate + rapid.Float64Range(1e-3, 1).Draw(t, "critical")
		a.Cap = rapid.SampledFrom([]float64{0, 39}).Draw(t, "cap")
		m := finding.Measurement{Decided: rapid.Bool().Draw(t, "decided"), Causal: rapid.Bool().Draw(t, "causal"), Cap: rapid.SampledFrom([]float64{0, 59}).Draw(t, "place")}
		if rapid.Bool().Draw(t, "measured") {
			v := rapid.Float64Range(-5, 20).Draw(t, "points")
			m.Impact = &finding.Estimate{Value: v, Low: v - 1, High: v + 1}
		}
		at := func(effect float64) finding.Severity {
			m.Effect, m.Low, m.High = effect, effect-0.1, effect+0.1
			return severity(m, a)
		}
		x := rapid.Float64Range(0, 5).Draw(t, "effect")
		low, high := at(x), at(x+rapid.Float64Range(0, 5).Draw(t, "more"))
		if low.Value > high.Value || low.Low > high.Low || low.High > high.High {
			t.Fatalf("severity falls from %+v to %+v", low, high)
		}
		if low.Value < 0 || high.Value > 100 || low.Low > low.Value || low.Value > low.High {
			t.Fatalf("severities %+v and %+v", low, high)
		}
	})
}
