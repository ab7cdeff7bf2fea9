package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// axesInput: until opset 12 (reductions: 17) the axes were an attribute.
func axesInput(u *upgrader) error {
	u.intsInput("axes", 1)
	return nil
}

// sliceInputs: until opset 9 all of Slice's numbers were attributes.
func sliceInputs(u *upgrader) error {
	u.intsInput("starts", 1)
	u.intsInput("ends", 2)
	u.intsInput("axes", 3)
	return nil
}

// splitInput: until opset 12 the sizes of the parts were an attribute.
func splitInput(u *upgrader) error {
	u.intsInput("split", 1)
	return nil
}

// splitEqually: since opset 18 the number of equal parts is said.
func splitEqually(u *upgrader) error {
	if len(u.node.Inputs) < 2 || u.node.Inputs[1] == "" {
		u.node.Attributes["num_outputs"] = int64(len(u.node.Outputs))
	}
	return nil
}

// padInputs: until opset 10 the pads and their value were attributes.
func padInputs(u *upgrader) error {
	u.intsInput("pads", 1)
	if v, ok := u.node.Attributes["value"].(float32); ok && len(u.node.Inputs) == 2 {
		u.input(2, u.constant("value", u.float(v)))
	}
	delete(u.node.Attributes, "value")
	return nil
}

// topKInput: until opset 9 the number was an attribute.
func topKInput(u *upgrader) error {
	k, ok := u.node.Attributes["k"].(int64)
	if !ok {
		return fmt.Errorf("attribute k is missing")
	}
	delete(u.node.Attributes, "k")
	u.input(1, u.ints("k", k))
	return nil
}

// clipBounds: until opset 10 the bounds were attributes.
func clipBounds(u *upgrader) error {
	for i, name := range [...]string{"min", "max"} {
		if v, ok := u.node.Attributes[name].(float32); ok {
			u.input(i+1, u.constant(name, u.float(v)))
		}
		delete(u.node.Attributes, name)
	}
	return nil
}

// upsampleScales: until opset 8 the scales were an attribute.
func upsampleScales(u *upgrader) error {
	v, ok := u.node.Attributes["scales"].([]float32)
	if !ok {
		return fmt.Errorf("attribute scales is missing")
	}
	delete(u.node.Attributes, "scales")
	u.input(1, u.constant("scales", tensor.Of(v, len(v))))
	return nil
}

// resizeAsymmetric: Upsample, and Resize of opset 10, map a position to position / scale and take the
// lower neighbour.
func resizeAsymmetric(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	n := u.node
	if n.Op == "Resize" && n.Attributes.Str("mode", "nearest") == "nearest" {
		u.shrink()
	}
	n.Op = "Resize"
	n.Inputs = []string{n.Inputs[0], "", n.Inputs[1]}
	n.Attributes["coordinate_transformation_mode"] = "asymmetric"
	n.Attributes["nearest_mode"] = "floor"
	if n.Attributes.Str("mode", "nearest") == "bilinear" {
		n.Attributes["mode"] = "linear"
	}
	return nil
}

// shrink: where Resize of opset 10 makes an axis smaller, the upper neighbour is taken. Those axes are done
// before the others, if the scales are known.
func (u *upgrader) shrink() {
	w, ok := u.weights[u.node.Inputs[1]]
	if !ok || w.DType() != tensor.Float32 {
		return
	}
	less, more := slices.Clone(w.Float32s()), slices.Clone(w.Float32s())
	for i := range less {
		less[i], more[i] = min(1, less[i]), max(1, more[i])
	}
	if slices.Min(append(less, 1)) == 1 {
		return
	}
	u.node.Inputs[0] = u.add("Resize", map[string]any{"coordinate_transformation_mode": "asymmetric", "nearest_mode": "ceil"},
		u.node.Inputs[0], "", u.constant("less", tensor.Of(less, len(less))))
	u.node.Inputs[1] = u.constant("more", tensor.Of(more, len(more)))
}

func renamed(name string) func(*upgrader) error {
	return func(u *upgrader) error {
		u.node.Op = name
		return nil
	}
}
