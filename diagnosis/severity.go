// Package diagnosis judges what all rules measured, together: how sure (multiplicity and the verdict
// ladder), how bad, what explains what, which family is worst, and what to say first. It measures
// nothing itself.
package diagnosis

import (
	"math"

	"github.com/stratascope/stratascope/finding"
)

// severityOf maps an effect to 0..100 by the rule's anchors, piecewise linear through (0, 0), (a20, 20),
// (b50, 50), (c80, 80) and 100 at c80 + (c80 - b50) (METHODS 3.10).
func severityOf(effect float64, a finding.Anchors) float64 {
	return severityUpTo(effect, a, 2*a.Critical-a.Moderate)
}

// severityUpTo is severityOf with 100 at the given effect; anchors beyond it do not count.
func severityUpTo(effect float64, a finding.Anchors, top float64) float64 {
	if math.IsNaN(effect) || effect <= 0 {
		return 0
	}
	x, y := 0.0, 0.0
	for _, p := range [4][2]float64{{a.Minor, 20}, {a.Moderate, 50}, {a.Critical, 80}, {top, 100}} {
		if p[0] >= top {
			p = [2]float64{top, 100}
		}
		if effect <= p[0] {
			return y + (p[1]-y)*(effect-x)/(p[0]-x)
		}
		x, y = p[0], p[1]
	}
	return 100
}

// impactAnchors are points of the headline metric at severity 20, 50 and 80 (METHODS 11.1).
var impactAnchors = finding.Anchors{Minor: 0.2, Moderate: 1, Critical: 5}

// impactOf is the severity of lost points; half the excess of the repaired network over chance is 100
// (METHODS 11.1), where that is not known the anchors' own end.
func impactOf(points, excess float64) float64 {
	if excess > 0 {
		return severityUpTo(points, impactAnchors, excess/2)
	}
	return severityOf(points, impactAnchors)
}

// severity joins the structural and the measured side of a finding (METHODS 11.1).
func severity(m finding.Measurement, a finding.Anchors) finding.Severity {
	s := finding.Severity{Value: severityOf(m.Effect, a), Low: severityOf(m.Low, a), High: severityOf(m.High, a), Basis: "structural"}
	limit := 100.0
	switch {
	case m.Impact != nil:
		s.Basis = "impact"
		s.Value = max(impactOf(m.Impact.Value, m.Excess), s.Value/2)
		s.Low = max(impactOf(m.Impact.Low, m.Excess), s.Low/2)
		s.High = max(impactOf(m.Impact.High, m.Excess), s.High/2)
		if m.Impact.High < impactAnchors.Minor {
			limit = 39
		}
	case !m.Decided:
		limit = 79
	}
	if a.Cap > 0 && !m.Causal {
		limit = min(limit, a.Cap)
	}
	if m.Cap > 0 {
		limit = min(limit, m.Cap)
	}
	s.Value, s.Low, s.High = min(s.Value, limit), min(s.Low, limit), min(s.High, limit)
	s.Low, s.High = min(s.Low, s.Value), max(s.High, s.Value)
	s.Word = finding.WordOf(s.Value)
	return s
}
