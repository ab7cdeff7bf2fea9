package normmismatch

import (
	"math"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/renorm"
	"github.com/stratascope/stratascope/tensor"
)

const (
	mostly = 0.5 // share of a shift from which on it is said to come from the layer before
	spare  = 8   // channels there must be beyond the units, else anything fits
	still  = 1e-2
	wild   = 20 // deviations over the median one (UNI-06)
)

// A cause is a layer whose odd units explain a share of the shift of what the next layer reads.
type cause struct {
	layer string
	units int
	share float64
}

// comesFrom reports whether a shift comes from odd units of the one layer that is read. A unit whose mean
// was another when the statistics were stored shifts channel c by its weight w_c times one unknown
// number, so that the shift lies in the span of the odd units' weights; a stale statistic does not.
func comesFrom(p *detector.Pass, l graph.Layer, split dataset.Split, m *renorm.Mismatch) (cause, bool) {
	if m.Size() < renorm.Floor || len(l.After) != 1 || l.Groups > 1 {
		return cause{}, false
	}
	before, err := moments.Statistic.At(p.Results, moments.View(split), detector.At(graph.Layer{Name: l.After[0]}))
	if err != nil || before.Positions == 0 {
		return cause{}, false
	}
	odd := oddUnits(before)
	if len(odd) == 0 || len(m.Mean) < len(odd)+spare {
		return cause{}, false
	}
	columns, ok := weights(p.Case.Graph, l, odd, len(before.Units))
	variance := p.Case.Graph.Weights[l.Norm.Variance]
	if !ok || variance.Len() != len(m.Mean) {
		return cause{}, false
	}
	for c, v := range variance.Float32s() {
		for k := range columns {
			columns[k][c] /= math.Sqrt(math.Max(0, float64(v)) + l.Norm.Epsilon)
		}
	}
	share := explained(columns, m.Mean)
	return cause{l.After[0], len(odd), share}, share >= mostly
}

// oddUnits are the units that hardly vary and those that vary far more than the median.
func oddUnits(m *moments.State) []int {
	sd := make([]float64, len(m.Units))
	var live []float64
	for u, x := range m.Units {
		if sd[u] = math.Sqrt(x.Variance(m.Positions)); sd[u] > still*math.Abs(x.Mean(m.Positions)) {
			live = append(live, sd[u])
		}
	}
	median, err := infer.Quantile(live, 0.5)
	var odd []int
	for u, x := range m.Units {
		if sd[u] <= still*math.Abs(x.Mean(m.Positions)) || err == nil && sd[u] > wild*median {
			odd = append(odd, u)
		}
	}
	return odd
}

// weights returns for each unit what every channel of a layer multiplies it by, summed over the kernel.
func weights(g *graph.Graph, l graph.Layer, units []int, inputs int) (columns [][]float64, ok bool) {
	w, found := g.Weights[l.Weight]
	if !found || w.DType() != tensor.Float32 || len(w.Shape()) < 2 {
		return nil, false
	}
	out, in := w.Shape()[0], w.Shape()[1]
	if l.Transpose {
		out, in = in, out
	}
	if in != inputs || out != l.Units || l.Transpose && len(w.Shape()) != 2 {
		return nil, false
	}
	positions := w.Len() / (out * in)
	values := w.Float32s()
	for _, u := range units {
		column := make([]float64, out)
		for c := range column {
			at := (c*in + u) * positions
			if l.Transpose {
				at = u*out + c
			}
			for _, v := range values[at : at+positions] {
				column[c] += float64(v)
			}
		}
		columns = append(columns, column)
	}
	return columns, true
}

// explained is the share of the squares of y that lies in the span of the columns beyond what as many
// random columns would hold (adjusted R^2). It uses the columns up.
func explained(columns [][]float64, y []float64) float64 {
	rest := append([]float64(nil), y...)
	rank := 0
	for k, c := range columns {
		size := math.Sqrt(dot(c, c))
		for _, b := range columns[:k] {
			subtract(c, b, dot(c, b))
		}
		norm := math.Sqrt(dot(c, c))
		if norm <= 1e-9*size || norm == 0 {
			clear(c)
			continue
		}
		for i := range c {
			c[i] /= norm
		}
		subtract(rest, c, dot(rest, c))
		rank++
	}
	n := float64(len(y))
	return 1 - dot(rest, rest)/dot(y, y)*n/(n-float64(rank))
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

func subtract(a, b []float64, by float64) {
	for i := range a {
		a[i] -= by * b[i]
	}
}
