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
	step   float64 // height of a layer
}

// drawStanding draws the upright fault map, 358 px wide.
func drawStanding(c *core, tracks []track, held int) (svg template.HTML, height int) {
	s := &standing{core: c, tracks: tracks, step: layerHigh}
	switch n := float64(len(c.layers)); {
	case n > 160:
		s.step = math.Max(3, layerHigh*160/n)
	case n > 0 && n < 20: // few layers have room for the codes beside them
		s.step = math.Min(40, 20*layerHigh/n)
	}
	s.add(`<rect class="column held" x="22" y="%v" width="284" height="%v"/>`, s.at(float64(held)), s.step)
	s.strata()
	s.arcs()
	for i := range tracks {
		s.track(&tracks[i], standTracks+standTrack*float64(i))
	}
	s.brackets()
	s.numbers()
	s.add(`<rect class="holder" rx="3" x="%v" y="%v" width="%v" height="%v"/>`, standLeft+slip(s.word(held))-2, s.at(float64(held)), standStrata+4, s.step)
	return s.html(), int(math.Ceil(s.at(float64(len(c.layers))) + 10))
}

// at is the upper edge of a layer.
func (s *standing) at(i float64) float64 { return standTop + s.step*i }

func (s *standing) strata() {
	seams := ""
	for _, p := range s.pieces() {
		x, y, high := standLeft+slip(s.word(p.from)), s.at(float64(p.from)), s.step*float64(p.to-p.from+1)
		s.add(`<rect class="tint t%d" x="%v" y="%v" width="%v" height="%v"/>`, s.layers[p.from].tint, x, y, standStrata, high)
		if m := s.layers[p.from].mark; m >= 0 {
			w, class := s.marks[m].Severity.Word, "stain"
			if s.marks[m].outlined {
				class = "stain half"
			}
			s.add(`<rect class="%v" fill="url(#h-%v)" x="%v" y="%v" width="%v" height="%v"/><rect class="cap s-%v" x="%v" y="%v" width="5" height="%v"/>`, class, w, x, y, standStrata, high, w, x, y, high)
		}
		for k, runs := range s.rocks(p) {
			for _, r := range runs {
				s.add(`<rect fill="url(#r-%v)" x="%v" y="%v" width="%v" height="%v"/>`, rockNames[k], x, s.at(float64(r.from)), standStrata, s.step*float64(r.to-r.from+1))
			}
		}
		for i := p.from + 1; i <= p.to && len(s.layers) <= manyStrata; i++ {
			seams += "M" + px(x) + " " + px(s.at(float64(i))) + "h" + px(standStrata)
		}
	}
	for _, r := range s.unmeasured() {
		place := fmt.Sprintf(`x="%s" y="%s" width="%s" height="%s"`, px(standLeft), px(s.at(float64(r.from))), px(standStrata), px(s.step*float64(r.to-r.from+1)))
		s.add(`<rect class="unmeasured" %v/><rect fill="url(#hatch)" %v/>`, place, place)
	}
	s.add(`<path class="seam" d="%v"/>`, seams)
	for _, i := range s.cracks() {
		lo, hi := slip(s.word(i-1)), slip(s.word(i))
		path := zigzag(standLeft+math.Min(lo, hi)-7, standLeft+math.Max(lo, hi)+standStrata+7)
		s.add(`<g transform="matrix(0 1 1 0 0 %v)"><path class="halo" d="%v"/><path class="crack" d="%v"/></g>`, s.at(float64(i)), path, path)
	}
}

func (s *standing) arcs() {
	path := ""
	for _, k := range s.skips() {
		a, b := s.at(float64(k.from)+0.5), s.at(float64(k.to)+0.5)
		bend := math.Min(16, (b-a)/2)
		path += "M104 " + px(a) + "C110 " + px(a+bend/12) + " 113 " + px(a+bend/2) + " 113 " + px(a+bend) + "V" + px(b-bend) + "C113 " + px(b-bend/2) + " 110 " + px(b-bend/12) + " 104 " + px(b)
	}
	s.add(`<path class="arc" d="%v"/>`, path)
}

