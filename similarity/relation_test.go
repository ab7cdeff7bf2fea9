package similarity

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/internal/kernel"
)

// The test inside the walk against Permutation, which holds the n x n matrices.
func TestWalkTestsAsPermutationDoes(t *testing.T) {
	for _, n := range []int{40, 300} {
		xs := append(layers(n, []int{5, 12, 60, 300}, "plain"), noise(3, n, 2, 30, 100)...)
		const seeds = 8 // the walk draws probes for the traces of third powers
		logs := make([]float64, len(xs)*len(xs))
		for seed := range uint64(seeds) {
			p := must(AllPairs(t.Context(), 2, xs, nil, Options{Test: true, Seed: seed}))
			for k := range logs {
				logs[k] += math.Log(p.P[k]) / seeds
			}
		}
		want := must(Permutation(t.Context(), 2, xs, PermutationOptions{}))
		for i := range xs {
			for j := range xs {
				got, w := logs[i*len(xs)+j], math.Log(want.P[i*len(xs)+j])
				if math.Abs(got-w) > 0.02+0.03*math.Abs(w) {
					t.Errorf("%d samples, layers %d and %d: p is %.4g, want %.4g", n, i, j, math.Exp(got), math.Exp(w))
				}
			}
		}
	}
}

// Where values lie in parts, p of a quarter as many units as samples is no estimate: it is that of Permutation for any
// seed.
func TestCovarianceTestsAsPermutationDoes(t *testing.T) {
	for _, kind := range []string{"plain", "offset"} {
		const n = 400
		xs := append(layers(n, []int{5, 33, 100}, kind), noise(3, n, 2, 30, 100)...)
		want := must(Permutation(t.Context(), 2, xs, PermutationOptions{}))
		for _, fast := range []bool{true, false} {
			p, again := must(AllPairs(t.Context(), 2, xs, nil, Options{Test: true, Fast: fast})), must(AllPairs(t.Context(), 1, xs, nil, Options{Test: true, Fast: fast, Seed: 5}))
			if !p.Split && p.Reduced == "" {
				if fast || kernel.Tiles() {
					t.Fatalf("%s: neither split nor rounded", kind)
				}
				continue // walks estimate the third power
			}
			for k, v := range p.P {
				got, w := math.Log(v), math.Log(want.P[k])
				if math.Abs(got-w) > 0.002+0.003*math.Abs(w) {
					t.Errorf("%s, rounded %v, pair %d: p is %.4g, want %.4g", kind, fast, k, v, want.P[k])
				}
				if a := math.Log(again.P[k]); math.Abs(a-got) > 1e-6+1e-5*math.Abs(got) {
					t.Errorf("%s, rounded %v, pair %d: p is %.6g for another seed, want %.6g", kind, fast, k, again.P[k], v)
				}
			}
		}
	}
}

// Products with the sums of rows, from walks and from the covariance, against float64.
func TestGramPowers(t *testing.T) {
	const n, d = 300, 40
	m := noise(17, n, d)[0]
	for i := range m.X {
		m.X[i] += 0.5
	}
	group := dealt(n)
	g := &gram{layout: newLayout(byGroup(group), group), layers: []source{{m, frame{make([]float64, d), 1}, 0}}}
	u, own := make([]float64, n), make([]float64, n)
	var xu, xown, x1 [d]float64
	for i := range n {
		u[i], own[i] = 1+math.Sin(float64(i)), math.Cos(float64(7*i))-0.5
		for k, v := range m.row(g.order[i]) {
			xu[k], xown[k], x1[k] = xu[k]+u[i]*float64(v), xown[k]+own[i]*float64(v), x1[k]+float64(v)
		}
	}
	centred := xown
	for k, v := range x1 {
		centred[k] -= v / n * sum(own)
	}
	check := func(what string, p gramPowers, share float64) {
		for _, c := range []struct{ got, want, size float64 }{
			{p.one, dot(x1[:], xu[:]), dot(x1[:], x1[:])}, {p.own, dot(xown[:], xu[:]), dot(xown[:], xown[:])},
			{p.self, dot(xu[:], xu[:]), dot(xu[:], xu[:])}, {p.xu, dot(centred[:], centred[:]), dot(centred[:], centred[:])},
		} {
			if !(math.Abs(c.got-c.want) <= share*c.size) {
				t.Errorf("%s: %.7g, want %.7g", what, c.got, c.want)
			}
		}
	}
	for parts := range 3 {
		g.parts = parts
		if err := g.pack(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		check("walks", must(g.walkPowers(0, u, own, make([]float32, n*probes), 1)), 1e-5)
		if parts > 0 {
			check("covariance", g.covariancePowers(&covariance{}, 0, u, own), 5e-3)
		}
	}
}

// Bonferroni against max-T of 1,999 draws of all layers, which is the smaller by less than half of itself.
func TestAdjustedIsThatOfDraws(t *testing.T) {
	xs := noise(11, 60, 1, 3, 10, 20, 2, 5)
	p := must(AllPairs(t.Context(), 2, xs, nil, Options{Test: true}))
	draws := must(Permutation(t.Context(), 2, xs, PermutationOptions{Draws: 1999}))
	for i := range xs {
		for j := range i {
			got, want := p.Adjusted(i, j), draws.Adjusted[i*p.L+j]
			if got < want-0.03 || want < 1-math.Exp(-got)-0.05 {
				t.Errorf("layers %d and %d: %.3f, max-T of draws %.3f", i, j, got, want)
			}
		}
	}
}

// However alike layers are, p is above 0 (Phipson & Smyth 2010), also where 1/n! is too small to write down.
func TestPIsNeverZero(t *testing.T) {
	x := noise(5, 900, 600)[0]
	xs := []Matrix{x, x}
	if p := must(AllPairs(t.Context(), 1, xs, nil, Options{Test: true})).P[1]; !(p > 0 && p < 1e-100) {
		t.Errorf("in the walk: p is %v", p)
	}
	if p := must(Permutation(t.Context(), 1, xs, PermutationOptions{})).P[1]; !(p > 0 && p < 1e-100) {
		t.Errorf("from the matrices: p is %v", p)
	}
}
