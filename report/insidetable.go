package report

import (
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// An insideTable is how the samples of each layer group.
type insideTable struct {
	layerTable
	Note string
}

// inside lists the clusters of each layer, of many layers in fewer columns; nil if the result has none, or too many layers.
func (v *view) inside() *insideTable {
	c := v.Clusters
	if c == nil || len(c.Layers) == 0 || len(c.Layers) > fineMatrix {
		return nil
	}
	t := &insideTable{Note: "At most " + plural(c.Most, "sample") + " of a layer. Cosine: mean of all pairs, as they are and less the mean. Clusters of k-means and of the graph of nearest neighbours; " +
		"below a stability of 0.6 they are not to be interpreted. Rand and information: agreement with the labels, 1 for the same parts, about 0 for chance. " +
		"Groups of samples do not say which layer is flawed. Ranges cover " + decimals(100*c.Level, 0) + " %."}
	t.Columns = []string{"Samples", "Cosine", "Centred", "Directions", "k-means", "Silhouette", "Stability", "Rand", "p", "Information", "Spectral", "Silhouette", "Rand", "Both"}
	long := len(c.Layers) > wideTable
	if long {
		t.Columns = []string{"cosine", "centred", "k-means", "stability", "Rand"}
	}
	for i, l := range c.Layers {
		r := layerRow{Number: v.numberOf(l.Layer, i), Name: l.Layer}
		switch {
		case l.Reason != "":
			r.Name += ": " + l.Reason
			r.Values = make([]string, len(t.Columns))
		case long:
			r.Values = []string{meanOf(l.Raw), meanOf(l.Centred)}
			if g := l.KMeans; g != nil {
				r.Values = append(r.Values, strconv.Itoa(g.K), optional(g.Stability), rangedValue(g.Rand))
			}
		default:
			r.Values = []string{count(l.N), cosine(l.Raw), cosine(l.Centred), spread(l.Participation)}
			r.Values = append(r.Values, groupWords(l.KMeans, true)...)
			r.Values = append(append(r.Values, groupWords(l.Spectral, false)...), optional(l.Both))
			for k, s := range r.Values {
				r.Values[k] = strings.Replace(s, " (", "\n(", 1) // the range below its value
			}
		}
		t.Rows = append(t.Rows, r)
	}
	if long {
		t.Text, t.Rows = columns(t.layerTable), nil
	}
	return t
}

// numberOf is the number of a layer by its name, or of its place in a list.
func (v *view) numberOf(name string, place int) int {
	for i, l := range v.core.layers {
		if l.Name == name {
			return i + 1
		}
	}
	return place + 1
}

func cosine(c *finding.Cosines) string {
	if c == nil {
		return ""
	}
	return spread(&c.Mean)
}

func meanOf(c *finding.Cosines) string {
	if c == nil {
		return ""
	}
	return decimals(c.Mean.Value, 2)
}

func rangedValue(r *finding.Ranged) string {
	if r == nil {
		return ""
	}
	return optional(&r.Value)
}

func spread(r *finding.Ranged) string {
	if r == nil {
		return ""
	}
	return within(r.Value, r.Low, r.High)
}

func optional(x *float64) string {
	if x == nil {
		return ""
	}
	return decimals(*x, 2)
}

// groupWords are the cells of a way to part samples: with all of its numbers, or how many, how apart and how near the labels.
func groupWords(g *finding.Groups, all bool) []string {
	out := make([]string, 3)
	if all {
		out = make([]string, 6)
	}
	if g == nil {
		return out
	}
	out[0], out[1] = strconv.Itoa(g.K), optional(g.Silhouette)
	if !all {
		out[2] = spread(g.Rand)
		return out
	}
	out[2], out[3], out[5] = optional(g.Stability), spread(g.Rand), spread(g.Information)
	if g.Rand != nil && g.Rand.P != nil {
		out[4] = number(*g.Rand.P)
	}
	return out
}
