package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
)

// gated are the findings that a gate counts: for sure, and not explained by what is as bad.
func gated(d *finding.Diagnosis, limit string) []finding.Finding {
	least := slices.Index(finding.Words(), finding.Word(limit))
	if least < 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Findings), func(f finding.Finding) bool {
		return !diagnosis.Counts(f, d.Findings) || f.Verdict == finding.Suspected || rank(f) < least
	})
}

func rank(f finding.Finding) int { return slices.Index(finding.Words(), f.Severity.Word) }

// fresh are those of the findings that an earlier result does not have at their place, or has less severe.
func fresh(findings []finding.Finding, earlier *finding.Diagnosis) []finding.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f finding.Finding) bool {
		return slices.ContainsFunc(earlier.Findings, func(old finding.Finding) bool { return samePlace(f, old) && rank(old) >= rank(f) })
	})
}

// samePlace reports whether two findings are of one rule and meet: in a layer, and where they name them in a
// class and a group. A finding that has grown by a layer is still the same.
func samePlace(a, b finding.Finding) bool {
	if a.Code != b.Code || a.Site.Network != b.Site.Network || a.Site.Kind != b.Site.Kind {
		return false
	}
	return meet(append(slices.Clone(a.Extent.Layers), a.Site.Layer), append(slices.Clone(b.Extent.Layers), b.Site.Layer)) &&
		meet(a.Extent.Classes, b.Extent.Classes) && meet(a.Extent.Groups, b.Extent.Groups)
}

// meet reports whether two lists share an entry, or are both empty.
func meet[T comparable](x, y []T) bool {
	return len(x)+len(y) == 0 || slices.ContainsFunc(x, func(s T) bool { return slices.Contains(y, s) })
}

// readBaseline reads the earlier result that --fail-on-new compares with.
func (p *program) readBaseline(flag bool) (*finding.Diagnosis, error) {
	s := p.settings
	switch {
	case s.baseline != "":
		return readResult(s.baseline)
	case s.failOnNew == "never":
	case flag:
		return nil, usage("--fail-on-new wants an earlier result to compare with.").with("Give it: --baseline stratascope.json")
	default:
		p.warn("fail-on-new has no effect without --baseline")
	}
	return nil, nil
}

// sayNew names the findings that the earlier result does not have.
func (j *job) sayNew(d *finding.Diagnosis) {
	if j.earlier == nil {
		return
	}
	var names []string
	for _, f := range fresh(gated(d, j.settings.failOnNew), j.earlier) {
		names = append(names, fmt.Sprintf("%s at %s (%s)", f.Code, where(f), f.Severity.Word))
	}
	if len(names) > 0 {
		j.hint("  new       %s", strings.Join(names, ", "))
	}
}
