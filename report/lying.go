package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
)

// Measures of the fault map that lies: strata, the height of a lane of pills, and the gaps between tracks.
const (
	strataHigh = 92.0
	laneHigh   = 23.0
	pillHigh   = 19.0
	trackHigh  = 46.0
	probeHigh  = 74.0
	trackGap   = 19.0
	plotWide   = 842.0 // the width the lanes of pills are laid out for
	pillChar   = 6.75  // the width of a character of a code
	maxLanes   = 3
)

// A lying is the fault map as it lies on a wide page.
type lying struct {
	*core
	drawing
	tracks []track
	held   int     // the layer that is marked at first
	y      float64 // the top of the strata
}

// drawLying draws the fault map, input left, output right.
func drawLying(c *core, tracks []track, held int) (svg template.HTML, height int) {
	l := &lying{core: c, tracks: tracks, held: held}
	pills, more := l.lanes()
	l.y = strataTop(c)
	l.strata()
	l.pills(pills, more)
	y := l.counts(l.y + strataHigh + 15)
	y = l.links(y)
	y = l.stageNames(y)
	for i := range tracks {
		y = l.track(&tracks[i], i, y)
	}
	l.numbers(y)
	under := &lying{core: c, held: held, y: l.y}
	under.columns(y - 12)
	return under.html() + l.html(), int(math.Ceil(y + 8))
}

// strataTop is where the strata of a lying map begin: under the lanes of pills.
func strataTop(c *core) float64 {
	pills, _ := (&lying{core: c}).lanes()
	lanes := 1
	for _, p := range pills {
		lanes = max(lanes, p.lane+1)
	}
	return laneHigh*float64(lanes) + 8
}

// at is a place along the core in percent of the width.
func (l *lying) at(share float64) string { return px(100*share) + "%" }

// wide is the place and the width of what lies between two places along the core, as attributes.
func (l *lying) wide(from, to float64) string {
	return fmt.Sprintf(`x="%s" width="%s"`, l.at(from), l.at(to-from))
}

// columns draws the stripes under everything: that of the held layer and that of the pointer.
func (l *lying) columns(bottom float64) {
	for _, class := range []string{"held", "hover"} {
		l.add(`<rect class="column %v" %v y="%v" height="%v"/>`, class, l.wide(l.beside(l.held)), l.y-6, bottom-l.y+6)
	}
}

func (l *lying) strata() {
	slips := l.slips()
	for _, s := range l.pieces() {
		place := l.box(s, slips)
		if l.blocked() {
			l.add(`<g data-cell="%d">`, s.cell)
		}
		l.add(`<rect class="tint t%d" %v/>`, l.layers[s.first].tint, place)
		if m := l.stain(s.cell); m >= 0 {
			w := l.marks[m].Severity.Word
			class := "stain"
			if l.marks[m].outlined {
				class = "stain half"
			}
			top, _ := l.lane(s, slips)
			l.add(`<rect class="%v" fill="url(#g-%v)" %v/><rect class="cap s-%v" %v y="%v" height="5"/>`, class, w, place, w, l.wide(s.from, s.to), top)
		}
		if l.blocked() {
			l.add(`</g>`)
		}
	}
	for _, s := range l.rocks() {
		l.add(`<rect fill="url(#r-%v)" %v/>`, rock(l.layers[s.first].Layer), l.box(s, slips))
	}
	for _, s := range l.unmeasured() {
		place := l.box(s, slips)
		l.add(`<rect class="unmeasured" %v/><rect fill="url(#hatch)" %v/>`, place, place)
	}
	l.seams(slips)
	for k := 1; k < l.core.columns; k++ {
		lo, hi := min(slips[k-1], slips[k]), max(slips[k-1], slips[k])
		if lo < hi {
			path := zigzag(l.y+lo-7, l.y+hi+strataHigh+7)
			l.add(`<svg x="%v" overflow="visible"><path class="halo" d="%v"/><path class="crack" d="%v"/></svg>`, l.at(float64(k)/float64(l.core.columns)), path, path)
		}
	}
	top, high := l.lane(l.stretchOf(l.held), slips)
	l.add(`<rect class="holder" rx="3" %v y="%v" height="%v"/>`, l.wide(l.whole(l.held)), top-2, high+4)
	l.text("-112", l.y+22, "label", "", "Strata")
	l.text("-112", l.y+37, "cap2", "", "in → out")
	if l.blocked() {
		l.text("-112", l.y+52, "cap2", "", "a block each")
	}
}

// lane is the upper edge and the height of a stretch.
func (l *lying) lane(s stretch, slips []float64) (top, high float64) {
	high = strataHigh / float64(s.lanes)
	return l.y + slips[l.cells[s.cell].column] + high*float64(s.lane), high - min(1, float64(s.lanes-1))
}

