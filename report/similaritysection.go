package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
)

// profileHigh is the height of the chart of a pair against every layer.
const profileHigh = 139.0

// mostTags is the number of outlines above which those of one layer are not named.
const mostTags = 8

// similaritySection is the heatmap of all layer pairs with a pair held beside it.
func similaritySection(v *view) (*section, error) {
	p := v.pairs
	if p == nil {
		return nil, nil
	}
	end, err := p.scale()
	if err != nil {
		return nil, err
	}
	light, err := p.picture("light")
	if err != nil {
		return nil, err
	}
	dark, err := p.picture("dark")
	if err != nil {
		return nil, err
	}
	p.held = run{0, -1}
	if len(v.core.layers) > 0 {
		p.held = p.rows(v.core.of[v.firstHeld()])
	}
	apart, marked := p.mostApart(8)
	var names []string
	for _, m := range p.measures {
		names = append(names, m.name)
	}
	var rows []measureRow
	if len(p.measures) > 1 {
		rows = p.rowsOf(p.first, p.second)
	}
	body, err := v.render("similarity.tmpl", map[string]any{
		"Rows": rows, "Level": decimals(100*p.Level, 0), "Agree": p.verdict(p.first, p.second), "Stretches": p.stretchWords(), "Forms": p.forms(), "Permuted": p.permutedWords(), "Links": v.linkStrengths(), "Missing": p.missing(), "Inside": v.inside(), "Held": v.insideHeld(),
		"Apart": apart, "ApartCount": fmt.Sprintf("%s of %s", count(marked), plural(p.tests(), "pair")), "Names": names,
		"Says": p.summary(), "Light": template.URL(light), "Dark": template.URL(dark), "Overlay": p.overlay(), // pictures made here
		"First": p.title(p.first), "Second": p.title(p.second), "Value": decimals(p.at(p.first, p.second), 2), "Range": p.interval(p.first, p.second),
		"Profile": p.profile(), "Means": p.says(p.first, p.second), "Table": p.table(),
	})
	note := p.Measure + ", " + plural(p.N, "sample")
	if p.Form != "" && p.Form != "exact" {
		note += ", " + p.Form
	}
	return &section{ID: "similarity", Title: "Similarity", Note: note, End: end, Body: body}, err
}

func (p *pairs) scale() (template.HTML, error) {
	out := `<div class="ramp"><span class="low">0</span>`
	for _, theme := range []string{"light", "dark"} {
		src, err := rampPicture(theme)
		if err != nil {
			return "", err
		}
		out += `<img class="for-` + theme + `" alt="" src="` + src + `">`
	}
	return template.HTML(out + `<span class="high">1</span></div>`), nil // no text of others in it
}

func (p *pairs) title(row int) string {
	return strconv.Itoa(p.number(row)) + " " + p.Layers[row]
}

// summary is the heatmap in words.
func (p *pairs) summary() string {
	out := plural(p.n, "layer")
	for _, b := range p.blocks {
		m := p.core.marks[b.mark]
		out += ", " + m.Code + " " + m.where()
	}
	return short(out, 300)
}

// table lists the nearest layers of every layer.
func (p *pairs) table() layerTable {
	t, most := layerTable{Columns: []string{"most similar"}}, 3
	if p.n > fineMatrix {
		most = 1
	}
	for i := range p.n {
		var near []string
		for _, l := range p.nearest(i, most) {
			near = append(near, strconv.Itoa(l.Number)+" "+l.Value)
		}
		t.Rows = append(t.Rows, layerRow{Number: p.number(i), Name: p.Layers[i], Values: []string{strings.Join(near, ", ")}})
	}
	if p.n > wideTable {
		t.Text, t.Rows = columns(t), nil
	}
	return t
}

func (p *pairs) share(i float64) string { return px(100*i/float64(p.n)) + "%" }

