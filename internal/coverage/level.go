package main

import (
	"context"
	"strconv"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/similarity"
)

// A noise is layers that have nothing in common.
type noise struct {
	name string
	of   draw
}

func (z noise) layers(seed uint64, n int) []similarity.Matrix {
	r := infer.Rand(seed, "level", z.name)
	out := make([]similarity.Matrix, 0, 6)
	for _, d := range []int{3, 6, 10, 40, 64, 100} {
		x := make([]float32, n*d)
		for i := range x {
			x[i] = float32(z.of(r) * (1 + 4/float64(1+i%d)))
		}
		out = append(out, similarity.Matrix{X: x, N: n, D: d})
	}
	return out
}

// A test gives a p for each pair of layers.
type test struct {
	name  string
	noise noise
	n     int
	p     func(ctx context.Context, layers []similarity.Matrix, seed uint64) ([]float64, error)
}

func levels() []test {
	plain, tailed := noise{"Gaussian", gaussian}, noise{"heavy tails (t5)", heavy}
	cka := func(ctx context.Context, layers []similarity.Matrix, seed uint64) ([]float64, error) {
		p, err := similarity.AllPairs(ctx, 1, layers, nil, similarity.Options{Level: level, Test: true, Seed: seed})
		if err != nil {
			return nil, err
		}
		return p.P, nil
	}
	closed := func(ctx context.Context, layers []similarity.Matrix, seed uint64) ([]float64, error) {
		p, err := similarity.Permutation(ctx, 1, layers, similarity.PermutationOptions{Seed: seed})
		if err != nil {
			return nil, err
		}
		return p.P, nil
	}
	family := func(ctx context.Context, layers []similarity.Matrix, seed uint64) ([]float64, error) {
		p, err := similarity.Permutation(ctx, 1, layers, similarity.PermutationOptions{Draws: 199, Seed: seed})
		if err != nil {
			return nil, err
		}
		return p.Adjusted, nil
	}
	of := func(pairs func(context.Context, []similarity.Matrix, uint64) (*similarity.Pairs, error)) func(context.Context, []similarity.Matrix, uint64) ([]float64, error) {
		return func(ctx context.Context, layers []similarity.Matrix, seed uint64) ([]float64, error) {
			p, err := pairs(ctx, layers, seed)
			if err != nil {
				return nil, err
			}
			return p.P, nil
		}
	}
	return []test{
		{"debiased CKA, one walk", plain, 128, cka}, {"debiased CKA, one walk", tailed, 128, cka},
		{"debiased CKA, blocks", plain, similarity.ExactSamples + 2048, cka}, {"debiased CKA, blocks", tailed, similarity.ExactSamples + 2048, cka},
		{"debiased CKA, closed form", plain, 30, closed}, {"debiased CKA, closed form", plain, 128, closed}, {"debiased CKA, closed form", tailed, 128, closed},
		{"debiased CKA, 199 permutations, family (max-T)", plain, 64, family},
		{"shape distance", plain, 128, of(shapes)}, {"shape distance", tailed, 128, of(shapes)},
		{"mutual 10-NN", plain, 128, of(nearest)}, {"mutual 10-NN", tailed, 128, of(nearest)},
	}
}

// A rejection is the share of pairs, and of families, that a test at 5 % rejects.
type rejection struct{ pairs, any infer.Estimate }

func (t test) run(ctx context.Context, s settings) (r rejection, err error) {
	pairs, any := make([]float64, s.families), make([]float64, s.families)
	err = parallel.Each(ctx, s.workers, s.families, func(ctx context.Context, f int) error {
		layers := t.noise.layers(infer.Seed(uint64(f), "level", t.name, strconv.Itoa(t.n)), t.n)
		p, err := t.p(ctx, layers, uint64(f))
		if err != nil {
			return err
		}
		pairs[f], any[f] = rejected(p, len(layers))
		return nil
	})
	if err != nil {
		return r, err
	}
	if r.pairs, err = infer.MeanOf(pairs); err != nil {
		return r, err
	}
	r.any, err = infer.MeanOf(any)
	return r, err
}

// rejected returns the share of pairs of different layers with p at most 5 %, and 1 if there is one.
func rejected(p []float64, layers int) (share, any float64) {
	pairs := 0
	for i := range layers {
		for j := i + 1; j < layers; j++ {
			pairs++
			if p[i*layers+j] <= 0.05 {
				share, any = share+1, 1
			}
		}
	}
	return share / float64(pairs), any
}
