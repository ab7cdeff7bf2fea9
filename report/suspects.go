package report

import (
	"slices"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// A suspectLine is a layer that may be the cause.
type suspectLine struct {
	Number                  int
	Name, Verdict, Evidence string
}

// evidenceWords says what each evidence speaks of (docs/culprit.md).
var evidenceWords = map[string]string{
	"e1": "its weights, units or values are unlike the other layers'", "e2": "the layers beside it agree with one another more than with it", "e3": "its link to what it reads is weak",
	"e4": "a block of similar layers begins there", "e5": "it is unlike the layers around it", "e6": "it lowers the similarity of all",
	"e7": "its weights do not fit what they read", "e8": "labels can be read before it and not behind it", "e9": "training hardly moved it",
	"e10": "a reference network's values in its place bring accuracy back",
}

// toldUpTo is the p up to which an evidence is told.
const toldUpTo = 0.05

// suspects are the layers that may be the cause, the likeliest first, with the evidence that stands against each.
func (v *view) suspects() []suspectLine {
	var out []suspectLine
	for i, s := range v.Suspects {
		l := suspectLine{Number: v.numberOf(s.Layer, i), Name: s.Layer, Verdict: "ranks first in " + decimals(100*s.Share, 0) + " % of repeats"}
		if s.Share == 0 {
			l.Verdict = "never ranks first"
		}
		if s.Verdict == finding.Causal {
			l.Verdict = "causal"
			if r := s.Recovered; r != nil {
				l.Verdict += ": " + within(r.Value, r.Low, r.High) + " points come back"
			}
		}
		l.Evidence = evidence(s.Evidence)
		out = append(out, l)
	}
	return out
}

// evidence says what stands, the strongest first.
func evidence(p map[string]float64) string {
	var codes []string
	for code, v := range p {
		if v <= toldUpTo && evidenceWords[code] != "" {
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(a, b string) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, code := range codes {
		parts = append(parts, evidenceWords[code]+" ("+code+", p "+number(p[code])+")")
	}
	if len(parts) == 0 {
		return "None stands by itself."
	}
	return sentence(strings.Join(parts, "; ")) + "."
}
