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

// examine collects what names a culprit of a network: nothing of another network is looked at.
func examine(ctx context.Context, g *graph.Graph, train, held Images) (statistic.Case, *statistic.Results, error) {
	s := source{dataset.Train: train, dataset.Val: held}
	c := statistic.Case{
		Layers: g.Layers, Graph: g, Splits: []dataset.Split{dataset.Train, dataset.Val}, Seen: true,
		Task: dataset.Task{Kind: dataset.Classification}, Classes: classes, Output: "logits", Seed: 1, Workers: 1,
		Source: live.New(g, s, live.Options{Engine: native.Engine{}, Workers: 1}),
	}
	c.Networks = renorm.Networks(g, c)
	r, err := statistic.Collect(ctx, c, diagnosis.CulpritNeeds(), statistic.Options{})
	return c, r, err
}
