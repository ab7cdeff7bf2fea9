package report

import (
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// Color says which colours a terminal shows.
type Color int

// The colours of terminals.
const (
	NoColor   Color = iota // none, not even bold
	Basic                  // the 16 basic colours
	TrueColor              // the tokens of the dark theme
)

// A part is a stretch of a line with one look.
type part struct {
	text string
	look look
}

// A look is how a stretch of a line is set.
type look struct {
	bold, dim, grey bool
	word            finding.Word // the colour of a severity; "" for none
}

func plainText(s string) part          { return part{s, look{}} }
func bold(s string) part               { return part{s, look{bold: true}} }
func grey(s string) part               { return part{s, look{grey: true}} }
func severityLook(w finding.Word) look { return look{word: w} }

// colours are the dark theme's tokens, and the nearest of the basic colours.
var colours = map[string]struct{ token, basic string }{
	string(finding.Critical): {"#F4497F", "95"}, string(finding.Major): {"#EF904A", "91"}, string(finding.Moderate): {"#F5D65B", "93"}, string(finding.Minor): {"#6A8FE6", "94"},
	"grey": {"#8D969F", "90"}, "dim": {"#B3BAC1", "37"},
}

// wrap puts the codes of a look around a text.
func (l look) wrap(c Color, text string) string {
	if c == NoColor {
		return text
	}
	var codes []string
	if l.bold {
		codes = append(codes, "1")
	}
	name := string(l.word)
	switch {
	case l.grey:
		name = "grey"
	case l.dim:
		name = "dim"
	}
	if k, ok := colours[name]; ok {
		codes = append(codes, colourCode(c, k.token, k.basic))
	}
	if len(codes) == 0 {
		return text
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + text + "\x1b[0m"
}

func colourCode(c Color, token, basic string) string {
	if c == Basic {
		return basic
	}
	n, err := strconv.ParseUint(token[1:], 16, 32)
	if err != nil {
		return basic
	}
	return "38;2;" + strconv.FormatUint(n>>16, 10) + ";" + strconv.FormatUint(n>>8&255, 10) + ";" + strconv.FormatUint(n&255, 10)
}
