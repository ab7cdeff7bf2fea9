package graph_test

import (
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// TestTrainingNormOfUnknownShapes: a graph written by hand has no values; it panicked.
func TestTrainingNormOfUnknownShapes(t *testing.T) {
	g := &graph.Graph{Weights: map[string]tensor.Tensor{}, Nodes: []graph.Node{{Op: "BatchNormalization", Inputs: []string{"x", "s", "b", "m", "v"}, Outputs: []string{"y"}}}}
	for _, name := range g.Nodes[0].Inputs[1:] {
		g.Weights[name] = tensor.New(tensor.Float32, 3)
	}
	if v := g.TrainingNorm().Values["y.batch_mean"]; len(v.Shape) != 1 || v.Shape[0].Size != 3 || g.Values != nil {
		t.Errorf("the batch's mean has shape %v, the graph that was given values %v", v.Shape, g.Values)
	}
}
