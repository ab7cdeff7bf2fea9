package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/report"
)

func (p *program) reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "report RUN",
		Short:   "Any view of a result",
		Long:    "Report shows a result file in another form, on standard output or into a file.",
		Example: "  stratascope report stratascope.json --show-skipped\n  stratascope report stratascope.json --format html -o report.html",
		Args:    arguments(1, 1, "one result file"),
		RunE:    func(_ *cobra.Command, args []string) error { return p.view(args[0]) },
	}
	s := p.prepare(c)
	c.Flags().StringVar(&s.format, "format", "terminal", "terminal, json or html")
	c.Flags().StringVarP(&s.out, "out", "o", "", "write into this `file`")
	c.Flags().BoolVar(&s.showSkipped, "show-skipped", false, "list the rules that were not assessed, with the reason, and notes")
	c.Flags().BoolVar(&s.noColor, "no-color", false, "no colours (also: NO_COLOR)")
	return c
}

// later are forms of results that other versions have.
var later = []string{"sarif", "junit", "markdown", "card", "badge", "codequality"}

func (p *program) view(path string) error {
	d, err := readResult(path)
	if err != nil {
		return err
	}
	out := p.settings.out
	write, err := p.form(d, out != "")
	if err != nil {
		return err
	}
	if out == "" {
		return write(p.out)
	}
	if in, err := resultAt(path); err == nil && sameFile(out, in) {
		return usage("%s is the input and is not written over.", path).with("Elsewhere: -o FILE.")
	}
	if st, err := os.Stat(filepath.Dir(out)); err != nil || !st.IsDir() {
		return input("%s: there is no folder %s", out, filepath.Dir(out))
	}
	return replace(out, write)
}

// form returns what writes a diagnosis in the form asked for. A file has no colours.
func (p *program) form(d *finding.Diagnosis, file bool) (func(io.Writer) error, error) {
	switch f := p.settings.format; {
	case f == "terminal":
		o := p.terminal()
		o.ShowSkipped = p.settings.showSkipped
		if file {
			o.Width, o.Color = 0, report.NoColor
		}
		return func(w io.Writer) error { return report.WriteTerminal(w, d, o) }, nil
	case f == "json":
		return func(w io.Writer) error { return report.WriteJSON(w, d) }, nil
	case f == "html":
		return func(w io.Writer) error { return report.WriteHTML(w, d, report.HTMLOptions{Manual: manual}) }, nil
	case slices.Contains(later, f):
		return nil, usage("--format %s is not in this version; it has terminal, json and html.", f).with("The result file holds everything: docs/result-file.md.")
	default:
		f := p.settings.format
		if near := nearest(f, append([]string{"terminal", "json", "html"}, later...)); near != "" {
			return nil, usage("unknown form %q. Did you mean %s?", f, near)
		}
		return nil, usage("unknown form %q, want terminal, json or html", f)
	}
}
