// Command rules writes docs/rules.md: a table of all rules, then their manuals.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/stratascope/stratascope/detector/all"
)

func main() {
	log.SetFlags(0)
	if err := rules(); err != nil {
		log.Fatal(err)
	}
}

// rules writes docs/rules.md: a table of all rules, then their manuals.
func rules() error {
	var b strings.Builder
	b.WriteString("# Rules\n\nGenerated from the manuals beside the rules; edit those. `stratascope explain CODE` shows the same text.\n\n")
	b.WriteString("Anchors are the effects at severity 20, 50 and 80. A rule that may confirm has an exact or analytic null; the others are\nsuspicions until their error rates are measured.\n\n")
	b.WriteString(references)
	b.WriteString("| code | name | family | needs | anchors | cap | may confirm |\n|---|---|---|---|---|---|---|\n")
	for _, d := range all.Detectors() {
		limit := ""
		if d.Anchors.Cap > 0 {
			limit = fmt.Sprint(d.Anchors.Cap)
		}
		exact := "no"
		if d.Exact {
			exact = "yes"
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %g; %g; %g | %s | %s |\n", d.Code, anchor(d.Doc), d.Name, d.Family, d.Tier, d.Anchors.Minor, d.Anchors.Moderate, d.Anchors.Critical, limit, exact)
	}
	for _, d := range all.Detectors() {
		// manuals begin with a heading of the first level; here they are chapters
		b.WriteString("\n")
		for _, line := range strings.Split(strings.TrimSpace(d.Doc), "\n") {
			if strings.HasPrefix(line, "#") {
				line = "#" + line
			}
			b.WriteString(line + "\n")
		}
	}
	return os.WriteFile("docs/rules.md", []byte(b.String()), 0o644)
}

// references says what a finding's reference means.
const references = "What a number was compared with stands in the finding's `reference`:\n\n" +
	"| reference | the number was compared with |\n|---|---|\n" +
	"| R1 | what healthy networks of the same architecture show at that place, from eight `--reference` networks on |\n" +
	"| R2 | profiles of other networks; none are shipped ([why](decisions/2026-11-28-no-library-of-profiles.md)) |\n" +
	"| R3 | twins of the layer, drawn anew as before training |\n" +
	"| R4 | the network's other layers or links |\n" +
	"| R5 | an exact or analytic null |\n" +
	"| R6 | a default, from networks that were measured when the rule was made |\n\n" +
	"R1 comes before R2, R3, R4 and R6 wherever it can be had, and asks for more than three deviations beside the rule's floor; how often it\n" +
	"errs is measured in [references.md](references.md). With fewer references the rules keep their own. R5 stays R5.\n\n"

// anchor is how Markdown readers name the manual's first heading.
func anchor(doc string) string {
	head, _, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	head = strings.ToLower(strings.TrimSpace(strings.TrimLeft(head, "#")))
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		}
		return -1
	}, head)
}
