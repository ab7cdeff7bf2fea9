package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// Measures of the fault map that stands, on a narrow page.
const (
	layerHigh    = 12.6
	standWide    = 358.0
	standLeft    = 26.0 // the left edge of the strata
	standStrata  = 66.0
	standTracks  = 128.0
	standTrack   = 46.0
	standMarks   = 315.0
	standTop     = 24.0
	standBetween = 17.0 // between brackets
)

// A standing is the fault map of a narrow page: the core upright, input on top.
type standing struct {
	*core
	drawing
	tracks []track
	step   float64 // height of a column
}

// drawStanding draws the upright fault map, 358 px wide.
func drawStanding(c *core, tracks []track, held int) (svg template.HTML, height int) {
	s := &standing{core: c, tracks: tracks, step: layerHigh}
	if n := float64(c.columns); n > 0 && n < 20 { // few layers have room for the codes beside them
		s.step = math.Min(40, 20*layerHigh/n)
	}
	from, to := c.beside(held)
	s.add(`<rect class="column held" x="22" y="%v" width="284" height="%v"/>`, s.at(from), s.at(to)-s.at(from))
	s.strata()
	s.arcs()
	for i := range tracks {
		s.track(&tracks[i], standTracks+standTrack*float64(i))
	}
	s.brackets()
	s.numbers()
	x, wide := s.lane(c.stretchOf(held), c.slips())
	from, to = c.whole(held)
	s.add(`<rect class="holder" rx="3" x="%v" y="%v" width="%v" height="%v"/>`, x-2, s.at(from), wide+4, s.at(to)-s.at(from))
	return s.html(), int(math.Ceil(s.at(1) + 10))
}

// at is a place along the core.
func (s *standing) at(share float64) float64 { return standTop + s.step*float64(s.columns)*share }

func (s *standing) strata() {
	slips := s.slips()
	for _, p := range s.pieces() {
		place := s.box(p, slips)
		if s.blocked() {
			s.add(`<g data-cell="%d">`, p.cell)
		}
		s.add(`<rect class="tint t%d" %v/>`, s.layers[p.first].tint, place)
		if m := s.stain(p.cell); m >= 0 {
			w, class := s.marks[m].Severity.Word, "stain"
			if s.marks[m].outlined {
				class = "stain half"
			}
			x, _ := s.lane(p, slips)
			s.add(`<rect class="%v" fill="url(#h-%v)" %v/><rect class="cap s-%v" x="%v" y="%v" width="5" height="%v"/>`, class, w, place, w, x, s.at(p.from), s.at(p.to)-s.at(p.from))
		}
		if s.blocked() {
			s.add(`</g>`)
		}
	}
	for _, p := range s.rocks() {
		s.add(`<rect fill="url(#r-%v)" %v/>`, rock(s.layers[p.first].Layer), s.box(p, slips))
	}
	for _, p := range s.unmeasured() {
		place := s.box(p, slips)
		s.add(`<rect class="unmeasured" %v/><rect fill="url(#hatch)" %v/>`, place, place)
	}
	s.seams(slips)
	s.counts(slips)
}

// seams draws the fine lines and the cracks between columns.
func (s *standing) seams(slips []float64) {
	seams := ""
	for k := 1; k < s.columns; k++ {
		y := s.at(float64(k) / float64(s.columns))
		lo, hi := min(slips[k-1], slips[k]), max(slips[k-1], slips[k])
		if lo == hi {
			seams += "M" + px(standLeft+lo) + " " + px(y) + "h" + px(standStrata)
		}
	}
	s.add(`<path class="seam" d="%v"/>`, seams)
	for k := 1; k < s.columns; k++ {
		if lo, hi := min(slips[k-1], slips[k]), max(slips[k-1], slips[k]); lo < hi {
			path := zigzag(standLeft+lo-7, standLeft+hi+standStrata+7)
			s.add(`<g transform="matrix(0 1 1 0 0 %v)"><path class="halo" d="%v"/><path class="crack" d="%v"/></g>`, s.at(float64(k)/float64(s.columns)), path, path)
		}
	}
}

// counts says on every block how many findings touch it, with the mark of the worst.
func (s *standing) counts(slips []float64) {
	for k, b := range s.cells {
		n, m := s.findings(k), s.stain(k)
		if !s.blocked() || n == 0 || m < 0 {
			continue
		}
		p := s.stretchOf(b.from)
		x, wide := s.lane(p, slips)
		s.add(`<g class="count" data-cell="%d" transform="translate(%v %v)">`, k, x+wide/2+4, s.at((p.from+p.to)/2))
		if b.lanes == 1 {
			s.add(`<rect class="plate" x="-14" y="-5.5" width="30" height="11" rx="5.5"/>`)
			s.text("4", 4, "tick", "middle", strconv.Itoa(n))
			s.add(`<g transform="translate(-6 0) scale(.7)">%v</g></g>`, shape(s.marks[m].Severity.Word, s.marks[m].outlined))
			continue
		}
		s.add(`<g transform="scale(.6)">%v</g></g>`, shape(s.marks[m].Severity.Word, s.marks[m].outlined))
	}
}

