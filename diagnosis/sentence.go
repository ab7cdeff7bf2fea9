package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stratascope/stratascope/finding"
)

// verdict says what to do and why, in words (REPORT-DESIGN 11). Health carries no letter until its
// weights are calibrated on healthy and flawed populations (METHODS 11.3).
func verdict(fs []finding.Finding, families []finding.Family, rules []finding.Rule) finding.Verdict {
	v := finding.Verdict{}
	_, v.Coverage = health(fs, families)
	v.Advice = advice(fs, v.Coverage)
	v.Sentence = sentence(v.Advice, fs, rules)
	v.Detail = detail(fs, rules)
	var worst float64
	for _, f := range families {
		if root, _ := rootOf(fs, f.Name); f.Severity != nil && root != nil && counted(*root) > worst {
			worst, v.Worst = counted(*root), f.Name
		}
	}
	return v
}

// advice follows the worst finding that counts: confirmed ones count as they are, suspicions one step less.
func advice(fs []finding.Finding, coverage float64) finding.Advice {
	out := finding.Ship
	if coverage < 0.5 {
		out = finding.CannotTell
	}
	for _, f := range fs {
		if !Counts(f, fs) {
			continue
		}
		sure := f.Verdict != finding.Suspected
		switch {
		case sure && f.Severity.Value >= 60:
			return finding.DoNotShip
		case out == finding.Ship && (sure && f.Severity.Value >= 40 || f.Severity.Value >= 60):
			out = finding.ShipWithCare
		}
	}
	return out
}

// sentence starts with the advice and names the one or two worst root findings.
func sentence(a finding.Advice, fs []finding.Finding, rules []finding.Rule) string {
	start := map[finding.Advice]string{
		finding.Ship: "Ship.", finding.ShipWithCare: "Ship with care.", finding.DoNotShip: "Do not ship.", finding.CannotTell: "Cannot tell.",
	}[a]
	sure, suspected := clauses(fs)
	switch {
	case len(sure) > 0:
		return start + " " + upper(strings.Join(sure, ", and ")) + "."
	case len(suspected) > 0:
		return start + " Suspected: " + strings.Join(suspected, ", and ") + "."
	case a == finding.CannotTell:
		return start + " Too little of the network could be examined."
	case len(fs) > 0:
		return start + fmt.Sprintf(" Nothing above minor was found by the %s that could run.", ran(rules))
	}
	return start + fmt.Sprintf(" Nothing found by the %s that could run.", ran(rules))
}

// A mention is a finding that the sentence names, with how many of the same rule stand in other layers.
type mention struct {
	finding.Finding
	more int
}

// clauses returns the two worst root findings from moderate on that are sure, and the two worst that are
// only suspected. What one rule finds in several layers is said once.
func clauses(fs []finding.Finding) (sure, suspected []string) {
	certain, doubtful := mentions(fs)
	return words(certain), words(doubtful)
}

func words(ms []mention) []string {
	var out []string
	for _, m := range ms {
		out = append(out, clause(m))
	}
	return out
}

func mentions(fs []finding.Finding) (sure, suspected []mention) {
	for _, f := range fs {
		if f.ExplainedBy != "" || f.PropagatedFrom != "" || f.Severity.Value < 40 {
			continue
		}
		list := &sure
		if f.Verdict == finding.Suspected {
			list = &suspected
		}
		at := slices.IndexFunc(*list, func(m mention) bool { return m.Code == f.Code })
		switch {
		case at >= 0:
			(*list)[at].more++
		case len(*list) < 2:
			*list = append(*list, mention{Finding: f})
		}
	}
	return sure, suspected
}

// clause says one finding in a sentence, with where it stands when that is a layer.
func clause(f mention) string {
	if f.Code == "DAT-01" {
		return f.Message // what another choice gives is the cause
	}
	message, _, _ := strings.Cut(f.Message, ";") // what follows is detail for the panel and the table
	switch f.Site.Kind {
	case finding.Input, finding.Output:
		return message
	}
	where := f.Site.Layer
	if n := len(f.Extent.Layers); n > 1 && f.Provenance["spreads to"] == nil {
		where = f.Extent.Layers[0] + " to " + f.Extent.Layers[n-1]
	}
	if f.more > 0 {
		where += fmt.Sprintf(" and %s", numbered(f.more, "more layer"))
	}
	return "in " + where + " " + message
}

func detail(fs []finding.Finding, rules []finding.Rule) string {
	n := assessed(rules)
	explained := 0
	for _, f := range fs {
		if f.ExplainedBy != "" || f.PropagatedFrom != "" {
			explained++
		}
	}
	s := fmt.Sprintf("%s by %s", upper(count(fs)), numbered(n, "rule"))
	if explained > 0 {
		s += fmt.Sprintf(", %s more explained by them", inWords(explained))
	}
	if n == len(rules) {
		return s + "."
	}
	return s + fmt.Sprintf(". %s could not be assessed.", upper(numbered(len(rules)-n, "rule")))
}

// ran says how many rules could run: 15 rules, 1 rule.
func ran(rules []finding.Rule) string {
	n := assessed(rules)
	return fmt.Sprintf("%d %s", n, plural(n, "rule"))
}

// plural returns the noun as it is for one, with an s for any other number.
func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// numbered says how many of something there are: one rule, fifteen rules.
func numbered(n int, noun string) string { return inWords(n) + " " + plural(n, noun) }

func assessed(rules []finding.Rule) int {
	n := 0
	for _, r := range rules {
		if r.State != finding.NotAssessed {
			n++
		}
	}
	return n
}

func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 { // a message may be empty
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
