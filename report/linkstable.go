package report

import (
	"fmt"

	"github.com/stratascope/stratascope/finding"
)

// A linksTable is how strongly each layer hangs on what it reads.
type linksTable struct {
	layerTable
	Note string
}

// linkStrengths lists the links, with what healthy networks show where there are any; nil if the result has none.
func (v *view) linkStrengths() *linksTable {
	if len(v.Links) == 0 {
		return nil
	}
	t := &linksTable{Note: "Similarity: debiased CKA. R²: how much of a layer's values follows linearly from those of the layer it reads. Alignment: how far its weights read the directions that vary, " +
		"of all it reads; -1 to 1, about 0 for weights at random. Ranges cover " + unbroken("90 %.")}
	t.Columns = []string{"Reads", "Similarity", "R²", "Alignment"}
	networks := 0
	for _, l := range v.Links {
		for _, s := range []*finding.Strength{l.Similarity, l.R2, l.Alignment} {
			if s != nil && s.Healthy != nil {
				networks = max(networks, s.Healthy.Networks)
			}
		}
	}
	if networks > 0 {
		t.Note += " Healthy is the median of " + plural(networks, "reference network") + "; z is how many deviations of theirs the value lies above it, from eight networks on."
		t.Columns = []string{"Reads", "Similarity", "healthy", "z", "R²", "healthy", "z", "Alignment", "healthy", "z"}
	}
	for i, l := range v.Links {
		r := layerRow{Number: v.numberOf(l.To, i), Name: l.To, Values: []string{l.From}}
		for _, s := range []*finding.Strength{l.Similarity, l.R2, l.Alignment} {
			r.Values = append(r.Values, strengthWords(s, networks > 0)...)
		}
		t.Rows = append(t.Rows, r)
	}
	if len(t.Rows) > wideTable {
		t.Text, t.Rows = columns(t.layerTable), nil
	}
	return t
}

// strengthWords are the cells of a strength: its value, and beside references the healthy one and z.
func strengthWords(s *finding.Strength, beside bool) []string {
	out := []string{"", "", ""}
	if !beside {
		out = out[:1]
	}
	if s == nil {
		return out
	}
	out[0] = within(s.Value, s.Low, s.High)
	if beside && s.Healthy != nil {
		out[1] = decimals(s.Healthy.Median, 3)
		if s.Healthy.Z != nil {
			out[2] = decimals(*s.Healthy.Z, 1)
		}
	}
	return out
}

// permutedWords says what permutations found for all pairs at once, "" where none were asked for.
func (p *pairs) permutedWords() string {
	if p.family == nil {
		return ""
	}
	related, least := 0, 1.0
	for i := range p.n {
		for j := i + 1; j < p.n; j++ {
			v := float64(p.family[p.slot(i, j)])
			least = min(least, v)
			if v <= 0.05 {
				related++
			}
		}
	}
	return fmt.Sprintf("By %s of %s, %s of %s are related for all at once (p at most 0.05, max-T); the least p is %s.",
		plural(p.Permuted.Draws, "permutation"), plural(p.Permuted.N, "sample"), count(related), plural(p.tests(), "pair"), number(least))
}
