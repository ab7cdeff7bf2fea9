package similarity

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"pgregory.net/rapid"
)

// change is what a measure may ignore about a layer.
type change struct {
	rotate, scale, offset, units, linear bool // units: scale and offset of each
}

// measures are all of one number for two layers, with what each ignores about the first and the second.
var measures = map[string]struct {
	of            func(x, y Matrix) (float64, error)
	first, second change
	tol           float64
}{
	"RBF":          {func(x, y Matrix) (float64, error) { return RBF(x, y, RBFOptions{}) }, rigid, rigid, 3e-6},
	"Bures":        {Bures, rigid, rigid, 3e-6},
	"shape":        {ShapeDistance, rigid, rigid, 1e-5},
	"Procrustes":   {Procrustes, rigid, rigid, 1e-5},
	"RV":           {RV, rigid, rigid, 3e-6},
	"CCA":          {meanCCA, invertible, invertible, 1e-5},
	"SVCCA":        {meanSVCCA, rigid, rigid, 1e-4},
	"PWCCA":        {PWCCA, change{scale: true, offset: true}, invertible, 1e-4},
	"RSA":          {func(x, y Matrix) (float64, error) { return RSA(x, y, Euclid) }, rigid, rigid, 1e-4},
	"RSATau":       {func(x, y Matrix) (float64, error) { return RSATau(x, y, Euclid) }, rigid, rigid, 1e-4},
	"correlation":  {func(x, y Matrix) (float64, error) { return RSA(x, y, Correlation) }, change{scale: true}, change{scale: true}, 1e-4},
	"kNN":          {func(x, y Matrix) (float64, error) { return MutualKNN(x, y, 5) }, rigid, rigid, 0.005},
	"IMD":          {IMD, rigid, rigid, 1e-5},
	"R2":           {r2, change{units: true}, rigid, 1e-5},
	"match":        {meanMatch, change{units: true}, change{units: true}, 1e-5},
	"residual":     {residual, rigid, rigid, 1e-5},
	"deconfounded": {func(x, y Matrix) (float64, error) { return Deconfounded(x, y, third) }, rigid, rigid, 1e-5},
}

var (
	rigid      = change{rotate: true, scale: true, offset: true}
	invertible = change{linear: true, offset: true}
	third      = layers(90, []int{5, 6, 4}, "plain")[2]
)

func meanCCA(x, y Matrix) (float64, error) {
	c, err := CCA(x, y)
	if err != nil {
		return 0, err
	}
	return c.Mean(), nil
}

func meanSVCCA(x, y Matrix) (float64, error) {
	c, err := SVCCA(x, y, 0.95)
	if err != nil {
		return 0, err
	}
	return c.Mean(), nil
}

func r2(x, y Matrix) (float64, error) {
	p, err := Predict(context.Background(), 1, x, y, nil)
	if err != nil {
		return 0, err
	}
	return p.R2, nil
}

func meanMatch(x, y Matrix) (float64, error) {
	m, err := Match(x, y)
	if err != nil {
		return 0, err
	}
	return m.Mean, nil
}

func residual(x, y Matrix) (float64, error) {
	r, err := Rotate(x, y)
	if err != nil {
		return 0, err
	}
	return r.Residual, nil
}

// changed returns a layer as different as a measure that ignores c may not notice.
func changed(t *rapid.T, m Matrix, c change) Matrix {
	v := make([]float64, len(m.X))
	for i, x := range m.X {
		v[i] = float64(x)
	}
	d := m.D
	numbers := func(what string, low, high float64) []float64 {
		return rapid.SliceOfN(rapid.Float64Range(low, high), d, d).Draw(t, what)
	}
	rows := func(f func(row []float64)) {
		for i := range m.N {
			f(v[i*d : (i+1)*d])
		}
	}
	if c.rotate || c.linear { // one reflection; with a stretch along it an invertible map
		u, stretch := numbers("axis", -1, 1), 2.0
		if u[0] += 1.5; c.linear {
			stretch = rapid.Float64Range(0.2, 0.8).Draw(t, "stretch")
		}
		norm := dot(u, u)
		rows(func(row []float64) { addTo(row, u, -stretch*dot(row, u)/norm) })
	}
	if c.scale {
		s := math.Pow(10, rapid.Float64Range(-12, 12).Draw(t, "log scale"))
		for i := range v {
			v[i] *= s
		}
	}
	size := math.Sqrt(dot(v, v) / float64(len(v)))
	if c.units {
		s := numbers("unit scales", 0.01, 100)
		rows(func(row []float64) {
			for j := range row {
				row[j] *= s[j]
			}
		})
	}
	if c.offset || c.units {
		o := numbers("offset", -2, 2)
		rows(func(row []float64) { addTo(row, o, size) })
	}
	out := Matrix{X: make([]float32, len(v)), N: m.N, D: d}
	for i, x := range v {
		out.X[i] = float32(x)
	}
	return out
}

