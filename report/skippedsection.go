package report

import (
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// notAssessedSection lists the rules that did not come to a result, with the reason: they never look clear.
func notAssessedSection(v *view) (*section, error) {
	type line struct{ Code, Title, State, Why, Needs string }
	var lines []line
	for _, r := range v.Rules {
		why := r.Text
		if why == "" {
			why = strings.ReplaceAll(r.Reason, "-", " ")
		}
		if why == "" && r.State == finding.Inconclusive {
			why = "the interval reaches over the floor of the rule"
		}
		state := strings.ReplaceAll(string(r.State), "-", " ")
		if r.State != finding.NotAssessed && r.State != finding.Inconclusive {
			if why = placesWithout(r); why == "" {
				continue
			}
			state = "not assessed in part"
		}
		lines = append(lines, line{r.Code, r.Title, state, why, r.Needs})
	}
	if len(lines) == 0 {
		return nil, nil
	}
	body, err := v.render("notassessed.tmpl", lines)
	return &section{ID: "skipped", Title: "Not assessed", Note: plural(len(lines), "rule") + " without a full result", Body: body}, err
}

// placesWithout says at how many places a rule that otherwise ran could not be assessed, and why.
func placesWithout(r finding.Rule) string {
	n, reason := 0, ""
	for _, p := range r.Places {
		if p.State == finding.NotAssessed {
			if n++; reason == "" {
				reason = p.Reason
			}
		}
	}
	if n == 0 {
		return ""
	}
	return plural(n, "layer") + " of " + count(len(r.Places)) + ": " + strings.ReplaceAll(reason, "-", " ")
}
