package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// ReplaceWeights returns a graph that has these weights in place of those of the same names. A weight
// must keep its type and shape.
func (g *Graph) ReplaceWeights(weights map[string]tensor.Tensor) (*Graph, error) {
	out := *g
	out.Weights = maps.Clone(g.Weights)
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		w := weights[name]
		old, ok := g.Weights[name]
		if !ok {
			return nil, fmt.Errorf("weight %q: the graph has none of this name", name)
		}
		if old.DType() != w.DType() || !slices.Equal(old.Shape(), w.Shape()) {
			return nil, fmt.Errorf("weight %q is %v, want %v", name, w, old)
		}
		out.Weights[name] = w
	}
	return &out, nil
}

// TrainingNorm returns a graph whose batch normalisations use the statistics of the batch they are shown
// and give them as values, by the names that BatchStatistics returns, so that the stored ones can be
// estimated anew.
func (g *Graph) TrainingNorm() *Graph {
	out := *g
	out.Nodes = slices.Clone(g.Nodes)
	if out.Values = maps.Clone(g.Values); out.Values == nil { // nobody has asked for shapes yet
		out.Values = map[string]Value{}
	}
	for i := range out.Nodes {
		n := &out.Nodes[i]
		if !n.is("BatchNormalization") || len(n.Inputs) < 5 {
			continue
		}
		n.Attributes = maps.Clone(n.Attributes)
		if n.Attributes == nil {
			n.Attributes = op.Attributes{}
		}
		// The outputs are running statistics; with momentum 0 they are the batch's own.
		n.Attributes["training_mode"], n.Attributes["momentum"] = int64(1), float32(0)
		mean, variance := statisticNames(n)
		n.Outputs = []string{n.Outputs[0], mean, variance}
		for k, name := range n.Outputs[1:] {
			if w, ok := g.Weights[n.Inputs[3+k]]; ok {
				out.Values[name] = Value{Name: name, DType: w.DType(), Shape: []Dim{{Size: w.Len()}}}
			}
		}
	}
	return &out
}

// BatchStatistics returns the names of the values in which the graph that TrainingNorm made gives the
// mean and variance of a batch at a layer's normalisation.
func (g *Graph) BatchStatistics(l *Layer) (mean, variance string, ok bool) {
	if l.Norm == nil {
		return "", "", false
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.is("BatchNormalization") && n.input(0) == l.Linear && n.input(3) == l.Norm.Mean {
			mean, variance = statisticNames(n)
			return mean, variance, true
		}
	}
	return "", "", false
}

func statisticNames(n *Node) (mean, variance string) {
	return n.Outputs[0] + ".batch_mean", n.Outputs[0] + ".batch_variance"
}
