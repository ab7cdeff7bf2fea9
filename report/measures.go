package report

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// A similar is one measure of all pairs: upper triangles, of which lo, hi and p are nil where there are none.
type similar struct {
	name, form       string
	n                int
	distance         bool
	least, most      float64
	value, lo, hi, p []float32
	rank             []float64 // share of pairs less alike; ties count half
}

// measures decodes all measures of the result, CKA first.
func measuresOf(s *finding.Similarity) ([]similar, error) {
	all := append([]finding.Similarities{{Measure: s.Measure, Most: 1, N: s.N, Matrix: s.Matrix, Low: s.Low, High: s.High, P: s.P, Form: s.Form}}, s.Others...)
	var out []similar
	for i, o := range all {
		at := "similarity."
		if i > 0 {
			at = fmt.Sprintf("similarity.others.%d.", i-1)
		}
		m := similar{name: o.Measure, form: o.Form, n: o.N, distance: o.Distance, least: min(o.Least, 0), most: o.Most}
		for _, part := range []struct {
			name, data string
			to         *[]float32
		}{{"matrix", o.Matrix, &m.value}, {"lo", o.Low, &m.lo}, {"hi", o.High, &m.hi}, {"p", o.P, &m.p}} {
			if part.data == "" && part.name != "matrix" {
				continue
			}
			var err error
			if *part.to, err = triangle(part.data, len(s.Layers)); err != nil {
				return nil, fmt.Errorf("%s%s: %w", at, part.name, err)
			}
		}
		if m.lo == nil || m.hi == nil {
			m.lo, m.hi = nil, nil
		}
		if !(m.most > 0) {
			m.most = 1
		}
		m.rank = m.ranks(len(s.Layers))
		out = append(out, m)
	}
	return out, nil
}

func (m similar) ranks(n int) []float64 {
	var order []int
	slot := 0
	for i := range n {
		for j := i; j < n; j++ {
			if j > i {
				order = append(order, slot)
			}
			slot++
		}
	}
	sign := float32(1)
	if m.distance {
		sign = -1
	}
	sort.SliceStable(order, func(a, b int) bool { return sign*m.value[order[a]] < sign*m.value[order[b]] })
	out := make([]float64, len(m.value))
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && m.value[order[hi]] == m.value[order[lo]] {
			hi++
		}
		for _, k := range order[lo:hi] {
			out[k] = float64(lo+hi-1) / 2 / float64(max(len(order)-1, 1))
		}
		lo = hi
	}
	return out
}

// tests is the number of pairs that a p is adjusted for.
func (p *pairs) tests() int { return p.n * (p.n - 1) / 2 }

// eighths is minus the decimal logarithm of p in eighths, 0 to 255.
func eighths(p float64) byte { return byte(math.Round(8 * math.Min(-math.Log10(math.Min(p, 1)), 31))) }

// chance writes the p of a pair for the family of all pairs. The script writes the same.
func (p *pairs) chance(k int, m similar) string {
	e := float64(eighths(float64(m.p[k])))/8 - math.Log10(float64(max(p.tests(), 1)))
	switch {
	case e <= 0:
		return "1"
	case e >= 3:
		return "< 10" + superscript(-int(math.Floor(e)))
	}
	return decimals(math.Pow(10, -e), []int{1, 2, 3}[int(e)])
}

func superscript(n int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(fmt.Sprint(n))
}

// A measureRow is what one measure says of a pair.
type measureRow struct{ Name, Value, Range, P, Rank, N string }

func (p *pairs) rowsOf(i, j int) []measureRow {
	k := p.slot(i, j)
	var out []measureRow
	for _, m := range p.measures {
		r := measureRow{Name: m.name, Value: decimals(float64(m.value[k]), 2), N: count(m.n)}
		if m.lo != nil {
			r.Range = decimals(float64(m.lo[k]), 2) + " to " + decimals(float64(m.hi[k]), 2)
		}
		if i != j {
			r.Rank = decimals(100*m.rank[k], 0) + " %"
			if m.p != nil {
				r.P = p.chance(k, m)
			}
		}
		out = append(out, r)
	}
	return out
}

// forms tells what was computed where a further measure is not exact.
func (p *pairs) forms() string {
	var out []string
	for _, m := range p.measures[1:] {
		if m.form != "" && m.form != "exact" {
			out = append(out, m.name+" of "+m.form)
		}
	}
	if out == nil {
		return ""
	}
	return sentence(strings.Join(out, "; ")) + "."
}