// overlay draws stages, outlined blocks and the held pair over the heatmap.
func (p *pairs) overlay() template.HTML {
	d := &drawing{}
	if len(p.stages) > 1 && len(p.stages) <= 16 {
		p.brackets(d)
	} else {
		p.ticks(d)
	}
	p.notches(d)
	for _, b := range p.blocks {
		m := p.core.marks[b.mark]
		place := fmt.Sprintf(`x="%s" y="%s" width="%s" height="%s"`, p.share(float64(b.from)), p.share(float64(b.from)), p.share(float64(b.to-b.from+1)), p.share(float64(b.to-b.from+1)))
		d.add(`<rect class="outline-halo" %v/><rect class="outline s-%v" %v/>`, place, m.Severity.Word, place)
		if b.from == b.to && len(p.blocks) > mostTags {
			continue
		}
		code := short(m.Code, 10)
		wide := 6.4*float64(len([]rune(code))) + 8
		d.add(`<svg x="%v" y="%v" overflow="visible"><rect class="tag" x="%v" y="-14" width="%v" height="15"/>`, p.share(float64(b.from)), p.share(float64(b.to+1)), -wide-3, wide)
		d.text(px(-wide+1), -3, "code", "", code)
		d.add(`</svg>`)
	}
	p.chips(d)
	if h := p.held; h.to >= h.from {
		at, size := p.share(float64(h.from)), p.share(float64(h.to-h.from+1))
		d.add(`<rect class="held held-column" x="%v" width="%v" height="100%%"/><rect class="held held-row" y="%v" width="100%%" height="%v"/>`, at, size, at, size)
		d.add(`<rect class="held-mark held-column" x="%v" y="-5" width="%v" height="4"/><rect class="held-mark held-row" x="-5" y="%v" width="4" height="%v"/>`, at, size, at, size)
	}
	i, j, one := p.share(float64(p.first)), p.share(float64(p.second)), p.share(1)
	d.add(`<rect class="cross" x="%v" y="0" width="%v" height="100%%"/><rect class="cross" x="0" y="%v" width="100%%" height="%v"/><rect class="cell" x="%v" y="%v" width="%v" height="%v"/>`, i, one, j, one, i, j, one, one)
	return d.html()
}

// notches mark at the top and at the right where a stretch of alike layers begins.
func (p *pairs) notches(d *drawing) {
	for _, r := range p.Stretches {
		if r > 0 && r < p.n {
			at := p.share(float64(r))
			d.add(`<svg x="100%%" overflow="visible"><line class="notch" x1="1" x2="8" y1="%v" y2="%v"/></svg><svg overflow="visible"><line class="notch" x1="%v" x2="%v" y1="-1" y2="-8"/></svg>`, at, at, at, at)
		}
	}
}

// stretchWords names the stretches of alike layers.
func (p *pairs) stretchWords() string {
	var parts []string
	from := 0
	for _, to := range append(slices.Clone(p.Stretches), p.n) {
		if to <= from || to > p.n {
			continue
		}
		name := strconv.Itoa(p.number(from))
		if to-1 > from {
			name += "–" + strconv.Itoa(p.number(to-1))
		}
		parts, from = append(parts, name), to
	}
	if len(parts) < 2 {
		return ""
	}
	return short(fmt.Sprintf("Stretches of alike layers, between the notches at the top and right: %s.", listed(parts)), 400)
}

// chips mark the flawed ones among many blocks on two sides, the thicker the worse.
func (p *pairs) chips(d *drawing) {
	if !p.core.blocked() {
		return
	}
	for k := range p.core.cells {
		r, m := p.rows(k), p.core.stain(k)
		if r.to < r.from || m < 0 {
			continue
		}
		word := p.core.marks[m].Severity.Word
		thick := 1.5 + 0.3*slip(word)
		at, size := p.share(float64(r.from)+0.1), p.share(float64(r.to-r.from)+0.8)
		d.add(`<g class="chip s-%v"><title>%v</title><rect x="%v" y="%v" width="%v" height="%v"/><rect x="%v" y="100%%" width="%v" height="%v"/></g>`,
			word, template.HTMLEscapeString(p.core.blockTitle(k)), -thick, at, thick, size, at, size, thick)
	}
}

// rows are the rows of the layers of a cell.
func (p *pairs) rows(k int) run { return p.within(run{p.core.cells[k].from, p.core.cells[k].to}) }

