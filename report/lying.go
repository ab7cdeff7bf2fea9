package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"

	"github.com/stratascope/stratascope/finding"
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
	// manyStrata is the number of layers above which strata are too thin for patterns and seams.
	manyStrata = 160
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
	y := l.links(l.y + strataHigh + 15)
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

// at is the place of a layer's left edge in percent of the width.
func (l *lying) at(i float64) string { return px(100*i/float64(len(l.layers))) + "%" }

// columns draws the stripes under everything: that of the held layer and that of the pointer.
func (l *lying) columns(bottom float64) {
	for _, c := range []struct{ class, x string }{{"held", l.at(float64(l.held))}, {"hover", "0"}} {
		l.add(`<rect class="column %v" x="%v" y="%v" width="%v" height="%v"/>`, c.class, c.x, l.y-6, l.at(1), bottom-l.y+6)
	}
}

func (l *lying) strata() {
	for _, p := range l.pieces() {
		m := l.layers[p.from].mark
		top := l.y + slip(l.word(p.from))
		place := fmt.Sprintf(`x="%s" width="%s"`, l.at(float64(p.from)), l.at(float64(p.to-p.from+1)))
		l.add(`<rect class="tint t%d" %v y="%v" height="%v"/>`, l.layers[p.from].tint, place, top, strataHigh)
		if m >= 0 {
			w := l.marks[m].Severity.Word
			class := "stain"
			if l.marks[m].outlined {
				class = "stain half"
			}
			l.add(`<rect class="%v" fill="url(#g-%v)" %v y="%v" height="%v"/><rect class="cap s-%v" %v y="%v" height="5"/>`, class, w, place, top, strataHigh, w, place, top)
		}
		for k, runs := range l.rocks(p) {
			for _, r := range runs {
				l.add(`<rect fill="url(#r-%v)" x="%v" width="%v" y="%v" height="%v"/>`, rockNames[k], l.at(float64(r.from)), l.at(float64(r.to-r.from+1)), top, strataHigh)
			}
		}
	}
	for _, r := range l.unmeasured() {
		place := fmt.Sprintf(`x="%s" width="%s" y="%s" height="%s"`, l.at(float64(r.from)), l.at(float64(r.to-r.from+1)), px(l.y), px(strataHigh))
		l.add(`<rect class="unmeasured" %v/><rect fill="url(#hatch)" %v/>`, place, place)
	}
	l.seams()
	for _, i := range l.cracks() {
		lo, hi := slip(l.word(i-1)), slip(l.word(i))
		path := zigzag(l.y+math.Min(lo, hi)-7, l.y+math.Max(lo, hi)+strataHigh+7)
		l.add(`<svg x="%v" overflow="visible"><path class="halo" d="%v"/><path class="crack" d="%v"/></svg>`, l.at(float64(i)), path, path)
	}
	l.add(`<rect class="holder" rx="3" x="%v" y="%v" width="%v" height="%v"/>`, l.at(float64(l.held)), l.y+slip(l.word(l.held))-2, l.at(1), strataHigh+4)
	l.text("-112", l.y+22, "label", "", "Strata")
	l.text("-112", l.y+37, "cap2", "", "in → out")
}

// rockNames are the patterns of the strata, without the plain one.
var rockNames = []string{"dots", "rings", "lines", "crosses"}

// rocks lists the stretches of a piece that carry a pattern, by rockNames.
func (c *core) rocks(p run) [][]run {
	out := make([][]run, len(rockNames))
	if len(c.layers) > manyStrata {
		return out
	}
	for k, name := range rockNames {
		touched := make([]bool, len(c.layers))
		for i := p.from; i <= p.to; i++ {
			touched[i] = rock(c.layers[i].Layer) == name
		}
		out[k] = runsOf(touched)
	}
	return out
}

