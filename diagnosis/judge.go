package diagnosis

import (
	"math"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
)

// level is the share that the interval of every measurement covers: 90 % in the middle, so that each
// bound is a one-sided 95 % bound.
const level = 0.9

// alpha is the rate at which false discoveries are allowed.
const alpha = 0.05

// procedure names how q follows from p, for the record of a finding.
const procedure = "Benjamini-Hochberg within a rule, Benjamini-Bogomolov over rules"

// notFinite is the reason of a place whose effect is no number.
const notFinite = "not-finite"

// A judged measurement stands on one rung of the ladder (METHODS 1).
type judged struct {
	finding.Measurement
	rule  *detector.Detector
	p, q  float64
	state finding.State     // flawed, noted, clear, inconclusive; not assessed without a number
	sure  finding.Certainty // of a flaw

	seed uint64 // of the run

	tests, rules, selected int // places of the rule, rules that measured any, rules in which something may be rejected
}

// judge puts each measurement of each rule on its rung. The places of a rule are corrected for one
// another by Benjamini-Hochberg (METHODS 3.5a). Where several rules ran, each is a family of
// hypotheses: those whose Simes p stands among all are selected, and within the R selected of M the q
// carry the factor M/R (Benjamini & Bogomolov 2014; METHODS 3.5c).
func judge(outcomes []detector.Outcome) [][]judged {
	ps := make([][]float64, len(outcomes))
	rules := 0
	for i, o := range outcomes {
		for _, m := range o.Measurements {
			ps[i] = append(ps[i], minimumEffect(m, o.Detector.Anchors.Minor))
		}
		if len(ps[i]) > 0 {
			rules++
		}
	}
	s, err := infer.SelectFamilies(ps, alpha)
	selected := 0
	for _, ok := range s.Selected {
		if ok {
			selected++
		}
	}
	out := make([][]judged, len(outcomes))
	for i, o := range outcomes {
		for k, m := range o.Measurements {
			// An effect that was cut off at zero stays inside its interval.
			m.Low, m.High = math.Min(m.Low, m.Effect), math.Max(m.High, m.Effect)
			j := judged{Measurement: m, rule: o.Detector, p: ps[i][k], q: 1, seed: o.Seed, tests: len(ps[i]), rules: rules, selected: selected}
			if err == nil { // else something is not a p-value: nothing may be rejected
				j.q = s.Q[i][k]
			}
			out[i] = append(out[i], rung(j))
		}
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
	case number(j.Effect) == nil:
		j.state = finding.NotAssessed
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
