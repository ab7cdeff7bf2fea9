package report

import (
	"math"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// data is what the script needs to follow the pointer: texts ready to show, so that no number is formatted twice.
func (v *view) data() map[string]any {
	type layerData struct {
		Name   string   `json:"n"`
		Kind   int      `json:"k"`
		Touch  []int    `json:"f,omitempty"`
		Values []string `json:"v,omitempty"`
		Ranks  []int    `json:"r,omitempty"`
		Slip   float64  `json:"s,omitempty"`
		Blank  bool     `json:"b,omitempty"` // no rule could measure it
	}
	type findingData struct {
		Code      string       `json:"c"`
		Title     string       `json:"t"`
		Message   string       `json:"m"`
		Word      finding.Word `json:"w"`
		Open      bool         `json:"o,omitempty"`
		Explained bool         `json:"x,omitempty"`
		Where     string       `json:"p"`
		Do        string       `json:"d,omitempty"`
		Runs      [][2]int     `json:"l,omitempty"`
	}
	measures := v.measures()
	layers, kinds, kindAt := make([]layerData, len(v.core.layers)), []string{}, map[string]int{}
	for i, l := range v.core.layers {
		k := kind(l.Layer)
		if _, ok := kindAt[k]; !ok {
			kindAt[k], kinds = len(kinds), append(kinds, k)
		}
		layers[i] = layerData{Name: l.Name, Kind: kindAt[k], Touch: l.marks, Slip: slip(v.core.word(i)), Blank: l.blank}
		for _, m := range measures {
			layers[i].Values = append(layers[i].Values, m.text[i])
			rank := -1
			if !math.IsNaN(m.rank[i]) {
				rank = int(math.Round(61 * m.rank[i]))
			}
			layers[i].Ranks = append(layers[i].Ranks, rank)
		}
	}
	found := make([]findingData, len(v.core.marks))
	for i, m := range v.core.marks {
		found[i] = findingData{Code: m.Code, Title: m.Title, Message: sentence(m.Message), Word: m.Severity.Word, Open: m.outlined, Explained: m.explained, Where: m.where(), Do: m.does()}
		for _, r := range m.runs {
			found[i].Runs = append(found[i].Runs, [2]int{r.from, r.to})
		}
	}
	var labels, brief []string
	for _, m := range measures {
		labels, brief = append(labels, m.label), append(brief, m.short)
	}
	out := map[string]any{"layers": layers, "kinds": kinds, "findings": found, "labels": labels, "brief": brief, "readouts": v.readouts(measures)}
	if len(v.core.layers) > 0 {
		out["held"] = v.firstHeld()
	}
	if cells := v.core.cellsData(); cells != nil {
		out["cells"] = cells
	}
	if v.pairs != nil {
		if p := v.pairs.data(); p != nil {
			out["pairs"] = p
		}
	}
	if in := v.insideData(); in != nil {
		out["inside"] = in
	}
	return out
}

// readouts says which measure stands in the gutter of each track.
func (v *view) readouts(measures []measure) []int {
	var out []int
	for i, m := range measures {
		if m.short != "" {
			out = append(out, i)
		}
	}
	return out
}

// cellsData tells the script how strata differ from layers; nil where each layer has a column of its own.
func (c *core) cellsData() map[string]any {
	if c.columns == len(c.layers) {
		return nil
	}
	at := make([][5]int, len(c.cells))
	names := make([]string, len(c.cells))
	for k, b := range c.cells {
		at[k], names[k] = [5]int{b.from, b.to, b.column, b.lane, b.lanes}, b.name
	}
	out := map[string]any{"at": at}
	if c.blocked() {
		var rocks strings.Builder
		for _, l := range c.layers {
			rocks.WriteByte(rock(l.Layer)[0])
		}
		out["names"], out["rocks"] = names, rocks.String()
	}
	return out
}
