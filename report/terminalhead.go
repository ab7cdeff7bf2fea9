package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/stratascope/stratascope/finding"
)

// verdict is the advice and the worst family, or the grade once grades are calibrated (METHODS 11.3).
// It reports whether it said the sentence of the verdict.
func (t *terminal) verdict(d *finding.Diagnosis) (said bool) {
	v := d.Verdict
	coverage := "coverage " + decimals(v.Coverage, 2)
	if v.Calibrated && v.Grade != "" && v.Health != nil && v.Coverage >= 0.5 {
		t.line(bold("  "+v.Grade+"  "+decimals(v.Health.Value, 0)+"/100"), grey(fmt.Sprintf("  %s %% range %s – %s, %s", decimals(100*v.Health.Level, 0), decimals(v.Health.Low, 0), decimals(v.Health.High, 0), coverage)))
		return false
	}
	says := "  "
	for _, f := range (&view{Diagnosis: d}).sortedFamilies() {
		if f.Severity != nil && f.State == finding.Flawed {
			says += "worst: " + f.Title + ", " + string(finding.WordOf(f.Severity.Value)) + " " + decimals(f.Severity.Value, 0) + ", "
			break
		}
	}
	t.line(bold("  "+adviceWords(v.Advice)), grey(says+coverage))
	sentence := strings.TrimSpace(strings.TrimPrefix(v.Sentence, adviceWords(v.Advice)+"."))
	for _, l := range wrapText(signed(sentence), t.Width-2) {
		t.line(plainText("  " + l))
	}
	return sentence != ""
}

// detail counts what was found and names the likely cause.
func (t *terminal) detail(d *finding.Diagnosis) {
	for _, l := range wrapText(signed(d.Verdict.Detail), t.Width-2) {
		t.line(grey("  " + l))
	}
}

// mostMetrics is how many measures of the output are shown; the result file holds them all.
const mostMetrics = 4

// metrics writes a line for each measure of the output, with its values on the splits. It reports whether there
// are any.
func (t *terminal) metrics(o *finding.Outputs) bool {
	if o == nil {
		return false
	}
	var names []string
	wide, values := firstColumn-4, map[string][]string{}
	for _, m := range o.Metrics {
		if !slices.Contains(names, m.Name) {
			if len(names) == mostMetrics {
				continue
			}
			names = append(names, m.Name)
			wide = max(wide, runewidth.StringWidth(m.Name))
		}
		text := m.Split + " " + ranged(m)
		if m.Split == "train" {
			values[m.Name] = append(values[m.Name], text)
		} else { // what is held out counts and comes first
			values[m.Name] = append([]string{text}, values[m.Name]...)
		}
	}
	for _, name := range names {
		lead := pad(name, wide)
		for _, l := range wrapText(strings.Join(values[name], ", "), t.Width-wide-4) {
			t.line(plainText("  "+lead+"  "), plainText(l))
			lead = strings.Repeat(" ", wide)
		}
	}
	return len(names) > 0
}

// ranged writes a measure of the output with its interval; shares of samples are percentages.
func ranged(m finding.Metric) string {
	factor, unit, n := 1.0, "", 3
	if strings.HasSuffix(m.Name, "accuracy") {
		factor, unit, n = 100, " %", 1
	}
	if m.Low == nil || m.High == nil {
		return decimals(factor*m.Value, n) + unit
	}
	n = digitsFor(factor * (*m.High - *m.Low))
	return fmt.Sprintf("%s%s (95 %% range %s – %s)", decimals(factor*m.Value, n), unit, decimals(factor**m.Low, n), decimals(factor**m.High, n))
}
