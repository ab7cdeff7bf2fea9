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
	xs := [5]float64{0, a.Minor, a.Moderate, a.Critical, 2*a.Critical - a.Moderate}
	ys := [5]float64{0, 20, 50, 80, 100}
	if math.IsNaN(effect) || effect <= 0 {
		return 0
	}
	for i := 1; i < len(xs); i++ {
		if effect <= xs[i] {
			return ys[i-1] + (ys[i]-ys[i-1])*(effect-xs[i-1])/(xs[i]-xs[i-1])
		}
	}
	return 100
}

// impactAnchors are points of the headline metric at severity 20, 50 and 80 (METHODS 11.1).
var impactAnchors = finding.Anchors{Minor: 0.2, Moderate: 1, Critical: 5}

// severity joins the structural and the measured side of a finding (METHODS 11.1).
func severity(m finding.Measurement, a finding.Anchors) finding.Severity {
	s := finding.Severity{Value: severityOf(m.Effect, a), Low: severityOf(m.Low, a), High: severityOf(m.High, a), Basis: "structural"}
	limit := 100.0
	switch {
	case m.Impact != nil:
		s.Basis = "impact"
		s.Value = max(severityOf(m.Impact.Value, impactAnchors), s.Value/2)
		s.Low = max(severityOf(m.Impact.Low, impactAnchors), s.Low/2)
		s.High = max(severityOf(m.Impact.High, impactAnchors), s.High/2)
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
