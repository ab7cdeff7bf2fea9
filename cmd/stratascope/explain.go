package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/report"
)

func (p *program) explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "explain CODE|NAME [--run FILE]",
		Short:   "The manual of a rule, with a result's numbers",
		Example: "  stratascope explain UNI-01\n  stratascope explain dead-units --run stratascope.json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return p.explain(args[0]) },
	}
	s := p.prepare(c)
	c.Flags().StringVar(&s.run, "run", "", "result `file` whose numbers are shown")
	return c
}

func (p *program) explain(word string) error {
	d, err := findRule(all.Detectors(), word)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.out, strings.TrimSpace(d.Doc)); err != nil {
		return err
	}
	if p.settings.run == "" {
		return nil
	}
	run, err := readResult(p.settings.run)
	if err != nil {
		return err
	}
	_, err = p.out.Write([]byte("\n" + inThisNetwork(run, d.Code)))
	return err
}

// readResult reads a result file.
func readResult(path string) (*finding.Diagnosis, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, input("%s: %v", path, reason(err))
	}
	defer f.Close()
	d, err := report.ReadJSON(f)
	if err != nil {
		return nil, input("%s: %v", path, err)
	}
	return d, nil
}

// inThisNetwork says what a rule found, and what it measured everywhere else.
func inThisNetwork(d *finding.Diagnosis, code string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## In %s\n\n", printable(d.Run.Model.Name))
	i := slices.IndexFunc(d.Rules, func(r finding.Rule) bool { return r.Code == code })
	if i < 0 {
		b.WriteString("The rule was not asked.\n")
		return b.String()
	}
	r := d.Rules[i]
	if r.State == finding.NotAssessed {
		fmt.Fprintf(&b, "Not assessed: %s.\n", printable(r.Text))
		return b.String()
	}
	for _, f := range d.Findings {
		if f.Code == code {
			sayFinding(&b, f)
		}
	}
	if r.State != finding.Flawed {
		fmt.Fprintf(&b, "State: %s.\n", r.State)
	}
	if len(r.Places) > 0 {
		b.WriteString("\n  place                         state            value   95 % bounds\n")
	}
	for _, s := range r.Places {
		fmt.Fprintf(&b, "  %-28.28s  %-14s %s\n", printable(s.Layer), s.State, numbers(s))
	}
	return b.String()
}

func sayFinding(b *bytes.Buffer, f finding.Finding) {
	m := f.Measure
	fmt.Fprintf(b, "%s, %s, severity %.0f (%.0f to %.0f), at %s: %s.\n", strings.ToUpper(string(f.Severity.Word[:1]))+string(f.Severity.Word[1:]), f.Verdict, f.Severity.Value, f.Severity.Low, f.Severity.High, printable(f.Site.Layer), printable(f.Message))
	fmt.Fprintf(b, "The %s is %.3g (%.3g to %.3g, %d samples); the floor is %.3g.\n", printable(m.Name), m.Value, m.Low, m.High, m.N, m.Floor)
	for _, c := range f.Caveats {
		fmt.Fprintf(b, "Note: %s.\n", printable(c))
	}
	for _, r := range f.Remedies {
		fmt.Fprintf(b, "Remedy: %s (%s): %s.\n", r.Treatment, r.Risk, printable(r.Why))
	}
}

func numbers(s finding.Spot) string {
	if s.Value == nil {
		return s.Reason
	}
	out := fmt.Sprintf("%7.3g", *s.Value)
	if s.Low != nil && s.High != nil {
		out += fmt.Sprintf("   %.3g to %.3g", *s.Low, *s.High)
	}
	return out
}
