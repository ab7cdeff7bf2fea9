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
