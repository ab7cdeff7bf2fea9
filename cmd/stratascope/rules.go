package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/detector/all"
)

func (p *program) rulesCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "rules",
		Short:   "All rules",
		Example: "  stratascope rules\n  stratascope rules --format json",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return p.listRules(format) },
	}
	c.Flags().StringVar(&format, "format", "terminal", "terminal or json")
	return c
}

// A listedRule is a rule as programs read it.
type listedRule struct {
	Code       string    `json:"code"`
	Name       string    `json:"name"`
	Title      string    `json:"title"`
	Family     string    `json:"family"`
	Version    int       `json:"version"`
	Needs      string    `json:"needs"`
	Anchors    []float64 `json:"anchors"`
	Cap        float64   `json:"cap,omitempty"`
	MayConfirm bool      `json:"may_confirm"`
}

func (p *program) listRules(format string) error {
	var out []listedRule
	for _, d := range all.Detectors() {
		out = append(out, listedRule{d.Code, d.Name, d.Title, d.Family, d.Version, string(d.Tier), []float64{d.Anchors.Minor, d.Anchors.Moderate, d.Anchors.Critical}, d.Anchors.Cap, d.Exact})
	}
	switch format {
	case "json":
		e := json.NewEncoder(p.out)
		e.SetIndent("", "  ")
		return e.Encode(out)
	case "terminal":
	default:
		return usage("--format is %q, rules are shown as terminal or json", format)
	}
	for _, r := range out {
		if _, err := fmt.Fprintf(p.out, "  %-6s  %-22s %-24s needs %s\n", r.Code, r.Name, r.Title, r.Needs); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(p.out, "\n  %d rules. What one means: stratascope explain %s\n", len(out), out[0].Name)
	return err
}
