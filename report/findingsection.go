package report

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// findingsSection is the table of findings, opened: the script closes the rows.
func findingsSection(v *view) (*section, error) {
	type line struct {
		Number                                     int
		Icon                                       template.HTML
		Code, Title, Certainty, Message, Where, Do string
		Measured                                   string
		Caveats, Means, Commands, Remedies         []string
	}
	var items []line
	for i, m := range v.core.marks {
		l := line{Number: i + 1, Icon: icon(m.Severity.Word, m.outlined), Code: short(m.Code, 16), Title: m.Title, Certainty: certaintyWords(m.Finding), Message: sentence(m.Message), Where: m.where(), Do: m.does(), Caveats: m.Caveats}
		manual := v.manual(m.Code)
		l.Measured = measured(m, manual)
		l.Means = v.means(m, manual)
		l.Commands, l.Remedies = []string{"stratascope explain " + short(word(m.Code), 40)}, remedies(m, manual)
		items = append(items, l)
	}
	body, err := v.render("findings.tmpl", map[string]any{"Items": items, "Nothing": v.nothing(), "Suspects": v.suspects(), "Noted": v.noted()})
	note := template.HTML("worst first · <code>stratascope explain CODE</code> tells how each is measured") // ours
	if len(items) == 0 {
		note = ""
	}
	return &section{ID: "findings", Title: "Findings", Note: note, Body: body}, err
}

// noted names the rules that saw something that is no flaw.
func (v *view) noted() string {
	var parts []string
	for _, r := range v.Rules {
		if r.State != finding.StateNoted {
			continue
		}
		var at []string
		for _, p := range r.Places {
			if p.State == finding.StateNoted {
				at = append(at, p.Layer)
			}
		}
		says := r.Code + " " + r.Title
		if len(at) > 3 {
			says += " (" + plural(len(at), "place") + ")"
		} else if len(at) > 0 {
			says += " (" + strings.Join(at, ", ") + ")"
		}
		parts = append(parts, says)
	}
	if len(parts) == 0 {
		return ""
	}
	return "Noted, but no flaw: " + listed(parts) + "."
}

func (v *view) manual(code string) Manual {
	if v.options.Manual == nil {
		return Manual{}
	}
	m := v.options.Manual(code)
	return Manual{Means: clean(m.Means), Measured: clean(m.Measured), Helps: clean(m.Helps)}
}

// measured says how a finding was measured: the number, its interval, samples and floor.
func measured(m mark, manual Manual) string {
	x := m.Measure
	says := manual.Measured
	if says != "" {
		says += " "
	}
	says += capital(x.Name) + " " + within(x.Value, x.Low, x.High)
	if x.Level > 0 {
		says += ", " + decimals(100*x.Level, 0) + " % range"
	}
	if x.N > 0 {
		says += ", " + plural(x.N, "sample")
	}
	says += ". Floor: " + number(x.Floor) + "."
	if x.Q != nil {
		says += " q " + number(*x.Q) + "."
	}
	return says + " Severity " + decimals(m.Severity.Value, 0) + " (" + decimals(m.Severity.Low, 0) + " to " + decimals(m.Severity.High, 0) + "), " + m.Severity.Basis + "."
}

// means says what a finding is about, what else explains it and how far it reaches.
func (v *view) means(m mark, manual Manual) []string {
	var out []string
	if manual.Means != "" {
		out = append(out, manual.Means)
	}
	if m.ExplainedBy != "" {
		out = append(out, "Explained by "+m.ExplainedBy+": it goes with it.")
	}
	if m.PropagatedFrom != "" {
		out = append(out, "Comes down from "+m.PropagatedFrom+".")
	}
	if n := len(m.Units); n > 0 {
		out = append(out, plural(n, "unit")+" concerned, the first "+strconv.Itoa(m.Units[0])+".")
	}
	if n := len(m.Extent.Classes); n > 0 {
		out = append(out, plural(n, "class")+" concerned.")
	}
	if n := len(m.Extent.Samples); n > 0 {
		out = append(out, plural(n, "sample")+" concerned.")
	}
	if len(out) == 0 {
		out = append(out, m.Title+" at "+m.where()+".")
	}
	return out
}

func remedies(m mark, manual Manual) []string {
	var out []string
	for _, r := range m.Remedies {
		says := treatmentWords(r.Treatment)
		if r.Why != "" {
			says += ": " + r.Why
		}
		out = append(out, fmt.Sprintf("%s (%s).", says, r.Risk))
	}
	if manual.Helps != "" {
		out = append(out, manual.Helps)
	}
	return out
}

func (v *view) nothing() string {
	ran := 0
	for _, r := range v.Rules {
		if r.State != finding.NotAssessed {
			ran++
		}
	}
	if ran == 0 {
		return "No rule could run: what each needs stands under “Not assessed”."
	}
	return "Nothing found by the " + plural(ran, "rule") + " that could run."
}

// word keeps of a name what can stand in a command without quotes.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return -1
	}, s)
}