// lane is the left edge and the width of a stretch.
func (s *standing) lane(p stretch, slips []float64) (left, wide float64) {
	wide = standStrata / float64(p.lanes)
	return standLeft + slips[s.cells[p.cell].column] + wide*float64(p.lane), wide - min(1, float64(p.lanes-1))
}

// box is the place of a stretch as attributes.
func (s *standing) box(p stretch, slips []float64) string {
	x, wide := s.lane(p, slips)
	return fmt.Sprintf(`x="%s" y="%s" width="%s" height="%s"`, px(x), px(s.at(p.from)), px(wide), px(s.at(p.to)-s.at(p.from)))
}

func (s *standing) arcs() {
	path := ""
	for _, k := range s.skips() {
		a, b := s.at(s.center(k.from)), s.at(s.center(k.to))
		bend := math.Min(16, (b-a)/2)
		path += "M104 " + px(a) + "C110 " + px(a+bend/12) + " 113 " + px(a+bend/2) + " 113 " + px(a+bend) + "V" + px(b-bend) + "C113 " + px(b-bend/2) + " 110 " + px(b-bend/12) + " 104 " + px(b)
	}
	s.add(`<path class="arc" d="%v"/>`, path)
}

func (s *standing) track(t *track, x float64) {
	wide := standTrack - 8
	s.text(px(x), 9, "head", "", t.short)
	end := s.at(1)
	if t.band != nil {
		a, b := t.at(math.Pow(10, t.band[0])), t.at(math.Pow(10, t.band[1]))
		s.add(`<rect class="band" x="%v" y="%v" width="%v" height="%v"/>`, x+wide*a, standTop, wide*(b-a), end-standTop)
	}
	s.add(`<path class="axis" d="M%v %vV%v"/>`, x, standTop, end)
	switch t.form {
	case bars:
		s.byWord(t, "bar", func(i int) string {
			h := math.Max(wide*t.at(t.values[i]), 0.8)
			from, to := s.slot(i)
			return "M" + px(x) + " " + px(s.at(from+0.16*(to-from))) + "h" + px(h) + "V" + px(s.at(to-0.16*(to-from))) + "h-" + px(h) + "z"
		})
	case points:
		s.add(`<path class="fine" d="%v"/>`, s.line(t, t.values, x, wide))
		s.byWord(t, dotClass(len(s.layers)), func(i int) string { return "M" + px(x+wide*t.at(t.values[i])) + " " + px(s.at(s.middle(i))) + "h0" })
	case lines:
		s.probe(t, x, wide)
	}
}

func (s *standing) probe(t *track, x, wide float64) {
	if t.train != nil {
		for _, m := range s.marks {
			if t.reads(m.Code) && !m.explained {
				for _, r := range m.runs {
					s.gap(t, r, x, wide, m.Severity.Word)
				}
			}
		}
		s.add(`<path class="train" d="%v"/>`, s.line(t, t.train, x, wide))
	}
	s.add(`<path class="ink" d="%v"/>`, s.line(t, t.values, x, wide))
	if i, ok := t.peak(s.core); ok {
		s.add(`<circle class="peak" cx="%v" cy="%v" r="3"/>`, x+wide*t.at(t.values[i]), s.at(s.middle(i)))
	}
}

// gap stains the area between train and validation.
func (s *standing) gap(t *track, r run, x, wide float64, w finding.Word) {
	var there, back []string
	for _, i := range s.across(r) {
		if math.IsNaN(t.values[i]) || math.IsNaN(t.train[i]) {
			continue
		}
		y := px(s.at(s.middle(i)))
		there = append(there, px(x+wide*t.at(t.train[i]))+" "+y)
		back = append([]string{px(x+wide*t.at(t.values[i])) + " " + y}, back...)
	}
	if len(there) > 1 {
		s.add(`<path class="gap s-%v" d="M%vZ"/>`, w, strings.Join(append(there, back...), "L"))
	}
}

func (s *standing) line(t *track, values []float64, x, wide float64) string {
	var b strings.Builder
	open := false
	for _, i := range s.across(run{0, len(values) - 1}) {
		v := values[i]
		if math.IsNaN(v) {
			open = false
			continue
		}
		b.WriteString(map[bool]string{false: "M", true: "L"}[open])
		b.WriteString(px(x+wide*t.at(v)) + " " + px(s.at(s.middle(i))))
		open = true
	}
	return b.String()
}

func (s *standing) byWord(t *track, class string, path func(i int) string) {
	for _, w := range append([]finding.Word{finding.None}, finding.Words()...) {
		d := ""
		for i, v := range t.values {
			if !math.IsNaN(v) && t.word(s.core, i) == w {
				d += path(i)
			}
		}
		if d != "" {
			s.add(`<path class="%v s-%v" d="%v"/>`, class, w, d)
		}
	}
}

func (s *standing) numbers() {
	every := 10
	if s.step >= 18 {
		every = 1
	}
	before := 0.0
	for i := range s.layers {
		if at := s.at(s.middle(i)); i == 0 || (i+1)%every == 0 && at-before > min(39, s.step*float64(every))-1 {
			s.text("20", at+4, "tick", "end", strconv.Itoa(i+1))
			before = at
		}
	}
}
