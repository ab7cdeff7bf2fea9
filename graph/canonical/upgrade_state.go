package canonical

import (
	"fmt"
)

// causalConv: a convolution of each channel over what was before, which it is given or which is 0, and now.
func causalConv(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	n := u.node
	w := u.shape(1)
	if w == nil || len(w[0]) != 3 || w[0][2] < 1 {
		return fmt.Errorf("the shape of the weight is not known or not of rank 3")
	}
	channels, before := int64(w[0][0]), int64(w[0][2]-1)
	x := n.Inputs[0]
	if past := u.given(3); past != "" {
		x = u.add("Concat", map[string]any{"axis": int64(2)}, past, x)
	} else {
		x = u.add("Pad", nil, x, u.ints("before", 0, 0, before, 0, 0, 0))
	}
	if u.wants(1) {
		all := u.add("Shape", map[string]any{"start": int64(2)}, x)
		u.place("Slice", nil, []string{x, u.add("Sub", nil, all, u.ints("state", before)), all, u.ints("axis", 2)}, n.Outputs[1])
	}
	in := []string{x, n.Inputs[1]}
	if b := u.given(2); b != "" {
		in = append(in, b)
	}
	conv := map[string]any{"group": channels}
	switch act := n.Attributes.Str("activation", "none"); act {
	case "none":
		u.finish("Conv", conv, in...)
	case "silu", "swish":
		y := u.add("Conv", conv, in...)
		u.finish("Mul", nil, y, u.add("Sigmoid", nil, y))
	default:
		return fmt.Errorf("activation %q is not known", act)
	}
	return nil
}
