package report

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// A fact is a line about the inside of a layer.
type fact struct{ Name, Says string }

// An insidePart is what a layer is like inside, ready to show.
type insidePart struct {
	Title  string
	Facts  []fact
	Matrix string // cosines of classes less the mean, as text; empty without
	Kinds  string // what the matrix is of
	Left   string // what the page does not carry
	Still  bool   // nothing of other layers, so that nothing is drawn anew
}

// insideHeld is the inside of the layer held at first, or of the last one before it; nil if the result has none.
func (v *view) insideHeld() *insidePart {
	c := v.Clusters
	if c == nil || len(c.Layers) == 0 {
		return nil
	}
	at := v.insideFirst()
	l := c.Layers[at]
	out := &insidePart{Title: strconv.Itoa(v.numberOf(l.Layer, at)) + " " + l.Layer, Facts: v.facts(l)}
	if m := classMatrix(l.Centred); m != nil {
		out.Matrix, out.Kinds = v.matrixText(l.Centred), kinds(l.Centred)
	}
	switch n := len(c.Layers); {
	case n > fineIntervals:
		out.Still, out.Left = true, "The insides of the other layers stand in the result file."
	case n > wideTable:
		out.Left = "Of the other layers the lines above stand in the result file."
	}
	return out
}

// insideFirst is the place of the layer held at first among those whose inside is known, or of the last one before it.
func (v *view) insideFirst() (at int) {
	held := v.firstHeld() + 1
	for i, l := range v.Clusters.Layers {
		if v.numberOf(l.Layer, i) <= held {
			at = i
		}
	}
	return at
}

// facts say how the samples and the units of a layer group, in lines; one line says why that is not known.
func (v *view) facts(l finding.LayerClusters) []fact {
	if l.Reason != "" {
		return []fact{{"Not known", sentence(l.Reason)}}
	}
	var out []fact
	add := func(name, says string) {
		if says != "" {
			out = append(out, fact{name, says})
		}
	}
	add("Cosine less the mean", cosineWords(l.Centred))
	add("Cosine as it is", cosineWords(l.Raw)) // both, since a common direction hides all others
	if l.Centred != nil {
		add("Nearest "+kinds(l.Centred), v.nearestClasses(l.Centred))
	}
	if l.Participation != nil {
		add("Directions", spread(l.Participation)+" that the values vary in")
	}
	add("k-means", groupLine(l.KMeans))
	spectral := groupLine(l.Spectral)
	if spectral != "" && l.Both != nil {
		spectral += ", agreement with k-means " + decimals(*l.Both, 2)
	}
	add("Spectral", spectral)
	add("Tokens", groupLine(l.Tokens))
	if u := l.Units; u != nil {
		says := plural(u.Units, "unit") + " compared, " + count(u.Parallel) + " parallel to another"
		if u.Parallel > 0 {
			says += ", " + count(u.Largest) + " in the largest group"
		}
		if u.KMeans != nil {
			says += "; " + plural(u.KMeans.K, "cluster") + ", silhouette " + optional(u.KMeans.Silhouette)
		}
		add("Units", says)
	}
	return out
}

func cosineWords(c *finding.Cosines) string {
	says := cosine(c)
	if c != nil && c.Within != nil && c.Between != nil {
		says += " of all pairs; within " + kinds(c) + " " + decimals(*c.Within, 2) + ", between " + decimals(*c.Between, 2)
	}
	return says
}

// groupLine says how many groups there are, and what they are worth.
func groupLine(g *finding.Groups) string {
	if g == nil {
		return ""
	}
	says := plural(g.K, "cluster")
	if g.Rand != nil {
		says += ", agreement with the labels " + spread(g.Rand)
	}
	if g.Stability != nil {
		says += ", stability " + decimals(*g.Stability, 2)
		if *g.Stability < leastStability {
			says += ": not to be interpreted"
		}
	}
	if g.Silhouette != nil {
		says += ", silhouette " + decimals(*g.Silhouette, 2)
	}
	return says
}

// leastStability is the stability below which clusters are not interpreted (METHODS 5.1).
const leastStability = 0.6

// classMatrix is the full matrix of cosines of classes, by rows; nil if there is none of two classes or more.
func classMatrix(c *finding.Cosines) []float64 {
	if c == nil || len(c.Classes) < 2 || len(c.Matrix) != len(c.Classes)*(len(c.Classes)+1)/2 {
		return nil
	}
	n, at := len(c.Classes), 0
	out := make([]float64, n*n)
	for i := range n {
		for j := i; j < n; j++ {
			out[i*n+j], out[j*n+i] = c.Matrix[at], c.Matrix[at]
			at++
		}
	}
	return out
}

