package canonical

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
)

// channelsLast is an operator that may read and give its channels on the last axis, as ONNX Runtime's layout optimiser
// leaves it.
func channelsLast(apply func(*upgrader) error) func(*upgrader) error {
	return func(u *upgrader) error {
		last := u.node.Attributes.Int("channels_last", 0) != 0
		delete(u.node.Attributes, "channels_last")
		if !last {
			return apply(u)
		}
		return turned(u, apply)
	}
}

// nhwcMaxPool is a MaxPool with the channels last.
func nhwcMaxPool(u *upgrader) error {
	u.node.Op = "MaxPool"
	return turned(u, own)
}

// turned applies a rule for channels on the second axis to a node whose channels come last.
func turned(u *upgrader, apply func(*upgrader) error) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	n, rank := u.node, int64(u.rank(0))
	if rank < 3 {
		return fmt.Errorf("channels come last in an input of rank %d, want a known rank of at least 3", rank)
	}
	there, back := []int64{0, rank - 1}, []int64{0}
	for i := int64(1); i < rank-1; i++ {
		there, back = append(there, i), append(back, i+1)
	}
	back = append(back, 1)
	n.Inputs[0] = u.add("Transpose", map[string]any{"perm": there}, n.Inputs[0])
	out := n.Outputs[0]
	n.Outputs[0] = u.im.fresh(out + ".first")
	if err := apply(u); err != nil {
		return err
	}
	u.after = append(u.after, graph.Node{Name: n.Name, Scope: n.Scope, Op: "Transpose", Inputs: []string{n.Outputs[0]}, Outputs: []string{out},
		Attributes: map[string]any{"perm": back}})
	return nil
}
