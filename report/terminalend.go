package report

import (
	"math"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/stratascope/stratascope/finding"
)

// summary counts the findings by severity, the suspected ones apart, and the rules that were not assessed. That
// nothing was found is said where the verdict has not.
func (t *terminal) summary(d *finding.Diagnosis, said bool) {
	counts, suspected, skipped, ran := map[finding.Word]int{}, 0, 0, 0
	for _, f := range d.Findings {
		switch {
		case explanation(f) != "":
		case f.Verdict == finding.Suspected:
			suspected++
		default:
			counts[f.Severity.Word]++
		}
	}
	for _, r := range d.Rules {
		if r.State == finding.NotAssessed {
			skipped++
		} else {
			ran++
		}
	}
	parts := []part{plainText("  ")}
	add := func(n int, says string, l look) {
		if n == 0 {
			return
		}
		if len(parts) > 1 {
			parts = append(parts, plainText(", "))
		}
		parts = append(parts, part{count(n) + " " + says, l})
	}
	words := finding.Words()
	for i := len(words) - 1; i >= 0; i-- {
		add(counts[words[i]], string(words[i]), severityLook(words[i]))
	}
	add(suspected, "suspected", severityLook(finding.Minor))
	switch {
	case len(parts) > 1:
		parts = append(parts, plainText("."))
	case said:
	case ran == 0:
		parts = append(parts, plainText("No rule could run."))
	default:
		parts = append(parts, plainText("Nothing found by the "+plural(ran, "rule")+" that could run."))
	}
	if skipped > 0 {
		if len(parts) > 1 {
			parts = append(parts, plainText("  "))
		}
		parts = append(parts, plainText(plural(skipped, "rule")+" not assessed"))
		if !t.ShowSkipped {
			parts = append(parts, grey(" (--show-skipped tells why)"))
		}
	}
	if len(parts) > 1 {
		t.line(parts...)
	}
}

// skipped lists the rules that were not assessed with the reason and what would help, in full.
func (t *terminal) skipped(d *finding.Diagnosis) {
	wide := 0
	for _, r := range d.Rules {
		if r.State == finding.NotAssessed {
			wide = min(max(wide, runewidth.StringWidth(r.Title)), 28)
		}
	}
	const code = 12 // "  · FAI-01  "
	column := code + wide + 3
	below := t.Width-column < narrow/2 // the reason has no room beside the title
	if below {
		column = code
	}
	for _, r := range d.Rules {
		if r.State != finding.NotAssessed {
			continue
		}
		lead := []part{grey("  · " + pad(r.Code, 6) + "  "), plainText(pad(r.Title, wide) + "   ")}
		if below {
			t.line(lead...)
			lead = []part{plainText(strings.Repeat(" ", column))}
		}
		for _, l := range wrapText(notAssessed(r), t.Width-column) {
			t.line(append(lead, grey(l))...)
			lead = []part{plainText(strings.Repeat(" ", column))}
		}
	}
}

// notes lists what is said of the run, and what is not compared.
func (t *terminal) notes(d *finding.Diagnosis) {
	notes := slices.Clone(d.Run.Notes)
	if d.Similarity != nil {
		for _, n := range d.Similarity.Notes {
			notes = append(notes, "not compared: "+n)
		}
	}
	for _, n := range notes {
		lead := "  · "
		for _, l := range wrapText(signed(n), t.Width-4) {
			t.line(grey(lead + l))
			lead = "    "
		}
	}
}

// notAssessed says why a rule did not run and what would help.
func notAssessed(r finding.Rule) string {
	why := r.Text
	if why == "" {
		why = strings.ReplaceAll(r.Reason, "-", " ")
	}
	if r.Needs != "" {
		why += "; wants " + r.Needs
	}
	return signed(why)
}

// last says where the report is and what to do next. These lines are for copying: they are never cut.
func (t *terminal) last(o TerminalOptions) {
	t.Width = math.MaxInt32
	if o.ReportPath != "" {
		size := ""
		if o.ReportSize > 0 {
			size = "  " + decimals(math.Max(float64(o.ReportSize)/1e6, 0.1), 1) + " MB"
		}
		t.line(plainText("  " + pad("report", firstColumn-2) + clean(o.ReportPath) + size))
	}
	if o.Next != "" {
		t.line(plainText("  " + pad("next", firstColumn-2) + clean(o.Next)))
	}
}
