// Package twins looks for units of one layer that say the same: pairs whose values correlate almost
// perfectly at one position of each sample.
package twins

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/statistic"
)

// Correlation is the absolute value above which two units are twins (METHODS 9.1).
const Correlation = 0.98

// Least is the smallest sample that unit tests need (METHODS 2).
const Least = 300

// Most is the largest number of units that are compared; of wider layers a hashed subset is.
const Most = 4096

// Statistic compares the units of every layer on the samples held out.
var Statistic = &statistic.Replay[*Result]{
	Name: "twins", Version: 1,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		var out []capture.Request
		for _, k := range keys(c) {
			out = append(out, capture.Request{View: k.View, Site: k.A})
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		if _, ok := c.Held(); !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		return keys(c), nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		for _, l := range e.Case.Layers {
			if l.Name == e.Key.A.Layer {
				d := int64(min(l.Units, Most))
				return statistic.Cost{Bytes: 4*d*d + 4*d*int64(e.Samples().Len()), Ops: 2 * d * d}
			}
		}
		return statistic.Cost{}
	},
	Compute: compute,
}

func keys(c statistic.Case) []statistic.Key {
	split, ok := c.Held()
	if !ok {
		return nil
	}
	var out []statistic.Key
	for _, l := range c.Layers {
		if !l.Head {
			out = append(out, statistic.At(capture.View{Split: split, Reduce: capture.Spot}, finding.Site{Layer: l.Name, Of: finding.Activation}))
		}
	}
	return out
}

// A Twin is a unit with the unit it agrees with most, the lowest of equal ones.
type Twin struct {
	Unit, Of  int
	R         float64 // their correlation; near -1 for opposites
	Low, High float64 // one-sided 95 % bounds of its size
}

// A Result is the twins of one layer.
type Result struct {
	N     int    // samples
	Units int    // units of the layer
	Used  []int  // units compared, when the layer is wider than Most; nil for all
	Live  int    // units compared whose values vary
	Twins []Twin // units whose upper bound is above the threshold
}

func compute(_ context.Context, e statistic.Env) (*Result, error) {
	m, err := capture.All(e.Case.Source.Table(e.Key.View, e.Key.A))
	if err != nil {
		return nil, err
	}
	r := &Result{Units: m.D}
	if m.D > Most {
		r.Used = subset(e.Case.Seed, e.Key.A.Layer, m.D)
	}
	z, live, n := standardised(m, r.Used)
	r.N, r.Live = n, len(live)
	if n < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d finite samples, unit tests need %d", n, Least)
	}
	if len(live) < 2 {
		return r, nil
	}
	d := len(live)
	c := make([]float32, d*d)
	kernel.Gemm32(1, true, false, d, d, n, 1, z, d, z, d, 0, c, d)
	for i := 0; i < d; i++ {
		best := 0
		for j := 0; j < d; j++ { // a unit's twin may have a higher number; it is reported with the lowest
			if j != i && math.Abs(float64(c[i*d+j])) > math.Abs(float64(c[i*d+best])) || best == i {
				best = j
			}
		}
		rho := max(-1, min(1, float64(c[i*d+best])))
		low, high := bounds(math.Abs(rho), n)
		if high > Correlation {
			r.Twins = append(r.Twins, Twin{Unit: live[i], Of: live[best], R: rho, Low: low, High: high})
		}
	}
	return r, nil
}

// subset chooses units by hash, so that it is the same in every run.
func subset(seed uint64, layer string, units int) []int {
	s := infer.Seed(seed, "twins", layer)
	ids := make([]uint64, units)
	for i := range ids {
		ids[i] = uint64(i)
	}
	group := infer.Groups(s, ids, (units+Most-1)/Most)
	var out []int
	for i, g := range group {
		if g == 0 {
			out = append(out, i)
		}
	}
	return out
}

// standardised returns the columns of units that vary, each of mean 0 and length 1, the units' numbers,
// and the number of finite rows.
func standardised(m capture.Matrix, used []int) (z []float32, live []int, n int) {
	units := used
	if units == nil {
		for u := range m.D {
			units = append(units, u)
		}
	}
	var rows []int
	for i := range m.N {
		if finite(m.Row(i)) {
			rows = append(rows, i)
		}
	}
	mean := make([]float64, len(units))
	square := make([]float64, len(units))
	for _, i := range rows {
		row := m.Row(i)
		for k, u := range units {
			mean[k] += float64(row[u])
		}
	}
	for k := range mean {
		mean[k] /= float64(max(1, len(rows)))
	}
	for _, i := range rows {
		row := m.Row(i)
		for k, u := range units {
			d := float64(row[u]) - mean[k]
			square[k] += d * d
		}
	}
	var at []int
	for k, u := range units {
		// A column whose deviations are rounding errors of its mean does not vary.
		if square[k] > 1e-10*(mean[k]*mean[k])*float64(len(rows)) && square[k] > 0 {
			live, at = append(live, u), append(at, k)
		}
	}
	z = make([]float32, len(rows)*len(live))
	for i, row := range rows {
		x := m.Row(row)
		for j, k := range at {
			z[i*len(live)+j] = float32((float64(x[live[j]]) - mean[k]) / math.Sqrt(square[k]))
		}
	}
	return z, live, len(rows)
}

func finite(row []float32) bool {
	for _, v := range row {
		if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
			return false
		}
	}
	return true
}

// bounds returns the one-sided 95 % bounds of a correlation by Fisher's z (Fisher 1921).
func bounds(r float64, n int) (low, high float64) {
	if r >= 1 {
		return 1, 1
	}
	z, se := math.Atanh(r), 1/math.Sqrt(float64(n-3))
	q := infer.NormalQuantile(0.95)
	return math.Tanh(z - q*se), math.Tanh(z + q*se)
}
