package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/stratascope/stratascope/finding"
)

// TerminalOptions say what the terminal can show and what stands around the findings.
type TerminalOptions struct {
	Width       int   // columns; 0 and more than 100 mean 100
	Color       Color // NoColor where it is not a terminal, or the user said so
	Unicode     bool  // false: shapes as * ^ # o and no other signs
	ShowSkipped bool  // list the rules that were not assessed
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

// WriteTerminal writes the verdict, the core as one row of marks, a line for every finding, the summary, and where the
// report is and what to do next.
func WriteTerminal(w io.Writer, d *finding.Diagnosis, o TerminalOptions) error {
	if err := finite(d); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	d = cleaned(d)
	t := newTerminal(w, o)
	c := newCore(d)
	t.verdict(d)
	t.line()
	if len(c.layers) > 0 {
		t.row(c)
		t.line()
	}
	t.findings(c)
	t.summary(d)
	if o.ShowSkipped {
		t.skipped(d)
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

// verdict is the advice and the worst family, or the grade once grades are calibrated (METHODS 11.3).
func (t *terminal) verdict(d *finding.Diagnosis) {
	v := d.Verdict
	coverage := "coverage " + decimals(v.Coverage, 2)
	if v.Calibrated && v.Grade != "" && v.Health != nil && v.Coverage >= 0.5 {
		t.line(bold("  "+v.Grade+"  "+decimals(v.Health.Value, 0)+"/100"), grey(fmt.Sprintf("  %s %% range %s – %s, %s", decimals(100*v.Health.Level, 0), decimals(v.Health.Low, 0), decimals(v.Health.High, 0), coverage)))
		return
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
	for _, l := range wrapText(sentence, t.Width-2) {
		t.line(plainText("  " + l))
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

// row draws the core: a mark a layer, or a mark a block of layers where it would not fit.
func (t *terminal) row(c *core) {
	n := len(c.layers)
	per := int(math.Ceil(float64(n) / float64(t.Width-10)))
	parts := []part{plainText("  in ")}
	ticks := []byte(strings.Repeat(" ", t.Width))
	for i, k := 0, 0; i < n; i, k = i+per, k+1 {
		worst := -1
		for j := i; j < min(i+per, n); j++ {
			if m := c.layers[j].mark; m >= 0 && (worst < 0 || m < worst) {
				worst = m
			}
		}
		if worst < 0 {
			parts = append(parts, grey(t.glyph(finding.None, false)))
		} else {
			m := c.marks[worst]
			parts = append(parts, part{t.glyph(m.Severity.Word, m.outlined), severityLook(m.Severity.Word)})
		}
		if k == 0 || (i+per)/(10*per) > i/(10*per) {
			t.tick(ticks, k, i, per, n)
		}
	}
	t.line(append(parts, plainText(" out"))...)
	t.line(grey(strings.TrimRight(string(ticks), " ")))
}

// tick writes a layer's number under its mark: the first, and every tenth mark's.
func (t *terminal) tick(ticks []byte, k, i, per, n int) {
	number := i + 1
	if k > 0 {
		number = (i + per) / (10 * per) * 10 * per
	}
	if number <= n && 5+k+len(strconv.Itoa(number)) < len(ticks) {
		copy(ticks[5+k:], strconv.Itoa(number))
	}
}

// glyphs are the marks of the severities: filled, outlined, and in ASCII.
var glyphs = map[finding.Word][3]string{
	finding.Critical: {"◆", "◇", "*"}, finding.Major: {"▲", "△", "^"}, finding.Moderate: {"■", "□", "#"}, finding.Minor: {"●", "○", "o"}, finding.None: {"·", "·", "."},
}

func (t *terminal) glyph(w finding.Word, outlined bool) string {
	g, ok := glyphs[w]
	switch {
	case !ok:
		return t.glyph(finding.None, outlined)
	case !t.Unicode:
		return g[2]
	case outlined:
		return g[1]
	}
	return g[0]
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
		evidence := m.Evidence
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

// summary counts the findings by severity, the suspected ones apart, and the rules that were not assessed.
func (t *terminal) summary(d *finding.Diagnosis) {
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
	case ran == 0:
		parts = append(parts, plainText("No rule could run."))
	default:
		parts = append(parts, plainText("Nothing found by the "+plural(ran, "rule")+" that could run."))
	}
	if skipped > 0 {
		parts = append(parts, plainText("  "+plural(skipped, "rule")+" not assessed"))
		if !t.ShowSkipped {
			parts = append(parts, grey(" (--show-skipped tells why)"))
		}
	}
	t.line(parts...)
}

// skipped lists the rules that were not assessed with the reason and what would help.
func (t *terminal) skipped(d *finding.Diagnosis) {
	wide := 0
	for _, r := range d.Rules {
		if r.State == finding.NotAssessed {
			wide = min(max(wide, runewidth.StringWidth(r.Title)), 28)
		}
	}
	for _, r := range d.Rules {
		if r.State != finding.NotAssessed {
			continue
		}
		why := r.Text
		if why == "" {
			why = strings.ReplaceAll(r.Reason, "-", " ")
		}
		if r.Needs != "" {
			why += "; wants " + r.Needs
		}
		t.line(grey("  · "+pad(r.Code, 6)+"  "), plainText(pad(r.Title, wide)+"   "), grey(why))
	}
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
