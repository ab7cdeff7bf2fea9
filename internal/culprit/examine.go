package culprit

import (
	"context"

	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/renorm"
)

// Shown is the case of a network that is shown images of its training and others, the first 600 of each.
func Shown(g *graph.Graph, seen, held Images) statistic.Case {
	s := source{dataset.Train: seen.Some(0, min(samples, seen.Len())), dataset.Val: held.Some(0, min(samples, held.Len()))}
	c := statistic.Case{
		Layers: g.Layers, Graph: g, Splits: []dataset.Split{dataset.Train, dataset.Val}, Seen: true,
		Task: dataset.Task{Kind: dataset.Classification}, Classes: classes, Output: "logits", Seed: 1, Workers: 1,
		Source: live.New(g, s, live.Options{Engine: native.Engine{}, Workers: 1}),
	}
	c.Networks = renorm.Networks(g, c)
	return c
}

// examine collects what names a culprit of a network: nothing of another network is looked at.
func examine(ctx context.Context, g *graph.Graph, seen, held Images) (statistic.Case, *statistic.Results, error) {
	c := Shown(g, seen, held)
	r, err := statistic.Collect(ctx, c, diagnosis.CulpritNeeds(), statistic.Options{})
	return c, r, err
}