// box is the place of a stretch as attributes.
func (l *lying) box(s stretch, slips []float64) string {
	top, high := l.lane(s, slips)
	return fmt.Sprintf(`%s y="%s" height="%s"`, l.wide(s.from, s.to), px(top), px(high))
}

// seams are the fine lines between strata.
func (l *lying) seams(slips []float64) {
	path := ""
	for k := 1; k < l.core.columns; k++ {
		path += "M" + px(1000*float64(k)/float64(l.core.columns)) + " " + px(slips[k]) + "v" + px(strataHigh)
	}
	l.stretched(l.y, strataHigh+15, `<path class="seam" d="`+path+`"/>`)
}

// counts says under every block how many findings touch it, with the mark of the worst.
func (l *lying) counts(y float64) float64 {
	if !l.blocked() {
		return y
	}
	thin := plotWide/float64(l.core.columns) < 14
	for k, b := range l.cells {
		n, m := l.findings(k), l.stain(k)
		if n == 0 || m < 0 {
			continue
		}
		at := (float64(b.column) + (float64(b.lane)+0.5)/float64(b.lanes)) / float64(l.core.columns)
		mark := shape(l.marks[m].Severity.Word, l.marks[m].outlined)
		if thin || b.lanes > 1 {
			l.add(`<svg class="count" data-cell="%d" x="%v" y="%v" overflow="visible"><g transform="scale(.5)">%v</g></svg>`, k, l.at(at), y+7, mark)
			continue
		}
		l.add(`<svg class="count" data-cell="%d" x="%v" y="%v" overflow="visible"><g transform="scale(.8)">%v</g>`, k, l.at(at), y+7, mark)
		l.text("0", 15, "tick", "middle", strconv.Itoa(n))
		l.add(`</svg>`)
	}
	l.text("-112", y+11, "cap2", "", "findings in each")
	return y + 28
}

// stretched adds paths drawn on 1000 units across.
func (l *lying) stretched(y, height float64, inner string) {
	l.add(`<svg y="%v" width="100%%" height="%v" viewBox="0 0 1000 %v" preserveAspectRatio="none">%v</svg>`, y, height, height, inner)
}

// links draws the skip links as arcs.
func (l *lying) links(y float64) float64 {
	skips := l.skips()
	if len(skips) == 0 {
		return y + 6
	}
	path := ""
	for _, s := range skips {
		a, b := 1000*l.center(s.from), 1000*l.center(s.to)
		bend := math.Min(26, (b-a)/2)
		path += fmt.Sprintf("M%s 0C%s 7.5 %s 10.5 %s 10.5H%sC%s 10.5 %s 7.5 %s 0", px(a), px(a+bend/12), px(a+bend/2), px(a+bend), px(b-bend), px(b-bend/2), px(b-bend/12), px(b))
	}
	l.stretched(y, 15, `<path class="arc" d="`+path+`"/>`)
	l.text("-112", y+11, "cap2", "", "skip links")
	return y + 25
}

// stageNames draws the stretch and name of every stage that has one.
func (l *lying) stageNames(y float64) float64 {
	if len(l.stages) > 24 || len(l.stages) == 1 && l.names[0] == "" {
		return y + 8
	}
	path, end := "", 0.0
	for i, s := range l.stages {
		from, to := l.span(s)
		if from < end-1e-9 { // beside the stage before it
			continue
		}
		end = to
		if l.names[i] != "" {
			path += "M" + px(1000*from+1.5) + " 1H" + px(1000*to-1.5)
		}
		wide, x, anchor := plotWide*(to-from), l.at((from+to)/2), "middle"
		if need := 5.6 * float64(len([]rune(l.names[i]))); wide < need && i > 0 && i < len(l.stages)-1 {
			continue
		} else if wide < need && i == 0 {
			x, anchor = l.at(to), "end"
		} else if wide < need {
			x, anchor = l.at(from), "start"
		}
		l.text(x, y+14, "cap2", anchor, short(l.names[i], 22))
	}
	l.stretched(y, 2, `<path class="axis" d="`+path+`"/>`)
	return y + 31
}

// numbers writes the numbers of layers: the first, tens, the last.
func (l *lying) numbers(y float64) {
	n := len(l.layers)
	step := tickStep(n, 12)
	before := math.Inf(-1)
	for i := 1; i <= n; i++ {
		at := l.middle(i - 1)
		if i == 1 || i == n || i%step == 0 && n-i > step/3 && math.Abs(at-before)*plotWide > 26 {
			l.text(l.at(at), y, "tick", "middle", strconv.Itoa(i))
			before = at
		}
	}
}

// tickStep is the distance of numbers on an axis of n layers with about most of them: 1, 5, 10, 20, 40 and so on.
func tickStep(n, most int) int {
	switch {
	case n <= most:
		return 1
	case n <= 3*most && n < 30:
		return 5
	}
	step := 10
	for n/step >= most {
		step *= 2
	}
	return step
}

// short cuts a text to a number of characters.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
