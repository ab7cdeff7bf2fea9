package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// mapSection is the fault map with its layer panel.
func mapSection(v *view) (*section, error) {
	if len(v.core.layers) == 0 {
		return nil, nil
	}
	lying, height := drawLying(v.core, v.shown(), v.firstHeld())
	standing, standHeight := drawStanding(v.core, v.shown(), v.firstHeld())
	body, err := v.render("faultmap.tmpl", map[string]any{
		"Note": v.mapNote(), "Severities": v.severityKey(), "Rocks": v.rockKey(),
		"Says": v.mapSays(), "Height": height, "Top": px(strataTop(v.core)), "Lying": lying, "StandHeight": standHeight, "Standing": standing,
		"Table": v.table(), "Panel": v.panel(v.firstHeld()),
	})
	return &section{ID: "map", Title: "Fault map", Bare: true, Body: body}, err
}

// mapNote says how many strata there are.
func (v *view) mapNote() string {
	if v.core.blocked() {
		return fmt.Sprintf("%s in %s, input to output", plural(len(v.core.layers), "layer"), plural(len(v.core.cells), "block"))
	}
	return plural(len(v.core.layers), "layer") + ", input to output"
}

type keyLine struct {
	Icon        template.HTML
	Title, Name string
	Stage       int
}

func (v *view) severityKey() []keyLine {
	var out []keyLine
	for _, w := range []finding.Word{finding.Critical, finding.Major, finding.Moderate, finding.Minor} {
		out = append(out, keyLine{Icon: icon(w, false), Title: capital(string(w))})
	}
	for _, m := range v.core.marks {
		if m.outlined {
			return append(out, keyLine{Icon: icon(m.Severity.Word, true), Title: "Outlined: suspected"})
		}
	}
	return out
}

// rockKey explains the patterns in use: kernel sizes, linear layers, attention.
func (v *view) rockKey() []keyLine {
	var out []keyLine
	seen := map[string]bool{}
	stage := min(v.core.tints/2, v.core.tints-1)
	for _, name := range []string{"plain", "dots", "rings", "lines", "crosses"} {
		for _, l := range v.core.layers {
			title := map[string]string{"lines": "linear", "crosses": "attention"}[name]
			if len(l.Kernel) > 0 {
				title = times(l.Kernel, "×")
			}
			if v.core.blocked() || rock(l.Layer) != name || title == "" || seen[title] || len(out) > 5 {
				continue
			}
			seen[title] = true
			pattern := ""
			if pattern = "r-" + name; name == "plain" {
				pattern = ""
			}
			out = append(out, keyLine{Title: title, Name: pattern, Stage: stage})
		}
	}
	if len(v.core.unmeasured()) > 0 {
		out = append(out, keyLine{Title: "not assessed", Name: "hatch", Stage: stage})
	}
	return out
}

// mapSays is the map in words.
func (v *view) mapSays() string {
	says := plural(len(v.core.layers), "layer") + ". "
	for _, m := range v.core.marks {
		if len(m.runs) > 0 {
			says += m.Code + " " + m.Title + ", " + certaintyWords(m.Finding) + ", " + m.where() + ". "
		}
	}
	if len(v.core.marks) == 0 {
		says += "No finding. "
	}
	return strings.TrimSpace(short(says, 600))
}

// firstHeld is the layer the panel starts with: inside of the worst finding, else the first.
func (v *view) firstHeld() int {
	for _, m := range v.core.marks {
		if len(m.runs) > 0 && !m.explained {
			r := m.runs[0]
			return (r.from + r.to + 1) / 2
		}
	}
	return 0
}

type measureLine struct{ Label, Value, Tick string }

type touchLine struct {
	Icon                 template.HTML
	Code, Title, Message string
}

type nearLine struct {
	Number int
	Value  string
}

// panel is the layer panel as it stands without scripts.
func (v *view) panel(i int) map[string]any {
	l := v.core.layers[i]
	var measures []measureLine
	for _, m := range v.measures() {
		line := measureLine{Label: m.label, Value: m.text[i]}
		if r := m.rank[i]; !math.IsNaN(r) {
			line.Tick = px(61 * r)
		}
		measures = append(measures, line)
	}
	var touch []touchLine
	for _, k := range l.marks {
		m := v.core.marks[k]
		if !m.explained {
			touch = append(touch, touchLine{icon(m.Severity.Word, m.outlined), m.Code, m.Title, sentence(m.Message)})
		}
	}
	var near []nearLine
	if v.pairs != nil {
		near = v.pairs.nearest(v.pairs.of(i), 3)
	}
	return map[string]any{"Number": i + 1, "Of": len(v.core.layers), "Name": l.Name, "Kind": kind(l.Layer), "Measures": measures, "Touch": touch, "Untouched": l.untouched(), "Near": near}
}

// untouched is what the panel says of a layer without findings.
func (s stratum) untouched() string {
	if s.blank {
		return "Not assessed: no rule could measure this layer."
	}
	return "No finding touches this layer."
}

// A measure is a line of the layer panel for all layers.
type measure struct {
	label, short string
	text         []string
	rank         []float64
}

// measures are the lines of the layer panel: the tracks that are drawn, and the gap of the probe.
func (v *view) measures() []measure {
	var out []measure
	for _, t := range v.shown() {
		m := measure{label: t.label, short: strings.ToLower(t.short), rank: ranks(t.values)}
		if t.train != nil {
			m.label = "Probe, val"
		} else if t.form == points {
			m.label = "Gradient"
		}
		for _, x := range t.values {
			m.text = append(m.text, t.says(x))
		}
		out = append(out, m)
		if t.train != nil {
			out = append(out, gapMeasure(t))
		}
	}
	return out
}

func gapMeasure(t track) measure {
	gaps := make([]float64, len(t.values))
	m := measure{label: "Probe gap"}
	for i := range gaps {
		gaps[i] = t.train[i] - t.values[i]
		if math.IsNaN(gaps[i]) {
			m.text = append(m.text, "–")
			continue
		}
		m.text = append(m.text, decimals(100*gaps[i], 1)+" pt")
	}
	m.rank = ranks(gaps)
	return m
}
