package train

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A norm is a batch normalisation that uses each batch's statistics and keeps running ones.
type norm struct {
	node    string
	input   string
	batch   [2]string // values that hold the batch's mean and biased variance
	running [2]string // weights
	keep    float64   // the share of a running statistic that stays: 1 - PyTorch's momentum
	seen    [2][]float32
	count   int // values a channel of the batch
}

// findNorms gives batch normalisations whose scale or bias is trained the batch's statistics; the others use
// their stored ones, as frozen parts do.
func (n *network) findNorms(s *sketch) {
	for i := range s.Nodes {
		was, is := &n.graph.Nodes[i], &s.Nodes[i]
		if was.Op != "BatchNormalization" || was.Domain != "" || len(was.Inputs) < 5 {
			continue
		}
		if !slices.Contains(n.trained, was.Inputs[1]) && !slices.Contains(n.trained, was.Inputs[2]) {
			*is = *was
			continue
		}
		n.norms = append(n.norms, &norm{node: was.Name, input: was.Inputs[0], batch: [2]string{is.Outputs[1], is.Outputs[2]},
			running: [2]string{was.Inputs[3], was.Inputs[4]}, keep: float64(was.Attributes.Float("momentum", 0.9))})
	}
}

// see learns how many values of a channel a batch of a shape has.
func (m *norm) see(shape []int) error {
	m.count = 1
	for i, size := range shape {
		if i != 1 {
			m.count *= size
		}
	}
	if m.count < 2 {
		return fmt.Errorf("normalisation %q sees a batch of shape %v, want at least 2 values a channel", m.node, shape)
	}
	return nil
}

// update moves the running statistics, as PyTorch does: the variance of a batch is divided by n - 1, not n.
func (m *norm) update(weights map[string]tensor.Tensor) {
	for k, by := range [2]float64{1, float64(m.count) / float64(m.count-1)} {
		running := weights[m.running[k]].Float32s()
		for i, v := range m.seen[k] {
			running[i] = float32(m.keep*float64(running[i]) + (1-m.keep)*by*float64(v))
		}
	}
}

// take keeps a batch's statistic if that is what a value is.
func (m *norm) take(name string, t tensor.Tensor) {
	for k, s := range m.batch {
		if s == name {
			m.seen[k] = append(m.seen[k][:0], t.Float32s()...)
		}
	}
}

// statistics are the running statistics of a graph's normalisations, which are never trained as weights.
func statistics(g *graph.Graph) map[string]bool {
	out := map[string]bool{}
	for _, n := range g.Nodes {
		if n.Op == "BatchNormalization" && n.Domain == "" && len(n.Inputs) >= 5 {
			out[n.Inputs[3]], out[n.Inputs[4]] = true, true
		}
	}
	return out
}