// nearestClasses names the two classes that are most alike, beside how alike each is within.
func (v *view) nearestClasses(c *finding.Cosines) string {
	m := classMatrix(c)
	if m == nil {
		return ""
	}
	n, best, at := len(c.Classes), math.Inf(-1), [2]int{}
	for i := range n {
		for j := i + 1; j < n; j++ {
			if m[i*n+j] > best {
				best, at = m[i*n+j], [2]int{i, j}
			}
		}
	}
	a, b := at[0], at[1]
	return fmt.Sprintf("%s and %s: %s; within them %s and %s", v.className(c, c.Classes[a]), v.className(c, c.Classes[b]), decimals(best, 2), decimals(m[a*n+a], 2), decimals(m[b*n+b], 2))
}

// kinds says what the matrix has for rows.
func kinds(c *finding.Cosines) string {
	if c.Clusters {
		return "clusters"
	}
	return "classes"
}

// classNumber is the number of a class as it is labelled, of clusters from 1.
func classNumber(c *finding.Cosines, k int) int {
	if c.Clusters {
		return k + 1
	}
	return k
}

func (v *view) className(c *finding.Cosines, k int) string {
	if c.Clusters {
		return "cluster " + strconv.Itoa(k+1)
	}
	if names := v.Run.Data.ClassNames; k >= 0 && k < len(names) {
		return short(names[k], 24)
	}
	return "class " + strconv.Itoa(k)
}

// matrixText sets the cosines of classes as text.
func (v *view) matrixText(c *finding.Cosines) string {
	m, n := classMatrix(c), len(c.Classes)
	t := layerTable{}
	for i, k := range c.Classes {
		t.Columns = append(t.Columns, strconv.Itoa(classNumber(c, k)))
		r := layerRow{Number: classNumber(c, k), Name: v.className(c, k)}
		for j := range n {
			r.Values = append(r.Values, decimals(m[i*n+j], 2))
		}
		t.Rows = append(t.Rows, r)
	}
	return strings.Replace(columns(t), "layer", "name", 1)
}

// mostInside is how many bytes of class matrices the page carries, those of the first layers; the result file holds all.
const mostInside = 96_000

// signedRamp colours a cosine from the least to the most that is drawn, the same size both ways: the middle is the paper.
func signedRamp(theme string) []string {
	ends := []string{"#C4451D", ramps[theme][0], "#18717D"}
	out := make([]string, 11)
	for i := range out {
		out[i] = along(ends, float64(i)/10)
	}
	return out
}

// insideData is the inside of each layer for the script, nil without: the lines, and the class matrices, upper triangles
// in steps of 1e-4 from -1.
func (v *view) insideData() map[string]any {
	if v.Clusters == nil || v.pairs == nil || v.pairs.n > mostRows || len(v.Clusters.Layers) > fineIntervals {
		return nil
	}
	type layerData struct {
		Layer   int      `json:"i"`
		Facts   []string `json:"f,omitempty"`
		Raw     string   `json:"r,omitempty"`
		Centred string   `json:"c,omitempty"`
		Classes []int    `json:"k,omitempty"`
	}
	var layers []layerData
	names, at, size, first := [][2]any{}, map[int]int{}, 0, v.insideFirst()
	for i, l := range v.Clusters.Layers {
		d := layerData{Layer: v.numberOf(l.Layer, i) - 1}
		if len(v.Clusters.Layers) <= wideTable || i == first {
			for _, f := range v.facts(l) {
				d.Facts = append(d.Facts, f.Name, f.Says)
			}
		}
		if classMatrix(l.Centred) != nil && classMatrix(l.Raw) != nil && slices.Equal(l.Raw.Classes, l.Centred.Classes) {
			if size += 4 * len(l.Raw.Matrix); size > mostInside {
				layers = append(layers, d)
				continue
			}
			for _, k := range l.Centred.Classes {
				if _, ok := at[k]; !ok {
					at[k], names = len(names), append(names, [2]any{classNumber(l.Centred, k), v.className(l.Centred, k)})
				}
				d.Classes = append(d.Classes, at[k])
			}
			d.Raw, d.Centred = steps(l.Raw.Matrix), steps(l.Centred.Matrix)
		}
		layers = append(layers, d)
	}
	return map[string]any{"layers": layers, "names": names, "ramps": map[string][]string{"light": signedRamp("light"), "dark": signedRamp("dark")}}
}

func steps(m []float64) string {
	var b []byte
	for _, x := range m {
		b = binary.LittleEndian.AppendUint16(b, uint16(math.Round(1e4*(math.Min(math.Max(x, -1), 1)+1))))
	}
	return base64.StdEncoding.EncodeToString(b)
}
