package diagnosis

import (
	"slices"

	"github.com/stratascope/stratascope/finding"
)

// carried lists the rules that look at similarity or at what a probe reads: what they find behind a broken layer may come
// down from it.
var carried = []string{"REP-01", "REP-02", "REP-03", "REP-05", "REP-07", "REP-08", "FIT-03", "FIT-04"}

// propagate marks the findings that come down from the layer that is named as the cause (METHODS 5.7, rule 3): those
// behind it of which only similarity or the loss of a probe speaks, in layers with no evidence of their own. A finding in
// the cause itself that is as sure and no milder answers for them; without one nothing is marked, so that no harm goes uncounted.
// It reports whether any was.
func (c Culprit) propagate(d *finding.Diagnosis) bool {
	if !c.Named || len(c.Suspects) == 0 {
		return false
	}
	cause := c.Suspects[0].Layer
	behind := descendants(d.Layers, cause)
	any := false
	for i := range d.Findings {
		f := &d.Findings[i]
		if !slices.Contains(carried, f.Code) || f.ExplainedBy != "" || slices.ContainsFunc(f.Extent.Layers, func(l string) bool { return !behind[l] || c.own[l] }) {
			continue
		}
		if len(f.Extent.Layers) > 0 && slices.ContainsFunc(d.Findings, func(x finding.Finding) bool {
			return slices.Contains(x.Extent.Layers, cause) && x.ExplainedBy == "" && x.Severity.Value >= f.Severity.Value && sureness(x) >= sureness(*f)
		}) {
			f.PropagatedFrom, any = cause, true
		}
	}
	return any
}

// descendants returns the layers that a layer's values reach.
func descendants(layers []finding.Layer, of string) map[string]bool {
	out := map[string]bool{}
	for _, l := range layers { // in the order of execution
		if slices.ContainsFunc(l.After, func(a string) bool { return a == of || out[a] }) {
			out[l.Name] = true
		}
	}
	return out
}