func (p *pairs) brackets(d *drawing) {
	for k, s := range p.stages {
		from, to, middle := p.share(float64(s.from)+0.15), p.share(float64(s.to)+0.85), p.share(float64(s.from+s.to+1)/2)
		if p.stageNames[k] == "" || float64(s.to-s.from+1)/float64(p.n) < 0.08 {
			continue
		}
		name, room := p.stageNames[k], int(100*float64(s.to-s.from+1)/float64(p.n))
		if len([]rune(name)) > room { // blocks.10: what tells it from the others
			name = name[strings.LastIndexByte(name, '.')+1:]
		}
		name = short(name, room)
		d.add(`<svg overflow="visible"><line class="axis" x1="-7" x2="-7" y1="%v" y2="%v"/></svg><svg y="100%%" overflow="visible"><line class="axis" x1="%v" x2="%v" y1="7" y2="7"/>`, from, to, from, to)
		d.text(middle, 21, "cap2", "middle", name)
		d.add(`</svg><svg y="%v" overflow="visible"><g transform="rotate(-90)">`, middle)
		d.text("0", -14, "cap2", "middle", name)
		d.add(`</g></svg>`)
	}
}

// ticks numbers the layers on two sides, where there are no stages to name.
func (p *pairs) ticks(d *drawing) {
	step := tickStep(p.n, 12)
	for i := range p.n {
		n := p.number(i)
		if i > 0 && n%step != 0 {
			continue
		}
		middle := p.share(float64(i) + 0.5)
		d.add(`<svg y="100%%" overflow="visible">`)
		d.text(middle, 16, "tick", "middle", strconv.Itoa(n))
		d.add(`</svg><svg y="%v" overflow="visible">`, middle)
		d.text("-8", 4, "tick", "end", strconv.Itoa(n))
		d.add(`</svg>`)
	}
}

// profile draws both rows of the held pair against every layer.
func (p *pairs) profile() template.HTML {
	d := &drawing{}
	for _, b := range p.blocks {
		m := p.core.marks[b.mark]
		d.add(`<rect class="block s-%v" x="%v" width="%v" height="%v"/>`, m.Severity.Word, p.share(float64(b.from)), p.share(float64(b.to-b.from+1)), profileHigh)
		d.text(p.share(float64(b.from+b.to+1)/2), -5, "code", "middle", short(m.Code, 10))
	}
	if h := p.held; h.to >= h.from {
		d.add(`<rect class="held" x="%v" width="%v" height="%v"/>`, p.share(float64(h.from)), p.share(float64(h.to-h.from+1)), profileHigh)
	}
	for _, g := range []struct {
		at   float64
		says string
	}{{1, "1"}, {0.5, "0.5"}, {0, "0"}} {
		y := profileHigh * (1 - g.at)
		d.add(`<line x2="100%%" y1="%v" y2="%v"/>`, y, y)
		d.text("-10", y+4, "tick", "end", g.says)
	}
	d.add(`<svg width="100%%" height="%v" viewBox="0 0 1000 %v" preserveAspectRatio="none" overflow="visible"><path class="second" d="%v"/><path class="ink" d="%v"/></svg>`, profileHigh, profileHigh, p.line(p.second), p.line(p.first))
	d.add(`<circle class="peak" cx="%v" cy="%v" r="4"/>`, p.share(float64(p.second)+0.5), profileHigh*(1-unit(p.at(p.first, p.second))))
	step := tickStep(p.n, 8)
	for i := range p.n {
		if n := p.number(i); i == 0 || i == p.n-1 || n%step == 0 && p.n-1-i > step/3 {
			d.text(p.share(float64(i)+0.5), profileHigh+16, "tick", "middle", strconv.Itoa(n))
		}
	}
	return d.html()
}

func (p *pairs) line(row int) string {
	values, order := make([]float64, p.n), make([]int, p.n)
	for j := range values {
		values[j], order[j] = p.at(row, j), j
	}
	return polyline(values, order, func(j int) float64 { return (float64(j) + 0.5) / float64(p.n) }, func(v float64) float64 { return profileHigh * (1 - unit(v)) })
}

func unit(v float64) float64 { return math.Min(math.Max(v, 0), 1) }
