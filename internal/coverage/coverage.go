package main

import (
	"context"
	"math"
	"strconv"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/similarity"
)

const level = 0.9

// A measure gives all pairs of layers with their intervals; truth gives the population's values, nil where the truth
// is the mean over samplings.
type measure struct {
	name  string
	pairs func(ctx context.Context, layers []similarity.Matrix, seed uint64) (*similarity.Pairs, error)
	truth func(population) []float64
}

var (
	debiased = measure{"debiased CKA", func(ctx context.Context, layers []similarity.Matrix, seed uint64) (*similarity.Pairs, error) {
		return similarity.AllPairs(ctx, 1, layers, nil, similarity.Options{Level: level, Seed: seed})
	}, population.cka}
	distance = measure{"shape distance", func(ctx context.Context, layers []similarity.Matrix, seed uint64) (*similarity.Pairs, error) {
		p, _, err := similarity.ShapePairs(ctx, 1, layers, nil, level, seed)
		return p, err
	}, nil}
	neighbours = measure{"mutual 10-NN", func(ctx context.Context, layers []similarity.Matrix, _ uint64) (*similarity.Pairs, error) {
		return similarity.MutualKNNPairs(ctx, 1, layers, 10, nil, level)
	}, nil}
)

// A coverage is one line of the table.
type coverage struct {
	measure    measure
	population population
	n          int
	form       string
}

func coverages() []coverage {
	plain, tailed, cut := newPopulation("Gaussian", gaussian), newPopulation("heavy tails (t5)", heavy), newPopulation("rectified", rectified)
	return []coverage{
		{debiased, plain, 128, "exact"}, {debiased, plain, 512, "exact"}, {debiased, plain, 2048, "exact"},
		{debiased, tailed, 512, "exact"}, {debiased, cut, 512, "exact"}, {debiased, plain, similarity.ExactSamples + 2048, "blocks"},
		{distance, plain, 512, "exact"}, {distance, tailed, 512, "exact"}, {neighbours, plain, 512, "exact"}, {neighbours, tailed, 512, "exact"},
	}
}

// covered is the share of intervals that hold the truth.
type covered struct{ mean, least, most float64 }

func (c coverage) run(ctx context.Context, s settings) (covered, error) {
	all := make([]*similarity.Pairs, s.samplings)
	err := parallel.Each(ctx, s.workers, s.samplings, func(ctx context.Context, i int) (err error) {
		layers := c.population.layers(infer.Rand(uint64(2+i), "coverage", c.population.name, strconv.Itoa(c.n)), c.n)
		all[i], err = c.measure.pairs(ctx, layers, uint64(i))
		return err
	})
	if err != nil {
		return covered{}, err
	}
	truth := average(all)
	if c.measure.truth != nil {
		truth = c.measure.truth(c.population)
	}
	return count(all, truth), nil
}

func average(all []*similarity.Pairs) []float64 {
	out := make([]float64, len(all[0].Value))
	for k := range out {
		sum := infer.Sum{}
		for _, p := range all {
			sum.Add(p.Value[k])
		}
		out[k] = sum.Value() / float64(len(all))
	}
	return out
}

// count takes pairs of different layers, once each.
func count(all []*similarity.Pairs, truth []float64) covered {
	c, pairs := covered{least: math.Inf(1)}, 0
	L := all[0].L
	for i := range L {
		for j := i + 1; j < L; j++ {
			hits, k := 0, i*L+j
			for _, p := range all {
				if p.Low[k] <= truth[k] && truth[k] <= p.High[k] {
					hits++
				}
			}
			share := float64(hits) / float64(len(all))
			c.mean, c.least, c.most, pairs = c.mean+share, min(c.least, share), max(c.most, share), pairs+1
		}
	}
	c.mean /= float64(pairs)
	return c
}
