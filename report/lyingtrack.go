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
	step := 1000 / float64(len(l.layers))
	l.stretched(y, high, l.byWord(t, func(i int) string {
		h := math.Max(high*t.at(t.values[i]), 1)
		return fmt.Sprintf("M%s %sh%sv%sh-%sz", px((float64(i)+0.14)*step), px(high-h), px(0.72*step), px(h), px(0.72*step))
	}, "bar"))
}

// points draws dots on a line.
func (l *lying) points(t *track, y, high float64) {
	line := polyline(t.values, func(v float64) float64 { return high * (1 - t.at(v)) })
	dots := l.byWord(t, func(i int) string {
		return fmt.Sprintf("M%s %sh0", px(1000*(float64(i)+0.5)/float64(len(l.layers))), px(high*(1-t.at(t.values[i]))))
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
		inner += `<path class="train" d="` + polyline(t.train, up) + `"/>`
	}
	inner += `<path class="ink" d="` + polyline(t.values, up) + `"/>`
	l.add(`<svg y="%v" width="100%%" height="%v" viewBox="0 0 1000 %v" preserveAspectRatio="none" overflow="visible">%v</svg>`, y, high, high, inner)
	if i, ok := t.peak(l.core); ok {
		l.add(`<circle class="peak" cx="%v" cy="%v" r="3"/>`, l.at(float64(i)+0.5), y+up(t.values[i]))
		l.add(`<svg x="%v" overflow="visible">`, l.at(float64(i)+0.5))
		anchor, x := "end", "-6"
		if float64(i) < 0.2*float64(len(l.layers)) {
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
			out += area(t, r, up, len(l.layers), string(m.Severity.Word))
		}
	}
	return out
}

func area(t *track, r run, up func(float64) float64, n int, word string) string {
	var there, back []string
	for i := r.from; i <= r.to; i++ {
		if math.IsNaN(t.values[i]) || math.IsNaN(t.train[i]) {
			continue
		}
		x := px(1000 * (float64(i) + 0.5) / float64(n))
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

// polyline joins the values of all layers, broken where there is none.
func polyline(values []float64, up func(float64) float64) string {
	var b strings.Builder
	open := false
	for i, v := range values {
		if math.IsNaN(v) {
			open = false
			continue
		}
		b.WriteString(map[bool]string{false: "M", true: "L"}[open])
		b.WriteString(px(1000*(float64(i)+0.5)/float64(len(values))) + " " + px(up(v)))
		open = true
	}
	return b.String()
}
