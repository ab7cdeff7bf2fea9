package report

import (
	"math"

	"github.com/stratascope/stratascope/finding"
)

// data is what the script needs to follow the pointer: texts ready to show, so that no number is formatted twice.
func (v *view) data() map[string]any {
	type layerData struct {
		Name   string   `json:"n"`
		Kind   string   `json:"k"`
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
	layers := make([]layerData, len(v.core.layers))
	for i, l := range v.core.layers {
		layers[i] = layerData{Name: l.Name, Kind: kind(l.Layer), Touch: l.marks, Slip: slip(v.core.word(i)), Blank: l.blank}
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
	out := map[string]any{"layers": layers, "findings": found, "labels": labels, "brief": brief, "readouts": v.readouts(measures)}
	if len(v.core.layers) > 0 {
		out["held"] = v.firstHeld()
	}
	if v.pairs != nil {
		if p := v.pairs.data(); p != nil {
			out["pairs"] = p
		}
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
