package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/report"
)

func (p *program) explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain CODE|NAME [--run FILE]",
		Short: "The manual of a rule, with a result's numbers",
		Long: "Explain shows the manual of a rule: what it means, why it hurts, how it is measured, when it is wrong,\n" +
			"what helps. With a result file it adds what the rule found there, at every place it looked at.",
		Example:           "  stratascope explain UNI-01\n  stratascope explain dead-units --run stratascope.json",
		Args:              arguments(1, 1, "one rule, by code or name"),
		ValidArgsFunction: completeRules,
		RunE:              func(_ *cobra.Command, args []string) error { return p.explain(args[0]) },
	}
	s := p.prepare(c)
	c.Flags().StringVar(&s.run, "run", "", "result `file` whose numbers are shown, or the folder it is in")
	c.Flags().BoolVar(&s.noColor, "no-color", false, "no colours (also: NO_COLOR)")
	return c
}

func (p *program) explain(word string) error {
	d, err := findRule(all.Detectors(), word)
	if err != nil {
		return err
	}
	s := &sheet{look: p.lookOf(p.out)}
	s.manual(d.Doc)
	if p.settings.run != "" {
		run, err := readResult(p.settings.run)
		if err != nil {
			return err
		}
		s.result(run, d.Code)
	}
	return s.writeTo(p.out)
}

// resultAt returns the result file that a path means: itself, or the one in the folder of that name.
func resultAt(path string) (string, error) {
	if st, err := os.Stat(path); err != nil || !st.IsDir() {
		return path, nil
	}
	inside := filepath.Join(path, resultName)
	if _, err := os.Stat(inside); err != nil {
		return "", input("%s: a folder without %s, want a result file or the folder of one", path, resultName)
	}
	return inside, nil
}

