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
		{deconfounded, plain, 512, "exact"}, {deconfounded, tailed, 512, "exact"}, {deconfounded, cut, 512, "exact"},
		{differences, plain, 512, "exact"}, {differences, tailed, 512, "exact"},
		{biased, plain, 128, "exact"}, {biased, plain, 512, "exact"}, {biased, tailed, 512, "exact"},
		{gaussians, plain, 256, "exact"}, {gaussians, tailed, 256, "exact"},
		{distance, plain, 512, "exact"}, {distance, tailed, 512, "exact"}, {neighbours, plain, 512, "exact"}, {neighbours, tailed, 512, "exact"},
		{regression, plain, 512, "exact"}, {regression, tailed, 512, "exact"}, {distant, plain, 512, "exact"},
		{reading, plain, 512, "exact"}, {reading, tailed, 512, "exact"}, {reading, cut, 512, "exact"}, {aligned, plain, 512, "exact"}, {aligned, cut, 512, "exact"},
	}
}

// covered is the share of intervals that hold the truth.
type covered struct{ mean, least, most float64 }

func (c coverage) run(ctx context.Context, s settings) (covered, error) {
	all := make([]intervals, s.samplings)
	err := parallel.Each(ctx, s.workers, s.samplings, func(ctx context.Context, i int) (err error) {
		layers := c.population.layers(infer.Rand(uint64(2+i), "coverage", c.population.name, strconv.Itoa(c.n)), c.n)
		all[i], err = c.measure.of(ctx, c.population, layers, uint64(i))
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

func average(all []intervals) []float64 {
	out := make([]float64, len(all[0].value))
	for k := range out {
		sum := infer.Sum{}
		for _, p := range all {
			sum.Add(p.value[k])
		}
		out[k] = sum.Value() / float64(len(all))
	}
	return out
}

func count(all []intervals, truth []float64) covered {
	c := covered{least: math.Inf(1)}
	for k, t := range truth {
		hits := 0
		for _, v := range all {
			if v.low[k] <= t && t <= v.high[k] {
				hits++
			}
		}
		share := float64(hits) / float64(len(all))
		c.mean, c.least, c.most = c.mean+share, min(c.least, share), max(c.most, share)
	}
	c.mean /= float64(len(truth))
	return c
}
