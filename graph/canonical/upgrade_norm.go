package canonical

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// spatial: until opset 8 BatchNormalization could normalise each position by statistics of its own. MXNet's exporter asked for
// that with statistics per channel, and meant those.
func spatial(u *upgrader) error {
	n := u.node
	each := n.Attributes.Int("spatial", 1) == 0
	delete(n.Attributes, "spatial")
	if !each {
		return nil
	}
	if err := u.need(5, 1); err != nil {
		return err
	}
	switch rank := u.rank(3); {
	case rank < 0:
		return fmt.Errorf("spatial = 0 with statistics whose rank is not known is not supported")
	case rank == 1:
		return nil
	}
	for _, s := range n.Outputs[1:] {
		if s != "" && u.im.used(s) {
			return fmt.Errorf("spatial = 0 in training is not supported")
		}
	}
	epsilon := u.constant("epsilon", tensor.Scalar(n.Attributes.Float("epsilon", 1e-5)))
	deviation := u.add("Sqrt", nil, u.add("Add", nil, n.Inputs[4], epsilon))
	scale := u.add("Div", nil, n.Inputs[1], deviation)
	u.finish("Add", nil, u.add("Mul", nil, u.add("Sub", nil, n.Inputs[0], n.Inputs[3]), scale), n.Inputs[2])
	return nil
}

// inferenceNorm uses the stored statistics, also where the file was exported in training mode, and
// leaves out what training alone needs.
func inferenceNorm(u *upgrader) error {
	if err := u.need(5, 1); err != nil {
		return err
	}
	n := u.node
	for _, s := range n.Outputs[1:] {
		if s != "" && u.im.used(s) {
			return nil // the file wants the batch's statistics themselves
		}
	}
	if n.Attributes.Int("training_mode", 0) != 0 {
		u.im.notes = append(u.im.notes, graph.Note{Code: "training-mode", Layer: n.Scope,
			Text: "the file normalises by the statistics of the batch; the stored ones are used here. Export after model.eval()."})
	}
	delete(n.Attributes, "training_mode")
	delete(n.Attributes, "momentum")
	n.Outputs = n.Outputs[:1]
	return nil
}

// groupScale: until opset 20 GroupNormalization had a scale and a bias per group, since then per channel,
// which says more; each is repeated for the channels of its group.
func groupScale(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	sizes := u.shape(0)
	groups := u.node.Attributes.Int("num_groups", 0)
	if sizes == nil || len(sizes[0]) < 2 || groups < 1 || int64(sizes[0][1])%groups != 0 {
		return fmt.Errorf("%d groups of an input whose channels are not known or do not divide", groups)
	}
	each := int64(sizes[0][1]) / groups
	for i := 1; i <= 2; i++ {
		column := u.add("Reshape", nil, u.node.Inputs[i], u.ints("column", groups, 1))
		wide := u.add("Expand", nil, column, u.ints("wide", groups, each))
		u.node.Inputs[i] = u.add("Reshape", nil, wide, u.ints("flat", -1))
	}
	return nil
}