// readResult reads a result file.
func readResult(path string) (*finding.Diagnosis, error) {
	path, err := resultAt(path)
	if err != nil {
		return nil, err
	}
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

// A sheet is text for people. Where the width is not known, which is where it is not shown on a terminal,
// Markdown stays as it is.
type sheet struct {
	look
	bytes.Buffer
}

func (s *sheet) writeTo(w io.Writer) error {
	_, err := w.Write(s.Bytes())
	return err
}

// measure is how wide running text is set at most.
const measure = 100

// columns is the width of a line.
func (s *sheet) columns() int { return max(40, min(s.width, measure)) }

// manual writes Markdown: headings, paragraphs and lists, which is what manuals are made of.
func (s *sheet) manual(doc string) {
	doc = strings.TrimSpace(doc)
	if s.width == 0 {
		s.WriteString(doc + "\n")
		return
	}
	for i, block := range strings.Split(doc, "\n\n") {
		if i > 0 {
			s.WriteByte('\n')
		}
		s.block(strings.Split(strings.Trim(block, "\n"), "\n"))
	}
}

// block writes a heading, or a paragraph or list whose lines are set anew.
func (s *sheet) block(lines []string) {
	var open string // the paragraph or item so far
	flush := func() {
		if open != "" {
			s.fill(open, true)
		}
		open = ""
	}
	for _, l := range lines {
		text := strings.TrimSpace(l)
		switch {
		case strings.HasPrefix(l, "#"):
			flush()
			s.heading(text)
		case bullet(text) != "":
			flush()
			open = text
		default:
			open = strings.TrimSpace(open + " " + text)
		}
	}
	flush()
}

// heading writes a title, bold where it can be. It stands further left than what follows it.
func (s *sheet) heading(text string) {
	if s.width == 0 {
		s.WriteString(text + "\n")
		return
	}
	s.WriteString(s.paint(bold, strings.TrimSpace(strings.TrimLeft(text, "#"))) + "\n")
}

// bullet returns the mark at the head of a list's item, "" for other text.
func bullet(text string) string {
	for _, mark := range []string{"- ", "* "} {
		if strings.HasPrefix(text, mark) {
			return mark
		}
	}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if digits > 0 && strings.HasPrefix(text[digits:], ". ") {
		return text[:digits+2]
	}
	return ""
}

// The looks of marked text, beside those of progress.
var bold = [2]string{"1", "1"}

// fill writes text in lines of the sheet's width, an item's further lines under its first word. With marks,
// `code` and *emphasis* are shown by colour; text from files has none.
func (s *sheet) fill(text string, marks bool) {
	if !marks {
		text = s.signed(text)
	}
	if s.width == 0 {
		s.WriteString(text + "\n")
		return
	}
	indent := "  "
	s.WriteString(indent)
	if marks {
		mark := bullet(text)
		s.WriteString(mark)
		text, indent = text[len(mark):], indent+strings.Repeat(" ", len(mark))
	}
	at, mark := len(indent), ""
	for i, word := range strings.Fields(text) {
		shown := word
		if marks {
			shown, word, mark = s.marked(word, mark)
		}
		wide := runewidth.StringWidth(word)
		switch {
		case i == 0:
		case at+1+wide > s.columns():
			s.WriteString("\n" + indent)
			at = len(indent)
		default:
			s.WriteByte(' ')
			at++
		}
		s.WriteString(shown)
		at += wide
	}
	s.WriteByte('\n')
}

// marked takes Markdown's marks out of a word. It returns the word painted and plain, and the mark that is
// still open after it. Every word is painted by itself, since a line may end between any two.
func (s *sheet) marked(word, open string) (painted, plain, after string) {
	paints := map[string][2]string{"`": tint, "*": bold, "**": bold}
	var part strings.Builder
	flush := func() {
		text := part.String()
		part.Reset()
		plain += text
		if open != "" {
			text = s.paint(paints[open], text)
		}
		painted += text
	}
	for rest := word; rest != ""; {
		mark := markAt(rest, open)
		if mark == "" {
			part.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		flush()
		if open == "" {
			open = mark
		} else {
			open = ""
		}
		rest = rest[len(mark):]
	}
	flush()
	return painted, plain, open
}

// markAt returns the mark that text begins with, "" if it begins with none that opens or closes something.
func markAt(text, open string) string {
	for _, mark := range []string{"`", "**", "*"} {
		if !strings.HasPrefix(text, mark) {
			continue
		}
		if open == mark || open == "" && len(text) > len(mark) { // a lone star is a sign of multiplication
			return mark
		}
		return ""
	}
	return ""
}

// result says what a rule found in a network, and what it measured everywhere else.
func (s *sheet) result(d *finding.Diagnosis, code string) {
	s.WriteByte('\n')
	s.heading("## In " + printable(d.Run.Model.Name))
	s.WriteByte('\n')
	i := slices.IndexFunc(d.Rules, func(r finding.Rule) bool { return r.Code == code })
	if i < 0 {
		s.fill("The rule was not asked.", false)
		return
	}
	r := d.Rules[i]
	switch {
	case r.State == finding.NotAssessed:
		s.fill("Not assessed: "+printable(r.Text)+".", false)
		if r.Needs != "" {
			s.fill("What would change that: "+printable(r.Needs)+".", false)
		}
	case r.State != finding.Flawed:
		s.fill("State: "+printable(string(r.State))+".", false)
	}
	for _, f := range d.Findings {
		if f.Code == code {
			s.finding(f)
		}
	}
	s.places(r.Places)
}

func (s *sheet) finding(f finding.Finding) {
	m, word := f.Measure, f.Severity.Word
	if word == "" {
		word = finding.WordOf(f.Severity.Value)
	}
	s.fill(fmt.Sprintf("%s, %s, severity %.0f (%.0f to %.0f), at %s: %s.", capital(printable(string(word))), printable(string(f.Verdict)), f.Severity.Value, f.Severity.Low, f.Severity.High, printable(where(f)), printable(f.Message)), false)
	s.fill(fmt.Sprintf("The %s is %.3g (%.3g to %.3g, %s); the floor is %.3g.", printable(m.Name), m.Value, m.Low, m.High, count(m.N, "sample", "samples"), m.Floor), false)
	if f.ExplainedBy != "" {
		s.fill("Explained by "+printable(f.ExplainedBy)+".", false)
	}
	if f.PropagatedFrom != "" {
		s.fill("It comes down from "+printable(f.PropagatedFrom)+".", false)
	}
	for _, c := range f.Caveats {
		s.fill("Note: "+printable(c)+".", false)
	}
	for _, r := range f.Remedies {
		s.fill(fmt.Sprintf("Remedy: %s (%s): %s.", printable(r.Treatment), printable(string(r.Risk)), printable(r.Why)), false)
	}
}

// where names the layers a finding reaches.
func where(f finding.Finding) string {
	if len(f.Extent.Layers) < 2 {
		return f.Site.Layer
	}
	return strings.Join(f.Extent.Layers, ", ")
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// places lists every place a rule looked at.
func (s *sheet) places(spots []finding.Spot) {
	if len(spots) == 0 {
		return
	}
	wide := len("place")
	for _, x := range spots {
		wide = min(max(wide, runewidth.StringWidth(printable(x.Layer))), 40) // a longer name pushes its line
	}
	fmt.Fprintf(s, "\n  %s  %-13s %9s   %s\n", runewidth.FillRight("place", wide), "state", "value", "95 % bounds")
	for _, x := range spots {
		line := fmt.Sprintf("  %s  %-13s %s", runewidth.FillRight(printable(x.Layer), wide), printable(string(x.State)), s.signed(numbers(x)))
		s.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func numbers(s finding.Spot) string {
	if s.Value == nil {
		return printable(s.Reason)
	}
	out := fmt.Sprintf("%9.3g", *s.Value)
	if s.Low != nil && s.High != nil {
		out += fmt.Sprintf("   %.3g to %.3g", *s.Low, *s.High)
	}
	return out
}
