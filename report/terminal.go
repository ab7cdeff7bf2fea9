package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/stratascope/stratascope/finding"
)

// TerminalOptions say what the terminal can show and what stands around the findings.
type TerminalOptions struct {
	Width       int   // columns; 0 and more than 100 mean 100
	Color       Color // NoColor where it is not a terminal, or the user said so
	Unicode     bool  // false: shapes as * ^ # o and no other signs
	ShowSkipped bool  // list the rules that were not assessed, and the notes
	ReportPath  string
	ReportSize  int64  // bytes; 0 leaves the size out
	Next        string // the command to go on with
}

const (
	maxColumns  = 100
	minColumns  = 40
	narrow      = 72 // under this the place of a finding gives way to its evidence
	firstColumn = 12 // where titles and values begin
)

// A terminal writes lines for people.
type terminal struct {
	TerminalOptions
	w   io.Writer
	err error
}

// newTerminal brings the options into their limits.
func newTerminal(w io.Writer, o TerminalOptions) *terminal {
	if o.Width <= 0 || o.Width > maxColumns {
		o.Width = maxColumns
	}
	o.Width = max(o.Width, minColumns)
	return &terminal{TerminalOptions: o, w: w}
}

// WriteTerminal writes the verdict, what the outputs are worth, the core as one row of marks, a line for every finding, the summary, and where the
// report is and what to do next.
func WriteTerminal(w io.Writer, d *finding.Diagnosis, o TerminalOptions) error {
	if err := finite(d); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	d = cleaned(d)
	t := newTerminal(w, o)
	c := newCore(d)
	said := t.verdict(d)
	t.detail(d)
	t.line()
	if t.metrics(d.Outputs) {
		t.line()
	}
	if len(c.layers) > 0 {
		t.row(c)
		t.line()
	}
	t.findings(c)
	t.summary(d, said)
	if o.ShowSkipped {
		t.skipped(d)
		t.notes(d)
	}
	t.last(o)
	return t.err
}

// WriteInputs writes what is examined: the model and the data. A diagnosis that is not finished yet will do.
func WriteInputs(w io.Writer, d *finding.Diagnosis, o TerminalOptions) error {
	d = cleaned(d)
	t := newTerminal(w, o)
	m := []string{plural(len(d.Layers), "layer")}
	if d.Run.Model.Parameters > 0 {
		m = append(m, millions(d.Run.Model.Parameters)+" parameters")
	}
	if d.Run.Model.Opset > 0 {
		m = append(m, fmt.Sprintf("opset %d", d.Run.Model.Opset))
	}
	t.line(plainText(t.named("model", d.Run.Model.Name, strings.Join(m, ", "))))
	if x := d.Run.Data; x.Name != "" {
		parts := []string{count(x.Val) + " val", count(x.Train) + " train"}
		if x.Classes > 0 {
			parts = append(parts, plural(x.Classes, "class"))
		}
		t.line(plainText(t.named("data", x.Name, strings.Join(parts, ", "))))
	}
	return t.err
}

func (t *terminal) named(name, value, detail string) string {
	return "  " + pad(name, firstColumn-2) + pad(value, 22) + " " + detail
}

func millions(n int) string {
	switch {
	case n >= 1e6:
		return decimals(float64(n)/1e6, 1) + " M"
	case n >= 1e4:
		return decimals(float64(n)/1e3, 0) + " k"
	}
	return count(n)
}

// line writes the parts as one line, cut at the width.
func (t *terminal) line(parts ...part) {
	if t.err != nil {
		return
	}
	left := t.Width
	var b strings.Builder
	for _, p := range parts {
		text := p.text
		if !t.Unicode {
			text = ascii(text)
		}
		if left == 0 {
			break
		}
		cut := runewidth.StringWidth(text) > left
		if cut {
			text = runewidth.Truncate(text, left, t.ellipsis())
		}
		left -= runewidth.StringWidth(text)
		if text != "" {
			b.WriteString(p.look.wrap(t.Color, text))
		}
		if cut {
			break
		}
	}
	_, t.err = io.WriteString(t.w, strings.TrimRight(b.String(), " ")+"\n")
}

func (t *terminal) ellipsis() string {
	if t.Unicode {
		return "…"
	}
	return "~"
}

// findings writes a line for each finding; those that another explains are grey.
func (t *terminal) findings(c *core) {
	titleWide, whereWide, codeWide := 0, 0, 6
	for _, m := range c.marks {
		codeWide = min(max(codeWide, runewidth.StringWidth(m.Code)), 10)
		titleWide = min(max(titleWide, runewidth.StringWidth(m.Title)), 28)
		whereWide = min(max(whereWide, runewidth.StringWidth(m.where())), 20)
	}
	for _, m := range c.marks {
		title, where := pad(m.Title, titleWide)+"   ", pad(m.where(), whereWide)+"   "
		if t.Width < narrow {
			where = ""
		}
		mark, code := t.glyph(m.Severity.Word, m.outlined), pad(m.Code, codeWide)
		evidence := signed(m.Evidence)
		switch {
		case m.explained:
			t.line(grey("  " + mark + " " + code + "  " + title + where + explanation(m.Finding)))
			continue
		case m.outlined:
			evidence = "suspected: " + evidence
		}
		t.line(plainText("  "), part{mark, severityLook(m.Severity.Word)}, bold(" "+code), plainText("  "+title), part{where, look{dim: true}}, plainText(evidence))
	}
	if len(c.marks) > 0 {
		t.line()
	}
}

// wrapText breaks a text into lines of a width.
func wrapText(s string, width int) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(s) {
		if line != "" && runewidth.StringWidth(line)+1+runewidth.StringWidth(w) > width {
			out, line = append(out, line), ""
		}
		line = strings.TrimSpace(line + " " + w)
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// pad fills or cuts a text to a width.
func pad(s string, width int) string {
	if runewidth.StringWidth(s) > width {
		s = runewidth.Truncate(s, width, "…")
	}
	return runewidth.FillRight(s, width)
}

// ascii writes a text without signs that a plain terminal lacks.
func ascii(s string) string {
	s = strings.NewReplacer("–", "-", "—", "-", minus, "-", "→", "->", "×", "x", "…", "~", thin, " ", "\u2009", " ", "\u00a0", " ", "·", ".", "’", "'", "“", `"`, "”", `"`).Replace(s)
	return strings.Map(func(r rune) rune {
		if r > 0x7e {
			return '?'
		}
		return r
	}, s)
}
