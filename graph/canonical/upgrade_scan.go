package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
)

// batchedScan: Scan of opset 8 runs over a batch on the first axis and steps on the second, and may be
// given the number of steps of each sample. Without that it is a Scan over the batch of a Scan over steps.
func batchedScan(u *upgrader) error {
	n := u.node
	if err := u.need(2, 1); err != nil {
		return err
	}
	if n.Inputs[0] != "" {
		return fmt.Errorf("sequence_lens is not supported, want samples of one length")
	}
	step := n.Subgraphs["body"]
	if step == nil || len(step.Inputs) != len(n.Inputs)-1 || len(step.Outputs) != len(n.Outputs) {
		return fmt.Errorf("the body does not fit %d inputs and %d outputs", len(n.Inputs)-1, len(n.Outputs))
	}
	sample := &graph.Graph{Opset: step.Opset}
	inner := graph.Node{Name: n.Name, Scope: n.Scope, Op: n.Op, Attributes: n.Attributes, Subgraphs: n.Subgraphs}
	if d := n.Attributes.Ints("directions"); d != nil {
		delete(n.Attributes, "directions")
		inner.Attributes["scan_input_directions"] = d
	}
	for _, v := range step.Inputs {
		v.Name, v.Shape = u.im.fresh(v.Name+".sample"), nil
		sample.Inputs = append(sample.Inputs, v)
		inner.Inputs = append(inner.Inputs, v.Name)
	}
	for _, s := range n.Outputs {
		if s == "" {
			s = "left_out"
		}
		sample.Outputs = append(sample.Outputs, u.im.fresh(s+".sample"))
	}
	inner.Outputs = slices.Clone(sample.Outputs)
	sample.Nodes = []graph.Node{inner}
	n.Inputs = n.Inputs[1:]
	n.Attributes = map[string]any{"num_scan_inputs": int64(len(n.Inputs))}
	n.Subgraphs = map[string]*graph.Graph{"body": sample}
	return nil
}
