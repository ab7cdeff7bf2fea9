package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// batchedScan: Scan of opset 8 runs over a batch on the first axis and steps on the second, and may be
// given the number of steps of each sample. It is a Scan over the batch of a Scan over steps.
func batchedScan(u *upgrader) error {
	n := u.node
	if err := u.need(2, 1); err != nil {
		return err
	}
	step, rows := n.Subgraphs["body"], int(n.Attributes.Int("num_scan_inputs", 0))
	if step == nil || rows < 1 || rows >= len(n.Inputs) || len(step.Inputs) != len(n.Inputs)-1 || len(step.Outputs) != len(n.Outputs) {
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
	if lengths := n.Inputs[0]; lengths != "" {
		sample.Inputs = append(sample.Inputs, graph.Value{Name: u.im.fresh(lengths + ".sample"), DType: tensor.Int64})
		sample.Nodes = u.cutToLength(&inner, sample.Inputs[len(inner.Inputs)].Name, rows)
		n.Inputs = append(n.Inputs, lengths)
	} else {
		sample.Nodes = []graph.Node{inner}
	}
	n.Inputs = n.Inputs[1:]
	n.Attributes = map[string]any{"num_scan_inputs": int64(len(n.Inputs))}
	n.Subgraphs = map[string]*graph.Graph{"body": sample}
	return nil
}

// cutToLength returns the nodes that run a Scan over the first rows alone of each of so many inputs, and fill what it
// gives with zeros to the rows that there were.
func (u *upgrader) cutToLength(n *graph.Node, length string, rows int) []graph.Node {
	var before, after []graph.Node
	node := func(list *[]graph.Node, operator, out string, in ...string) string {
		*list = append(*list, graph.Node{Name: out, Scope: n.Scope, Op: operator, Inputs: in, Outputs: []string{out}})
		return out
	}
	zero, first := u.ints("zero", 0), n.Inputs[len(n.Inputs)-rows]
	size := node(&before, "Reshape", u.im.fresh(length+".size"), length, u.ints("one", 1))
	all := node(&before, "Slice", u.im.fresh(length+".all"), node(&before, "Shape", u.im.fresh(length+".shape"), first), zero, u.ints("first", 1))
	pads := node(&before, "Sub", u.im.fresh(length+".missing"), all, size)
	before = append(before, graph.Node{Name: pads + ".pads", Scope: n.Scope, Op: "Concat", Inputs: []string{zero, pads}, Outputs: []string{u.im.fresh(pads + ".pads")}, Attributes: map[string]any{"axis": int64(0)}})
	pads = before[len(before)-1].Outputs[0]
	for i := len(n.Inputs) - rows; i < len(n.Inputs); i++ {
		n.Inputs[i] = node(&before, "Slice", u.im.fresh(n.Inputs[i]+".cut"), n.Inputs[i], zero, size, zero)
	}
	for i := len(n.Inputs) - rows; i < len(n.Outputs); i++ {
		out := n.Outputs[i]
		n.Outputs[i] = u.im.fresh(out + ".cut")
		node(&after, "Pad", out, n.Outputs[i], pads, "", zero)
	}
	return slices.Concat(before, []graph.Node{*n}, after)
}
