package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// track draws one track and returns where the next begins.
func (l *lying) track(t *track, index int, y float64) float64 {
	high := trackHigh
	if t.form == lines {
		high = probeHigh
	}
	l.text("-112", y+12, "label", "", short(t.label, 18))
	l.text("-112", y+27, "cap2", "", short(t.caption, 20))
	l.add(`<text x="-112" y="%v" class="readout" data-readout="%d">%v</text>`, y+46, index, t.says(t.values[l.held]))
	low, top := t.ends()
	l.add(`<svg x="100%%" overflow="visible">`)
	l.text("7", y+4, "tick", "", top)
	l.text("7", y+high+2, "tick", "", low)
	l.add(`</svg>`)
	if t.band != nil {
		a, b := t.at(math.Pow(10, t.band[1])), t.at(math.Pow(10, t.band[0]))
		l.add(`<rect class="band" width="100%%" y="%v" height="%v"/>`, y+high*(1-a), high*(a-b))
	} else {
		l.add(`<line class="grid" x2="100%%" y1="%v" y2="%v"/>`, y+0.5, y+0.5)
	}
	l.add(`<line class="axis" x2="100%%" y1="%v" y2="%v"/>`, y+high+0.5, y+high+0.5)
	switch t.form {
	case bars:
		l.bars(t, y, high)
	case lines:
		l.lines(t, y, high)
	case points:
		l.points(t, y, high)
	}
	return y + high + trackGap
}

// bars draws grey bars, coloured where a finding of this track lies: one path a colour.
func (l *lying) bars(t *track, y, high float64) {
	l.stretched(y, high, l.byWord(t, func(i int) string {
		from, to := l.slot(i)
		left, right := 1000*(from+0.14*(to-from)), 1000*(to-0.14*(to-from))
		h := math.Max(high*t.at(t.values[i]), 1)
		return fmt.Sprintf("M%s %sH%sv%sH%sz", px(left), px(high-h), px(right), px(h), px(left))
	}, "bar"))
}

// points draws dots on a line.
func (l *lying) points(t *track, y, high float64) {
	line := l.line(t.values, func(v float64) float64 { return high * (1 - t.at(v)) })
	dots := l.byWord(t, func(i int) string {
		return fmt.Sprintf("M%s %sh0", px(1000*l.middle(i)), px(high*(1-t.at(t.values[i]))))
	}, dotClass(len(l.layers)))
	l.add(`<svg y="%v" width="100%%" height="%v" viewBox="0 0 1000 %v" preserveAspectRatio="none" overflow="visible"><path class="fine" d="%v"/>%v</svg>`, y, high, high, line, dots)
}

// dotClass makes the dots of many layers small.
func dotClass(n int) string {
	if n > 120 {
		return "dot small"
	}
	return "dot"
}

// lines draws the probe: validation solid, train dotted, the gap stained where it is a finding, the peak named.
func (l *lying) lines(t *track, y, high float64) {
	up := func(v float64) float64 { return high * (1 - t.at(v)) }
	inner := ""
	if t.train != nil {
		inner += l.gap(t, up)
		inner += `<path class="train" d="` + l.line(t.train, up) + `"/>`
	}
	inner += `<path class="ink" d="` + l.line(t.values, up) + `"/>`
	l.add(`<svg y="%v" width="100%%" height="%v" viewBox="0 0 1000 %v" preserveAspectRatio="none" overflow="visible">%v</svg>`, y, high, high, inner)
	if i, ok := t.peak(l.core); ok {
		l.add(`<circle class="peak" cx="%v" cy="%v" r="3"/>`, l.at(l.middle(i)), y+up(t.values[i]))
		l.add(`<svg x="%v" overflow="visible">`, l.at(l.middle(i)))
		anchor, x := "end", "-6"
		if l.middle(i) < 0.2 {
			anchor, x = "start", "6"
		}
		l.text(x, y+up(t.values[i])+15, "cap2", anchor, "peak "+t.says(t.values[i])+" · layer "+strconv.Itoa(i+1))
		l.add(`</svg>`)
	}
}

// gap is the area between train and validation, from the layer before a finding of this track to its end.
func (l *lying) gap(t *track, up func(float64) float64) string {
	out := ""
	for _, m := range l.marks {
		if !t.reads(m.Code) || m.explained {
			continue
		}
		for _, r := range m.runs {
			out += l.area(t, r, up, string(m.Severity.Word))
		}
	}
	return out
}

func (l *lying) area(t *track, r run, up func(float64) float64, word string) string {
	var there, back []string
	for _, i := range l.across(r) {
		if math.IsNaN(t.values[i]) || math.IsNaN(t.train[i]) {
			continue
		}
		x := px(1000 * l.middle(i))
		there = append(there, x+" "+px(up(t.train[i])))
		back = append([]string{x + " " + px(up(t.values[i]))}, back...)
	}
	if len(there) < 2 {
		return ""
	}
	return `<path class="gap s-` + word + `" d="M` + strings.Join(append(there, back...), "L") + `Z"/>`
}

// byWord draws the layers' paths, one element for every colour.
func (l *lying) byWord(t *track, path func(i int) string, class string) string {
	out := ""
	for _, w := range append([]finding.Word{finding.None}, finding.Words()...) {
		d := ""
		for i, v := range t.values {
			if !math.IsNaN(v) && t.word(l.core, i) == w {
				d += path(i)
			}
		}
		if d != "" {
			out += `<path class="` + class + ` s-` + string(w) + `" d="` + d + `"/>`
		}
	}
	return out
}

// line joins the values of all layers, broken where there is none.
func (l *lying) line(values []float64, up func(float64) float64) string {
	return polyline(values, l.across(run{0, len(values) - 1}), l.middle, up)
}

// polyline joins values in an order, broken where there is none; along is where each stands, as a share.
func polyline(values []float64, order []int, along func(i int) float64, up func(float64) float64) string {
	var b strings.Builder
	open := false
	for _, i := range order {
		if math.IsNaN(values[i]) {
			open = false
			continue
		}
		b.WriteString(map[bool]string{false: "M", true: "L"}[open])
		b.WriteString(px(1000*along(i)) + " " + px(up(values[i])))
		open = true
	}
	return b.String()
}
