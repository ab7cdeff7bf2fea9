package report

import (
	"html/template"
	"math"
	"strconv"

	"github.com/stratascope/stratascope/finding"
)

// A pill is a finding's code over the core.
type pill struct {
	mark
	index       int // of the mark
	lane        int
	covers      [][2]float64
	left, right float64 // in pixels of plotWide
	wide        float64
	shift       float64 // how far it is moved to stay on the map
}

// middle is the middle of what the mark covers.
func (p pill) middle() float64 { return (p.covers[0][0] + p.covers[len(p.covers)-1][1]) / 2 }

// lanes gives every mark on the core a lane, the worst nearest to the core; marks that fit in none are counted.
func (l *lying) lanes() (pills []pill, more int) {
	var taken [maxLanes][][2]float64
	for i, m := range l.marks {
		if len(m.runs) == 0 || m.Severity.Word == finding.None {
			continue
		}
		p := pill{mark: m, index: i, covers: l.covers(m), wide: 31 + pillChar*float64(len([]rune(short(m.Code, 10))))}
		middle := plotWide * p.middle()
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
		path := ""
		if p.explained {
			continue
		}
		for _, r := range p.covers {
			path += "M" + px(1000*r[0]+1) + " 6V1H" + px(1000*r[1]-1) + "V6"
		}
		l.stretched(y, 8, `<path class="bracket s-`+string(p.Severity.Word)+`" d="`+path+`"/>`)
	}
	for _, p := range pills {
		y := l.y - 19 - laneHigh*float64(p.lane)
		class := "pill s-" + string(p.Severity.Word)
		if p.explained {
			class += " dashed"
		}
		l.add(`<svg x="%v" y="%v" overflow="visible"><a href="#finding-%d" class="%v" data-finding="%d"><title>%v</title>`, l.at(p.middle()), y, p.index+1, class, p.index,
			template.HTMLEscapeString(p.Title))
		x := p.shift - p.wide/2
		l.add(`<rect x="%v" y="%v" width="%v" height="%v" rx="9.5"/>`, x, -pillHigh/2, p.wide, pillHigh)
		l.add(`<g transform="translate(%v 0) scale(.85)">%v</g>`, x+13, shape(p.Severity.Word, p.outlined))
		l.text(px(x+22), 3.8, "code", "", short(p.Code, 10))
		l.add(`</a></svg>`)
	}
	if more > 0 {
		l.text("100%", l.y-19-laneHigh*maxLanes+8, "tick", "end", "+"+strconv.Itoa(more))
	}
}
