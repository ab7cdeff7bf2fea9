package report

import (
	"html/template"
	"math"

	"github.com/stratascope/stratascope/finding"
)

// brackets marks the findings at the right edge, the worst farthest left among those that overlap.
func (s *standing) brackets() {
	var taken [maxLanes][][2]float64
	for i, m := range s.marks {
		if len(m.runs) == 0 || m.Severity.Word == finding.None {
			continue
		}
		covers := s.covers(m)
		a, b := s.at(covers[0][0])+1, s.at(covers[len(covers)-1][1])-1
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
	return middle+8+codeLong(code) > s.at(1)+8 && middle-8-codeLong(code) > 0
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