func TestMeasuresIgnoreWhatTheyShould(t *testing.T) {
	xs := layers(90, []int{5, 6}, "plain")
	for name, m := range measures {
		base := must(m.of(xs[0], xs[1]))
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			x, y := changed(t, xs[0], m.first), changed(t, xs[1], m.second)
			if got := must(m.of(x, y)); !(math.Abs(got-base) <= m.tol) {
				t.Fatalf("%v became %v", base, got)
			}
		}))
	}
}

// The order of samples does not matter, taken alike in both layers. Predict is given its groups in that order.
func TestMeasuresIgnoreTheOrderOfSamples(t *testing.T) {
	const n = 90
	xs := layers(n, []int{5, 6}, "plain")
	order := infer.Rand(1, "order").Perm(n)
	x, y := must(xs[0].some(order)), must(xs[1].some(order))
	groups, moved := dealt(n), make([]int, n)
	for i, at := range order {
		moved[i] = groups[at]
	}
	for name, m := range measures {
		got, want := must(m.of(x, y)), must(m.of(xs[0], xs[1]))
		switch name {
		case "R2":
			got = must(Predict(t.Context(), 1, x, y, moved)).R2
		case "deconfounded":
			got = must(Deconfounded(x, y, must(third.some(order))))
		}
		near(t, name, got, want, 1e-9)
	}
}

// A layer beside itself, and beside a rotated, wider copy.
func TestMeasuresOfALayerWithItself(t *testing.T) {
	x := layers(90, []int{5, 6}, "plain")[0]
	want := map[string]float64{"shape": 0, "Procrustes": 0, "IMD": 0, "residual": 0}
	for name, m := range measures {
		v, ok := want[name]
		if !ok {
			v = 1
		}
		near(t, name, must(m.of(x, x)), v, 1e-6)
	}
}

// Symmetric ones have one value both ways.
func TestMeasuresAreSymmetric(t *testing.T) {
	xs := layers(90, []int{5, 6}, "plain")
	for name, m := range measures {
		if name != "R2" {
			near(t, name, must(m.of(xs[0], xs[1])), must(m.of(xs[1], xs[0])), 1e-9)
		}
	}
}

// Fewer than 4 samples, none, as many of one layer only, a layer that does not vary, values that are not
// finite: a reason, never NaN.
func TestMeasuresGiveReasons(t *testing.T) {
	good := layers(90, []int{5, 6}, "plain")[0]
	nan, inf := must(good.some(byGroup(dealt(90)))), must(good.some(byGroup(dealt(90))))
	flat := matrix(90, 5, slices.Repeat([]float32{1e4}, 450)...)
	nan.X[7], inf.X[11] = float32(math.NaN()), float32(math.Inf(-1))
	few := layers(3, []int{5}, "plain")[0]
	none := Matrix{D: 5}
	for name, m := range measures {
		for what, c := range map[string]struct {
			x, y Matrix
			want error
		}{
			"3 samples":       {few, few, infer.ErrTooFew},
			"no samples":      {none, none, infer.ErrTooFew},
			"constant first":  {flat, good, infer.ErrConstant},
			"constant second": {good, flat, infer.ErrConstant},
			"not a number":    {nan, good, infer.ErrNotFinite},
			"infinite":        {good, inf, infer.ErrNotFinite},
			"unlike counts":   {good, part(good, 0, 80), infer.ErrRange},
		} {
			if v, err := m.of(c.x, c.y); !errors.Is(err, c.want) || v != 0 {
				t.Errorf("%s of %s: %v, %v, want %v", name, what, v, err, c.want)
			}
		}
		// 4 samples are few for some, but never NaN; nor is one far row, nor a layer of one sample's variation.
		x := layers(4, []int{5, 2}, "plain")
		lone := matrix(90, 2, make([]float32, 180)...)
		lone.X[8] = 1
		far := layers(90, []int{5}, "far")[0]
		for what, p := range map[string][2]Matrix{"4 samples": {x[0], x[1]}, "one sample varies": {good, lone}, "a far row": {good, far}} {
			if v, err := m.of(p[0], p[1]); math.IsNaN(v) || math.IsInf(v, 0) || err != nil && v != 0 {
				t.Errorf("%s of %s: %v, %v", name, what, v, err)
			}
		}
	}
}
