package diagnosis

import (
	"cmp"
	"math"
	"slices"

	"github.com/stratascope/stratascope/finding"
)

// A Kind is a family of rules with its weight in the health of a network (METHODS 11.3).
type Kind struct {
	Name, Title string
	Weight      float64
}

// Families returns the families in the order of the catalogue.
func Families() []Kind {
	return []Kind{
		{"data", "Inputs", 0.7},
		{"representation", "Representation", 0.7},
		{"units", "Units", 0.7},
		{"attention", "Attention", 0.7},
		{"fit", "Fit", 1},
		{"falsification", "Falsification", 1},
		{"gradients", "Gradients", 1},
		{"weights", "Weights", 0.7},
		{"shift", "Shift", 0.7},
		{"robustness", "Robustness", 0.7},
		{"confidence", "Confidence", 0.7},
		{"fairness", "Fairness, shortcuts", 0.7},
	}
}

// suspectedShare is how much of a suspected finding's severity counts for its family.
const suspectedShare = 0.5

// familiesOf sums findings and rules up by family. A family is assessed when one of its rules is.
func familiesOf(findings []finding.Finding, rules []finding.Rule, hasAttention bool) []finding.Family {
	var out []finding.Family
	for _, k := range Families() {
		if k.Name == "attention" && !hasAttention {
			continue
		}
		f := finding.Family{Name: k.Name, Title: k.Title, State: finding.NotAssessed, Reason: "no rule of this family is in this version"}
		for _, r := range rules {
			if r.Family != k.Name {
				continue
			}
			switch {
			case r.State == finding.NotAssessed && f.State == finding.NotAssessed:
				f.Reason = r.Text
			case r.State == finding.Inconclusive && f.State == finding.NotAssessed:
				f.State, f.Reason = finding.Inconclusive, "too few samples to say"
			case r.State != finding.NotAssessed && r.State != finding.Inconclusive:
				f.State, f.Reason = finding.StateClear, ""
			}
		}
		worst, explained := rootOf(findings, k.Name)
		switch {
		case f.State == finding.NotAssessed:
		case worst != nil:
			f.State, f.Reason = finding.Flawed, ""
			f.Severity = &finding.SeverityOnly{Value: worst.Severity.Value, Low: worst.Severity.Low, High: worst.Severity.High}
		case explained != "":
			f.State, f.Reason = finding.StateNoted, "explained by "+explained
		case f.State == finding.StateClear:
			if cause := unseen(findings, rules, k.Name); cause != "" {
				f.State, f.Reason = finding.Inconclusive, "nothing could be seen behind "+cause
			}
		}
		out = append(out, f)
	}
	return out
}

// unseen returns the finding of values that are not finite behind which rules of a family had nothing to
// look at: what was seen before it says nothing of the rest.
func unseen(findings []finding.Finding, rules []finding.Rule, family string) string {
	for _, x := range findings {
		if x.Code != "GRD-06" {
			continue
		}
		for _, r := range rules {
			if r.Family == family && slices.ContainsFunc(r.Places, func(s finding.Spot) bool {
				return s.State == finding.NotAssessed && slices.Contains(x.Extent.Layers, s.Layer)
			}) {
				return Reference(x)
			}
		}
	}
	return ""
}

// rootOf returns the worst finding of a family that nothing else explains, and what explains the others.
func rootOf(findings []finding.Finding, family string) (worst *finding.Finding, explained string) {
	for i := range findings {
		x := &findings[i]
		switch {
		case x.Family != family:
		case x.ExplainedBy != "" || x.PropagatedFrom != "":
			if explained == "" {
				explained = cmp.Or(x.ExplainedBy, x.PropagatedFrom)
			}
		case worst == nil || counted(*x) > counted(*worst):
			worst = x
		}
	}
	return worst, explained
}

func counted(f finding.Finding) float64 {
	if f.Verdict == finding.Suspected {
		return suspectedShare * f.Severity.Value
	}
	return f.Severity.Value
}

// health joins the families by the 4-norm, so that the worst decides and further ones add (METHODS
// 11.3). It returns the share of the weight that could be assessed, too.
func health(findings []finding.Finding, families []finding.Family) (value, coverage float64) {
	weight := map[string]float64{}
	for _, k := range Families() {
		weight[k.Name] = k.Weight
	}
	var sum, seen, total float64
	for _, f := range families {
		w := weight[f.Name]
		total += w
		if f.State == finding.NotAssessed {
			continue
		}
		seen += w
		var s float64
		for _, x := range findings {
			if x.Family == f.Name && x.ExplainedBy == "" && x.PropagatedFrom == "" {
				s = max(s, counted(x))
			}
		}
		sum += math.Pow(w*s, 4)
	}
	if total > 0 {
		coverage = seen / total
	}
	return max(0, 100-math.Pow(sum, 0.25)), coverage
}