// seams are the fine lines between layers.
func (l *lying) seams() {
	path := ""
	for i := 1; i < len(l.layers) && len(l.layers) <= manyStrata; i++ {
		x := 1000 * float64(i) / float64(len(l.layers))
		path += "M" + px(x) + " " + px(slip(l.word(i))) + "v" + px(strataHigh)
	}
	l.stretched(l.y, strataHigh+15, `<path class="seam" d="`+path+`"/>`)
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
		a, b := 1000*(float64(s.from)+0.5)/float64(len(l.layers)), 1000*(float64(s.to)+0.5)/float64(len(l.layers))
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
	path := ""
	for i, s := range l.stages {
		from, to := float64(s.from), float64(s.to+1)
		scale := 1000 / float64(len(l.layers))
		if l.names[i] != "" {
			path += "M" + px(from*scale+1.5) + " 1H" + px(to*scale-1.5)
		}
		wide, x, anchor := plotWide*(to-from)/float64(len(l.layers)), l.at((from+to)/2), "middle"
		if need := 5.6 * float64(len([]rune(l.names[i]))); wide < need && i > 0 && i < len(l.stages)-1 {
			continue
		} else if wide < need && i == 0 {
			x, anchor = l.at(to-0.05), "end"
		} else if wide < need {
			x, anchor = l.at(from+0.05), "start"
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
	for i := 1; i <= n; i++ {
		if i == 1 || i == n || i%step == 0 && n-i > step/3 {
			l.text(l.at(float64(i)-0.5), y, "tick", "middle", strconv.Itoa(i))
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

// A pill is a finding's code over the core.
type pill struct {
	mark
	index       int // of the mark
	lane        int
	left, right float64 // in pixels of plotWide
	wide        float64
	shift       float64 // how far it is moved to stay on the map
}

// lanes gives every mark on the core a lane, the worst nearest to the core; marks that fit in none are counted.
func (l *lying) lanes() (pills []pill, more int) {
	scale := plotWide / float64(max(len(l.layers), 1))
	var taken [maxLanes][][2]float64
	for i, m := range l.marks {
		if len(m.runs) == 0 || m.Severity.Word == finding.None {
			continue
		}
		r := m.reach()
		p := pill{mark: m, index: i, wide: 31 + pillChar*float64(len([]rune(short(m.Code, 10))))}
		middle := (float64(r.from) + float64(r.to+1)) / 2 * scale
		if p.shift = p.wide/2 - middle; p.shift < 0 {
			p.shift = math.Min(0, plotWide+34-p.wide/2-middle)
		}
		middle += p.shift
		p.left, p.right = middle-p.wide/2-2, middle+p.wide/2+2
		lane := 0
		for lane < maxLanes && overlaps(taken[lane], p.left, p.right) {
			lane++
		}
		if lane == maxLanes {
			more++
			continue
		}
		p.lane = lane
		taken[lane] = append(taken[lane], [2]float64{p.left, p.right})
		pills = append(pills, p)
	}
	return pills, more
}

func overlaps(taken [][2]float64, left, right float64) bool {
	for _, t := range taken {
		if left < t[1] && right > t[0] {
			return true
		}
	}
	return false
}

func (l *lying) pills(pills []pill, more int) {
	for _, p := range pills { // brackets first: a pill covers the bracket behind it
		y := l.y - 16 - laneHigh*float64(p.lane)
		path, scale := "", 1000/float64(len(l.layers))
		if p.explained {
			continue
		}
		for _, r := range p.runs {
			path += "M" + px(float64(r.from)*scale+1) + " 6V1H" + px(float64(r.to+1)*scale-1) + "V6"
		}
		l.stretched(y, 8, `<path class="bracket s-`+string(p.Severity.Word)+`" d="`+path+`"/>`)
	}
	for _, p := range pills {
		r := p.reach()
		y := l.y - 19 - laneHigh*float64(p.lane)
		class := "pill s-" + string(p.Severity.Word)
		if p.explained {
			class += " dashed"
		}
		l.add(`<svg x="%v" y="%v" overflow="visible"><a href="#finding-%d" class="%v" data-finding="%d"><title>%v</title>`, l.at((float64(r.from)+float64(r.to+1))/2), y, p.index+1, class, p.index,
			template.HTMLEscapeString(p.Title))
		x := p.shift - p.wide/2
		l.add(`<rect x="%v" y="%v" width="%v" height="%v" rx="9.5"/>`, x, -pillHigh/2, p.wide, pillHigh)
		l.add(`<svg x="%v" overflow="visible">%v</svg>`, x+13, shape(p.Severity.Word, p.outlined))
		l.text(px(x+22), 3.8, "code", "", short(p.Code, 10))
		l.add(`</a></svg>`)
	}
	if more > 0 {
		l.text("100%", l.y-19-laneHigh*maxLanes+8, "tick", "end", "+"+strconv.Itoa(more))
	}
}

// short cuts a text to a number of characters.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
