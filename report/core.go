package report

import (
	"slices"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// A core is a diagnosis as a core sample: the layers in order, and the findings that lie on them.
type core struct {
	layers []stratum
	marks  []mark
	tints  int   // how many colours the clear layers have
	stages []run // stretches of layers of one stage
	names  []string

	cells   []cell // what is drawn as one stratum
	of      []int  // the cell of each layer
	order   []int  // the cells by column and lane
	columns int
}

// A stratum is a layer of the core.
type stratum struct {
	finding.Layer
	blank bool  // no rule could measure it
	tint  int   // number of its colour: that of its stage, or of its depth where there are no stages
	mark  int   // the worst finding that stains it, -1 if it is clear
	marks []int // every finding that touches it, worst first
}

// A mark is a finding on the core.
type mark struct {
	finding.Finding
	runs      []run // stretches of layers, empty where it lies outside of the core
	outlined  bool  // suspected
	explained bool  // another finding explains it, or it came down from another layer: it does not stain
}

// A run is a stretch of layers, numbered from 0, both ends included.
type run struct{ from, to int }

// newCore lays the findings on the layers.
func newCore(d *finding.Diagnosis) *core {
	c := &core{}
	index := map[string]int{}
	for i, l := range d.Layers {
		if _, ok := index[l.Name]; !ok {
			index[l.Name] = i
		}
		c.layers = append(c.layers, stratum{Layer: l, mark: -1})
	}
	c.findStages()
	c.findBlank(d.Rules)
	c.arrange()
	for _, f := range d.Findings {
		f.Severity.Word = known(f.Severity)
		m := mark{Finding: f, outlined: f.Verdict == finding.Suspected, explained: f.ExplainedBy != "" || f.PropagatedFrom != ""}
		touched := make([]bool, len(c.layers))
		for _, name := range layersOf(f) {
			if i, ok := index[name]; ok {
				touched[i] = true
			} else if name == "output" && len(c.layers) > 0 {
				touched[len(c.layers)-1] = true
			}
		}
		m.runs = runsOf(touched)
		c.lay(m)
	}
	return c
}

// known is the word of a severity, that of its value where a result file has one of its own: words name classes of
// drawings.
func known(s finding.Severity) finding.Word {
	if s.Word == finding.None || slices.Contains(finding.Words(), s.Word) {
		return s.Word
	}
	return finding.WordOf(s.Value)
}

// layersOf names the layers a finding reaches.
func layersOf(f finding.Finding) []string {
	if len(f.Extent.Layers) > 0 {
		return f.Extent.Layers
	}
	return []string{f.Site.Layer}
}

func runsOf(touched []bool) []run {
	var out []run
	for i, t := range touched {
		switch {
		case !t:
		case i > 0 && touched[i-1]:
			out[len(out)-1].to = i
		default:
			out = append(out, run{i, i})
		}
	}
	return out
}

// lay puts a mark on the core; findings come worst first, so the first to stain a layer stays.
func (c *core) lay(m mark) {
	for _, r := range m.runs {
		for i := r.from; i <= r.to; i++ {
			l := &c.layers[i]
			l.marks = append(l.marks, len(c.marks))
			if l.mark < 0 && !m.explained && slip(m.Severity.Word) > 0 {
				l.mark = len(c.marks)
			}
		}
	}
	c.marks = append(c.marks, m)
}

func (c *core) findStages() {
	for i := range c.layers {
		l := &c.layers[i]
		if i > 0 && l.Stage == c.layers[i-1].Stage {
			c.stages[len(c.stages)-1].to = i
		} else {
			c.stages = append(c.stages, run{i, i})
			c.names = append(c.names, l.Stage)
		}
		l.tint = len(c.stages) - 1
	}
	if c.tints = len(c.stages); c.tints > 1 {
		return
	}
	c.tints = min(len(strataColours["light"]), len(c.layers))
	for i := range c.layers {
		c.layers[i].tint = i * c.tints / len(c.layers)
	}
}

// findBlank marks the layers that no rule could measure: those whose every place was not assessed, or all where no rule
// ran. What was not measured must never look clear.
func (c *core) findBlank(rules []finding.Rule) {
	ran, seen, measured := len(rules) == 0, map[string]bool{}, map[string]bool{}
	for _, r := range rules {
		ran = ran || r.State != finding.NotAssessed
		for _, p := range r.Places {
			for _, l := range strings.Split(p.Layer, ", ") {
				seen[l] = true
				measured[l] = measured[l] || p.State != finding.NotAssessed
			}
		}
	}
	for i := range c.layers {
		l := &c.layers[i]
		l.blank = !ran || seen[l.Name] && !measured[l.Name]
	}
}

// word is the severity of a layer: that of the finding that stains it.
func (c *core) word(i int) finding.Word {
	if m := c.layers[i].mark; m >= 0 {
		return c.marks[m].Severity.Word
	}
	return finding.None
}

// slip is how far the core slips for a severity, in pixels.
func slip(w finding.Word) float64 {
	switch w {
	case finding.Critical:
		return 15
	case finding.Major:
		return 10
	case finding.Moderate:
		return 7
	case finding.Minor:
		return 4
	}
	return 0
}

// skips lists the links between cells that jump over a column, each once.
func (c *core) skips() []run {
	index := map[string]int{}
	for i, l := range c.layers {
		index[l.Name] = i
	}
	var out []run
	seen := map[run]bool{}
	for i, l := range c.layers {
		for _, name := range l.After {
			j, ok := index[name]
			if !ok {
				continue
			}
			link := run{c.of[j], c.of[i]}
			if c.cells[link.from].column < c.cells[link.to].column-1 && !seen[link] {
				seen[link] = true
				out = append(out, link)
			}
		}
	}
	return out
}

// where names the place of a finding: its layers by number, else the place's own name.
func (m mark) where() string {
	if m.Site.Kind == finding.Output && m.Site.Layer == "output" && len(m.runs) <= 1 {
		return "output"
	}
	if m.Site.Kind == finding.Input && len(m.runs) == 0 {
		return "input"
	}
	switch len(m.runs) {
	case 0:
		if m.Site.Layer == "" {
			return "whole network"
		}
		return m.Site.Layer
	case 1:
		return span(m.runs[0].from+1, m.runs[0].to+1)
	}
	parts := make([]string, 0, len(m.runs))
	for _, r := range m.runs {
		parts = append(parts, strings.TrimLeft(span(r.from+1, r.to+1), "layers "))
	}
	if len(parts) > 4 {
		parts = append(parts[:3], "…", parts[len(parts)-1])
	}
	return "layers " + strings.Join(parts, ", ")
}

// does is what the finding's first remedy does.
func (m mark) does() string {
	if len(m.Remedies) == 0 {
		return ""
	}
	return treatmentWords(m.Remedies[0].Treatment)
}

// rock is how a layer is drawn, by what it computes: plain, dots, rings, lines or crosses.
func rock(l finding.Layer) string {
	op := strings.ToLower(l.Op)
	size := 0
	for _, k := range l.Kernel {
		size = max(size, k)
	}
	switch {
	case strings.Contains(op, "attention"):
		return "crosses"
	case size > 3:
		return "rings"
	case size > 1:
		return "dots"
	case size == 1:
		return "plain"
	case op == "gemm" || op == "matmul" || op == "linear":
		return "lines"
	}
	return "plain"
}