// missing tells what is not compared, and what the page does not carry.
func (p *pairs) missing() string {
	var out []string
	if len(p.Notes) > 0 {
		out = append(out, short("Not compared: "+signed(strings.Join(p.Notes, "; "))+".", 600))
	}
	if p.n > fineIntervals {
		out = append(out, "Ranges of so many pairs stand in the result file.")
	}
	return strings.Join(out, " ")
}

// verdict says whether the measures agree about a pair.
func (p *pairs) verdict(i, j int) string {
	if p.apart == nil || i == j {
		return ""
	}
	return disagreeing(float64(p.apart[p.slot(i, j)]))
}

func disagreeing(v float64) string {
	switch {
	case v >= finding.Disagree:
		return "The measures disagree: " + decimals(100*v, 0) + " % of all pairs lie between what one says at least and another at most. Do not rely on one of them."
	case v > 0:
		return "The measures nearly agree: " + decimals(100*v, 0) + " % of all pairs lie between what they say."
	}
	return "The measures agree about its place among all pairs."
}

// An apartRow is a pair the measures disagree about.
type apartRow struct {
	I, J          int
	First, Second string
	Apart         string
	Ranks         []string
}

// mostApart lists the pairs the measures disagree about most, and says how many there are.
func (p *pairs) mostApart(most int) (rows []apartRow, all int) {
	if p.apart == nil {
		return nil, 0
	}
	type pair struct{ i, j int }
	var marked []pair
	for i := range p.n {
		for j := i + 1; j < p.n; j++ {
			if p.apart[p.slot(i, j)] >= finding.Disagree {
				marked = append(marked, pair{i, j})
			}
		}
	}
	sort.SliceStable(marked, func(a, b int) bool {
		return p.apart[p.slot(marked[a].i, marked[a].j)] > p.apart[p.slot(marked[b].i, marked[b].j)]
	})
	for _, m := range marked[:min(len(marked), most)] {
		k := p.slot(m.i, m.j)
		r := apartRow{I: m.i, J: m.j, First: p.title(m.i), Second: p.title(m.j), Apart: decimals(100*float64(p.apart[k]), 0) + " %"}
		for _, s := range p.measures {
			r.Ranks = append(r.Ranks, decimals(100*s.rank[k], 0)+" %")
		}
		rows = append(rows, r)
	}
	return rows, len(marked)
}

// Limits of what the page carries of the further measures: above fineOthers rows a byte a pair, no intervals and no p,
// above coarseOthers nothing.
const (
	fineOthers   = 160
	coarseOthers = 320
)

// intervals hands over how far they reach below and above; alike, as the jackknife's are, once.
func intervals(out map[string]any, below, above []byte) {
	if below == nil {
		return
	}
	out["lo"] = base64.StdEncoding.EncodeToString(below)
	if !bytes.Equal(below, above) {
		out["hi"] = base64.StdEncoding.EncodeToString(above)
	}
}

// othersData are the further measures, p and the disagreement for the script.
func (p *pairs) othersData() (measures []map[string]any, apart string) {
	encode := base64.StdEncoding.EncodeToString
	for i, m := range p.measures {
		out := map[string]any{"name": m.name, "n": count(m.n), "most": m.most}
		if m.distance {
			out["distance"] = true
		}
		if m.least < 0 {
			out["least"] = m.least
		}
		if m.p != nil && p.n <= fineOthers {
			var b []byte
			for _, v := range m.p {
				b = append(b, eighths(float64(v)))
			}
			out["p"] = encode(b)
		}
		if i > 0 && p.n <= coarseOthers {
			var v, below, above []byte
			for k, x := range m.value {
				share := unit((float64(x) - m.least) / (m.most - m.least))
				if p.n > fineOthers {
					v = append(v, byte(math.Round(255*share)))
					continue
				}
				v = binary.LittleEndian.AppendUint16(v, uint16(math.Round(65535*share)))
				if m.lo != nil {
					below, above = append(below, thousandths(x-m.lo[k])), append(above, thousandths(m.hi[k]-x))
				}
			}
			out["v"], out["wide"] = encode(v), 2
			if p.n > fineOthers {
				out["wide"] = 1
			}
			intervals(out, below, above)
		}
		measures = append(measures, out)
	}
	if p.apart == nil || p.n > coarseOthers {
		return measures, ""
	}
	var b []byte
	for _, v := range p.apart {
		b = append(b, byte(math.Round(200*unit(float64(v)))))
	}
	return measures, encode(b)
}
