package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
)

func (p *program) rulesCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "rules",
		Short: "All rules",
		Long: "Rules lists the catalogue: what each rule needs, at which effect its severity is minor, moderate and\n" +
			"critical, how high it may rise, and whether its test is exact, so that it may confirm and not only suspect.",
		Example: "  stratascope rules\n  stratascope rules --format json",
		Args:    arguments(0, 0, "no rule; one of them: stratascope explain NAME"),
		RunE:    func(*cobra.Command, []string) error { return p.listRules(format) },
	}
	c.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	return c
}

// A listedRule is a rule as programs read it.
type listedRule struct {
	Code       string        `json:"code"`
	Name       string        `json:"name"`
	Title      string        `json:"title"`
	Family     string        `json:"family"`
	Version    int           `json:"version"`
	Needs      string        `json:"needs"`
	Anchors    listedAnchors `json:"anchors"`
	Cap        float64       `json:"cap"` // the highest severity it may give
	MayConfirm bool          `json:"may_confirm"`
}

// The listedAnchors are the effects at severity 20, 50 and 80.
type listedAnchors struct {
	Minor    float64 `json:"minor"`
	Moderate float64 `json:"moderate"`
	Critical float64 `json:"critical"`
}

// catalogue lists rules with what a user may want to know before running them.
func catalogue(rules []*detector.Detector) []listedRule {
	var out []listedRule
	for _, d := range rules {
		a, most := d.Anchors, d.Anchors.Cap
		if most == 0 {
			most = 100
		}
		out = append(out, listedRule{d.Code, d.Name, d.Title, d.Family, d.Version, string(d.Tier), listedAnchors{a.Minor, a.Moderate, a.Critical}, most, d.Exact})
	}
	return out
}

func (p *program) listRules(format string) error {
	out := catalogue(all.Detectors())
	switch format {
	case "json":
		e := json.NewEncoder(p.out)
		e.SetIndent("", "  ")
		return e.Encode(out)
	case "terminal":
		return writeRules(p.out, out)
	}
	return usage("--format is %q, rules are shown as terminal or json", format)
}

// writeRules writes a line for every rule, under the name of its family.
func writeRules(w io.Writer, rules []listedRule) error {
	name, title := 0, 0
	for _, r := range rules {
		name, title = max(name, len(r.Name)), max(title, len(r.Title))
	}
	row := func(code, called, titled, needs, minor, moderate, critical, most, exact string) error {
		_, err := fmt.Fprintf(w, "  %-6s  %-*s  %-*s  %-11s %5s %4s %5s %3s  %s\n", code, name, called, title, titled, needs, minor, moderate, critical, most, exact)
		return err
	}
	if err := row("code", "name", "title", "needs", "minor", "mod.", "crit.", "cap", "exact"); err != nil {
		return err
	}
	for i, r := range rules {
		if i == 0 || rules[i-1].Family != r.Family {
			if _, err := fmt.Fprintf(w, "\n%s\n", r.Family); err != nil {
				return err
			}
		}
		exact, a := "no", r.Anchors
		if r.MayConfirm {
			exact = "yes"
		}
		if err := row(r.Code, r.Name, r.Title, r.Needs, short(a.Minor), short(a.Moderate), short(a.Critical), short(r.Cap), exact); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n  %d rules. What one means: stratascope explain %s\n", len(rules), rules[0].Name)
	return err
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
