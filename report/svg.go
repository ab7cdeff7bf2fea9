package report

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// A drawing collects SVG. Positions across are percent of the width, so that one drawing fits every width while its
// text keeps its size; what must bend freely goes into a stretched drawing of 1000 units.
type drawing struct{ b strings.Builder }

func (d *drawing) add(format string, args ...any) {
	for i, a := range args {
		if x, ok := a.(float64); ok {
			args[i] = px(x)
		}
	}
	fmt.Fprintf(&d.b, format, args...)
}

// text adds a line of text; what it says is escaped.
func (d *drawing) text(x string, y float64, class, anchor, says string) {
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	d.add(`<text x="%v" y="%v" class="%v"%v>%v</text>`, x, y, class, anchor, template.HTMLEscapeString(says))
}

func (d *drawing) html() template.HTML { return template.HTML(d.b.String()) } // every text in it went through text

// px writes a length with at most two decimals.
func px(x float64) string {
	s := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(x, 'f', 2, 64), "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// shapes are the outlines of the severities, 10 px wide, around the origin.
var shapes = map[finding.Word]string{
	finding.Critical: "M0-5.7 5.7 0 0 5.7-5.7 0Z",
	finding.Major:    "M0-4.8 5.2 4.4H-5.2Z",
	finding.Moderate: "M-4.2-4.2H4.2V4.2H-4.2Z",
	finding.Minor:    "M-4 0A4 4 0 1 1 4 0 4 4 0 1 1-4 0Z",
	finding.None:     "M-2 0A2 2 0 1 1 2 0 2 2 0 1 1-2 0Z",
}

// shape is the path of a severity's mark: filled, or outlined where it is only suspected.
func shape(w finding.Word, outlined bool) string {
	path, ok := shapes[w]
	if !ok {
		path = shapes[finding.None]
	}
	class := "shape"
	if outlined {
		class = "shape open"
	}
	return `<path class="` + class + ` s-` + string(w) + `" d="` + path + `"/>`
}

// icon is a mark that stands in a line of text.
func icon(w finding.Word, outlined bool) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="-7 -7 14 14" width="14" height="14" aria-hidden="true">` + shape(w, outlined) + `</svg>`) // no text in it
}

// zigzag is a crack of seven parts, from top to bottom.
func zigzag(top, bottom float64) string {
	var b strings.Builder
	step := (bottom - top) / 7
	for i := range 8 {
		x := []float64{0, 2.2, -1.3, 2.6, -0.9, 1.9, -1.8, 0.4}[i]
		b.WriteString([]string{"M", "L"}[min(i, 1)])
		b.WriteString(px(x) + " " + px(top+step*float64(i)))
	}
	return b.String()
}