func (s *standing) track(t *track, x float64) {
	wide := standTrack - 8
	s.text(px(x), 9, "head", "", t.short)
	end := s.at(float64(len(s.layers)))
	if t.band != nil {
		a, b := t.at(math.Pow(10, t.band[0])), t.at(math.Pow(10, t.band[1]))
		s.add(`<rect class="band" x="%v" y="%v" width="%v" height="%v"/>`, x+wide*a, standTop, wide*(b-a), end-standTop)
	}
	s.add(`<path class="axis" d="M%v %vV%v"/>`, x, standTop, end)
	switch t.form {
	case bars:
		s.byWord(t, "bar", func(i int) string {
			h := math.Max(wide*t.at(t.values[i]), 0.8)
			return "M" + px(x) + " " + px(s.at(float64(i)+0.16)) + "h" + px(h) + "v" + px(0.68*s.step) + "h-" + px(h) + "z"
		})
	case points:
		s.add(`<path class="fine" d="%v"/>`, s.line(t, t.values, x, wide))
		s.byWord(t, dotClass(len(s.layers)), func(i int) string { return "M" + px(x+wide*t.at(t.values[i])) + " " + px(s.at(float64(i)+0.5)) + "h0" })
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
		s.add(`<circle class="peak" cx="%v" cy="%v" r="3"/>`, x+wide*t.at(t.values[i]), s.at(float64(i)+0.5))
	}
}

// gap stains the area between train and validation.
func (s *standing) gap(t *track, r run, x, wide float64, w finding.Word) {
	var there, back []string
	for i := r.from; i <= r.to; i++ {
		if math.IsNaN(t.values[i]) || math.IsNaN(t.train[i]) {
			continue
		}
		y := px(s.at(float64(i) + 0.5))
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
	for i, v := range values {
		if math.IsNaN(v) {
			open = false
			continue
		}
		b.WriteString(map[bool]string{false: "M", true: "L"}[open])
		b.WriteString(px(x+wide*t.at(v)) + " " + px(s.at(float64(i)+0.5)))
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

// brackets marks the findings at the right edge, the worst farthest left among those that overlap.
func (s *standing) brackets() {
	var taken [maxLanes][][2]float64
	for i, m := range s.marks {
		if len(m.runs) == 0 || m.Severity.Word == finding.None {
			continue
		}
		r := m.reach()
		a, b := s.at(float64(r.from))+1, s.at(float64(r.to+1))-1
		code := short(m.Code, 10)
		up, long := a, math.Max(b, (a+b)/2+8+codeLong(code))
		if s.upward((a+b)/2, code) {
			up, long = math.Min(a, (a+b)/2-8-codeLong(code)), b
		}
		lane := 0
		for lane < maxLanes && overlaps(taken[lane], up-2, long+2) {
			lane++
		}
		if lane == maxLanes {
			continue
		}
		taken[lane] = append(taken[lane], [2]float64{up - 2, long + 2})
		s.bracket(i, m, standMarks+standBetween*float64(lane), a, b, code)
	}
}

// codeLong is the length of an upright code.
func codeLong(code string) float64 { return 6.4 * float64(len([]rune(code))) }

// upward says whether a code has to stand above its mark because the core ends below it.
func (s *standing) upward(middle float64, code string) bool {
	return middle+8+codeLong(code) > s.at(float64(len(s.layers)))+8 && middle-8-codeLong(code) > 0
}

func (s *standing) bracket(i int, m mark, x, a, b float64, code string) {
	middle := (a + b) / 2
	s.add(`<a href="#finding-%d" class="s-%v" data-finding="%d"><title>%v</title>`, i+1, m.Severity.Word, i, template.HTMLEscapeString(m.Code+" "+m.Title))
	dash := ""
	if m.explained {
		dash = " dashed"
	}
	s.add(`<rect class="target" x="%v" y="%v" width="17" height="%v"/>`, x-6, math.Min(a, middle-12), math.Max(b-a, 24))
	s.add(`<path class="bracket%v" d="M%v %vH%vV%vH%v"/><g transform="translate(%v %v)">%v</g>`, dash, x-4, a, x, b, x-4, x, middle, shape(m.Severity.Word, m.outlined))
	from, anchor := middle+8, ""
	if s.upward(middle, code) {
		from, anchor = middle-8, "end"
	}
	s.add(`<g transform="translate(%v %v) rotate(90)">`, x+4, from)
	s.text("0", 0, "code upright", anchor, code)
	s.add(`</g></a>`)
}

func (s *standing) numbers() {
	n := len(s.layers)
	step := 10
	for float64(step)*s.step < 40 {
		step *= 2
	}
	for i := 1; i <= n; i++ {
		if i == 1 || i%step == 0 {
			s.text("20", s.at(float64(i)-0.5)+4, "tick", "end", strconv.Itoa(i))
		}
	}
}
