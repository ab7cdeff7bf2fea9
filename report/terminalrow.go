package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

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
