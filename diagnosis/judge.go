package diagnosis

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
)

// level is the share that the interval of every measurement covers: 90 % in the middle, so that each
// bound is a one-sided 95 % bound.
const level = 0.9

// alpha is the rate at which false discoveries are allowed within a rule.
const alpha = 0.05

// A judged measurement stands on one rung of the ladder (METHODS 1).
type judged struct {
	finding.Measurement
	rule  *detector.Detector
	p, q  float64
	state finding.State     // flawed, noted, clear, inconclusive
	sure  finding.Certainty // of a flaw
}

// judge puts each measurement of a rule on its rung. Places are corrected for one another by
// Benjamini-Hochberg (METHODS 3.5a).
func judge(o detector.Outcome) []judged {
	d := o.Detector
	ps := make([]float64, len(o.Measurements))
	for i, m := range o.Measurements {
		ps[i] = minimumEffect(m, d.Anchors.Minor)
	}
	qs, err := infer.BH(ps)
	if err != nil { // not a p-value among them: nothing may be rejected
		qs = slices.Repeat([]float64{1}, len(ps))
	}
	out := make([]judged, len(ps))
	for i, m := range o.Measurements {
		// An effect that was cut off at zero stays inside its interval.
		m.Low, m.High = math.Min(m.Low, m.Effect), math.Max(m.High, m.Effect)
		out[i] = rung(judged{Measurement: m, rule: d, p: ps[i], q: qs[i]})
	}
	return out
}

// minimumEffect returns the p-value of "the effect is at most the floor" (METHODS 3.3): the rule's own
// if it gives one, else from the interval, taken as normal.
func minimumEffect(m finding.Measurement, floor float64) float64 {
	switch {
	case m.Decided && m.Effect >= floor:
		return 0
	case m.Decided:
		return 1
	case m.P > 0 && m.P <= 1:
		return m.P
	}
	se := (m.High - m.Low) / (2 * infer.NormalQuantile(1-(1-level)/2))
	if !(se > 0) {
		if m.Effect >= floor {
			return 0
		}
		return 1
	}
	return infer.NormalTail((m.Effect - floor) / se)
}

// rung applies the ladder: the first line that holds.
func rung(j judged) judged {
	floor := j.rule.Anchors.Minor
	switch {
	case j.Guard != "":
		j.state = finding.StateClear
	case j.Noted && j.Effect >= floor:
		j.state = finding.StateNoted
	case j.Low >= floor && j.q <= alpha:
		j.state, j.sure = finding.Flawed, finding.Confirmed
		if j.Causal {
			j.sure = finding.Causal
		}
		if !j.rule.Exact {
			j.sure = finding.Suspected
		}
	case j.Effect >= floor:
		j.state, j.sure = finding.Flawed, finding.Suspected
	case j.High < floor || j.Decided:
		j.state = finding.StateClear
	case j.Low > 0 && !math.IsNaN(j.Low):
		j.state = finding.StateNoted
	default:
		j.state = finding.Inconclusive
	}
	return j
}
