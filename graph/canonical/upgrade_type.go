package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// dropRatio: until opset 11 the ratio was an attribute; at inference it does not matter.
func dropRatio(u *upgrader) error {
	delete(u.node.Attributes, "ratio")
	delete(u.node.Attributes, "is_test")
	return nil
}

// plainCast: types that are widened in memory are cast to what holds them, except those of eight bits and
// less, of which a rounded value is another.
func plainCast(u *upgrader) error {
	switch to := u.node.Attributes.Int("to", 0); to {
	case 10, 16:
		u.node.Attributes["to"] = int64(1)
	case 11:
		if !u.im.options.Float64 {
			u.node.Attributes["to"] = int64(1)
		}
	default:
		u.narrow(to)
	}
	return nil
}

// narrow remembers that the node gives a type of eight bits or less, which is wider in memory.
func (u *upgrader) narrow(to int64) {
	if onnx.DataType(to).Narrow() && u.wants(0) {
		u.im.narrow[u.node.Outputs[0]] = to
	}
}

// quantisedType: what a zero point of eight bits or less says of the type of the result.
func quantisedType(u *upgrader) error {
	if to := u.im.narrow[u.given(2)]; to != 0 {
		u.node.Attributes["output_dtype"] = to
	}
	u.narrow(u.node.Attributes.Int("output_dtype", 0))
	return nil
}

// sameBits refuses to read the bits of what is wider in memory.
func sameBits(u *upgrader) error {
	if to := u.im.narrow[u.given(0)]; to != 0 {
		return fmt.Errorf("the bits of %v are not kept", onnx.DataType(to))
	}
	return nil
}

// castToType: the type of another value is known here; saying it makes the other value unneeded.
func castToType(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	to, ok := u.im.narrow[u.node.Inputs[1]]
	if !ok && u.tracer != nil {
		to, ok = typeNumbers[u.tracer.Value(u.node.Inputs[1]).DType]
	}
	if ok {
		u.narrow(to)
		u.node.Op, u.node.Inputs = "Cast", u.node.Inputs[:1]
		u.node.Attributes["to"] = to
	}
	return nil
}

// typeNumbers are ONNX's numbers of the element types in memory.
var typeNumbers = map[tensor.DType]int64{
	tensor.Float32: 1, tensor.Uint8: 2, tensor.Int8: 3, tensor.Uint16: 4, tensor.Int16: 5, tensor.Int32: 6,
	tensor.Int64: 7, tensor.String: 8, tensor.Bool: 9, tensor.Float64: 11, tensor.Uint32: 12, tensor.Uint64: 13,
}

// noMadeUpBias: PyTorch's new exporter gives a convolution without bias one of zeros, which it computes.
// A bias that is a weight of the file stays, whatever it holds.
func noMadeUpBias(u *upgrader) error {
	n := u.node
	if len(n.Inputs) < 3 || u.im.stored[n.Inputs[2]] {
		return nil
	}
	w, ok := u.weights[n.Inputs[2]]
	if ok && w.DType() == tensor.Float32 && !slices.ContainsFunc(w.Float32s(), func(v float32) bool { return v != 0 }) {
		n.Inputs = n.Inputs[:2]
	}
	return nil
}
