package untrained

import (
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/twin"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	"github.com/stratascope/stratascope/tensor"
)

// draw returns the network with some layers drawn anew. The stored statistics of their normalisation are those of what
// the new weights give.
func draw(c statistic.Case, g *graph.Graph, r *statistic.Results, k int, layers []string) (*graph.Graph, error) {
	for _, l := range g.Layers {
		for _, name := range layers {
			if o, ok := g.Layer(name); ok && !slices.Contains(layers, l.Name) && o.Weight == l.Weight {
				return nil, statistic.Unavailable("shared-weight", "layer %s shares its weight with %s, so it has no twin of its own", name, l.Name)
			}
		}
	}
	x, err := twin.Of(g, c.Seed, k, twin.Options{Layers: layers, Initial: c.Initial})
	if err != nil {
		return nil, err
	}
	stored := map[string]tensor.Tensor{}
	for _, name := range layers {
		l, _ := g.Layer(name)
		if l.Norm == nil {
			continue
		}
		mean, variance, err := alignment.Given(c, r, x, name)
		if err != nil {
			return nil, err
		}
		stored[l.Norm.Mean], stored[l.Norm.Variance] = vector(mean), vector(variance)
	}
	return x.ReplaceWeights(stored)
}

func vector(v []float64) tensor.Tensor {
	t := tensor.New(tensor.Float32, len(v))
	for i, x := range v {
		t.Float32s()[i] = float32(x)
	}
	return t
}
