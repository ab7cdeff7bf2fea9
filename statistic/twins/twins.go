// Package twins looks for units of one layer that say the same: pairs whose values correlate almost
// perfectly at one position of each sample.
package twins

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/capture"
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

var layers = statistic.Layers{Reduce: capture.Spot}

// Statistic compares the units of every layer on the samples held out.
var Statistic = &statistic.Replay[*Result]{
	Name: "twins", Version: 1,
	Reads: layers.Reads,
	Keys:  layers.Keys,
	Cost: func(e statistic.Env) statistic.Cost {
		d := int64(min(e.Layer().Units, Most))
		return statistic.Cost{Bytes: 4*d*d + 8*d*capture.Strip, Ops: 2 * d * d}
	},
	Compute: compute,
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
	t, err := e.Case.Source.Table(e.Key.View, e.Key.A)
	if err != nil {
		return nil, err
	}
	r := &Result{Units: t.D}
	if t.D > Most {
		r.Used = subset(e.Case.Seed, e.Key.A.Layer, t.D)
	}
	at, err := t.Finite()
	if err != nil {
		return nil, err
	}
	if r.N = len(at); r.N < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d finite samples, unit tests need %d", r.N, Least)
	}
	c, live, err := correlations(t.Select(at), r.Used)
	if err != nil {
		return nil, err
	}
	n, d := r.N, len(live)
	if r.Live = d; d < 2 {
		return r, nil
	}
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

// correlations returns the correlations of the units used that vary, and the units' numbers; used nil stands
// for all units.
func correlations(t capture.Table, used []int) (c []float32, live []int, err error) {
	if used == nil {
		for u := range t.D {
			used = append(used, u)
		}
	}
	mean, err := t.Means()
	if err != nil {
		return nil, nil, err
	}
	square := make([]float64, t.D)
	err = t.Strips(func(_ int, x capture.Matrix) error {
		for i := range x.N {
			row := x.Row(i)
			for _, u := range used {
				d := float64(row[u]) - mean[u]
				square[u] += d * d
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, u := range used {
		// A column whose deviations are rounding errors of its mean does not vary.
		if square[u] > 1e-10*(mean[u]*mean[u])*float64(t.N) && square[u] > 0 {
			live = append(live, u)
		}
	}
	d := len(live)
	c = make([]float32, d*d)
	z := make([]float32, capture.Strip*d)
	return c, live, t.Strips(func(_ int, x capture.Matrix) error {
		for i := range x.N {
			row := x.Row(i)
			for j, u := range live {
				z[i*d+j] = float32((float64(row[u]) - mean[u]) / math.Sqrt(square[u]))
			}
		}
		kernel.Gemm32(1, true, false, d, d, x.N, 1, z, d, z, d, 1, c, d)
		return nil
	})
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
