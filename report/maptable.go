package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// wideTable is the number of layers up to which tables have cells; longer ones are text in columns.
const wideTable = 120

// A layerTable is every value of every layer.
type layerTable struct {
	Columns []string
	Rows    []layerRow
	Text    string // instead of rows
	Blocks  []tableBlock
}

// A tableBlock is the part of a table that a block of layers fills.
type tableBlock struct{ Title, Text string }

type layerRow struct {
	Number     int
	Name, Kind string
	Values     []string
}

func (v *view) table() layerTable {
	var t layerTable
	for _, k := range v.tracks {
		t.Columns = append(t.Columns, k.label)
	}
	for i, l := range v.core.layers {
		r := layerRow{Number: i + 1, Name: l.Name, Kind: kind(l.Layer)}
		for _, k := range v.tracks {
			r.Values = append(r.Values, k.says(k.values[i]))
		}
		t.Rows = append(t.Rows, r)
	}
	if len(t.Rows) > wideTable {
		t.Text, t.Rows = columns(t), nil
	}
	if v.core.blocked() {
		head, rest, _ := strings.Cut(t.Text, "\n")
		lines := strings.SplitAfter(rest, "\n")
		t.Text = head
		for k, b := range v.core.cells {
			t.Blocks = append(t.Blocks, tableBlock{v.core.blockTitle(k), strings.Join(lines[b.from:b.to+1], "")})
		}
	}
	return t
}

// blockTitle names a block, its layers, and how many findings touch it, with the worst severity among them.
func (c *core) blockTitle(k int) string {
	b := c.cells[k]
	title := span(b.from+1, b.to+1)
	if b.name != "" {
		title = short(b.name, 60) + ", " + title
	}
	if n, m := c.findings(k), c.stain(k); n > 0 && m >= 0 {
		title += fmt.Sprintf(": %s, worst %s", plural(n, "finding"), c.marks[m].Severity.Word)
	}
	return title
}

// columns sets a table as text.
func columns(t layerTable) string {
	lines := [][]string{append([]string{"no.", "layer", "kind"}, t.Columns...)}
	for _, r := range t.Rows {
		lines = append(lines, append([]string{strconv.Itoa(r.Number), r.Name, r.Kind}, r.Values...))
	}
	wide := make([]int, len(lines[0]))
	for _, l := range lines {
		for i, s := range l {
			wide[i] = min(max(wide[i], utf8.RuneCountInString(s)), 40)
		}
	}
	var b strings.Builder
	for _, l := range lines {
		for i, s := range l {
			s = short(s, 40)
			b.WriteString(s + strings.Repeat(" ", wide[i]-utf8.RuneCountInString(s)+2))
		}
		b.WriteByte('\n')
	}
	return trailing.ReplaceAllString(b.String(), "\n")
}

// trailing are the spaces at the end of lines.
var trailing = regexp.MustCompile(` +\n`)
