package export

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

var dataTypes = map[tensor.DType]onnx.DataType{
	tensor.Float32: onnx.Float, tensor.Float64: onnx.Double, tensor.Int64: onnx.Int64, tensor.Int32: onnx.Int32,
	tensor.Int16: onnx.Int16, tensor.Int8: onnx.Int8, tensor.Uint64: onnx.Uint64, tensor.Uint32: onnx.Uint32,
	tensor.Uint16: onnx.Uint16, tensor.Uint8: onnx.Uint8, tensor.Bool: onnx.Bool, tensor.String: onnx.String,
}

// narrowed returns the number of the type that a node gives where that is none a tensor can hold, else 0.
func narrowed(n *graph.Node) int64 {
	var to int64
	switch {
	case n.Domain != "":
		return 0
	case n.Op == "Cast":
		to = n.Attributes.Int("to", 0)
	case n.Op == "QuantizeLinear":
		to = n.Attributes.Int("output_dtype", 0)
	case n.Op == "EyeLike":
		to = n.Attributes.Int("dtype", 0)
	case n.Op == "BlackmanWindow", n.Op == "HammingWindow", n.Op == "HannWindow", n.Op == "MelWeightMatrix":
		to = n.Attributes.Int("output_datatype", 0)
	}
	if held, err := op.TypeOf(to); err != nil || int64(dataTypes[held]) == to {
		return 0
	}
	return to
}

// later are the opsets in which operators appeared, or got the meaning that the canonical form gives them,
// after its own.
var later = map[string]int{
	"GroupNormalization": 21, "Attention": 23, "RMSNormalization": 23, "RotaryEmbedding": 23, "Swish": 24, "TensorScatter": 24,
	"BitCast": 26, "CumProd": 26, "CausalConvWithState": 27, "LinearAttention": 27, "SwiGLU": 28,
}

// typeSince are the opsets that brought types, by the numbers of onnx.proto's TensorProto.DataType.
var typeSince = map[int64]int{21: 21, 22: 21, 23: 23, 24: 24, 25: 25, 26: 25, 27: 28, 28: 28}

// attributeSince are the opsets that brought attributes, by operator and name.
var attributeSince = map[string]int{
	"QuantizeLinear output_dtype": 21, "QuantizeLinear block_size": 21, "DequantizeLinear block_size": 21, "DequantizeLinear output_dtype": 23,
	"QuantizeLinear precision": 23, "Cast round_mode": 24, "Attention left_window_size": 25, "Attention right_window_size": 25, "SpaceToDepth mode": 28,
}

// renamed are attributes' values that opset 20 spells otherwise than those before it.
var renamed = map[string]string{"GridSample bilinear": "linear", "GridSample bicubic": "cubic"}

// needs notes the version of the operator set that a node needs.
func (w *writer) needs(g *graph.Graph, n *graph.Node) {
	if n.Domain != "" {
		if !slices.Contains(w.domains, n.Domain) {
			w.domains = append(w.domains, n.Domain)
		}
		return
	}
	w.opset = max(w.opset, later[n.Op], typeSince[narrowed(n)])
	for name := range n.Attributes {
		w.opset = max(w.opset, attributeSince[n.Op+" "+name])
	}
	if n.Op == "Attention" && len(n.Inputs) > 6 { // lengths without padding
		w.opset = max(w.opset, 24)
	}
	for _, name := range n.Inputs {
		d := g.Values[name].DType
		if t, ok := g.Weights[name]; ok {
			d = t.DType()
		}
		switch {
		case (d == tensor.Int16 || d == tensor.Uint16) && (n.Op == "QuantizeLinear" || n.Op == "DequantizeLinear"):
			w.opset = max(w.opset, 21)
		case n.Op == "BitShift" && (d == tensor.Int8 || d == tensor.Int16 || d == tensor.Int32 || d == tensor.Int64):
			w.opset = max(w.opset, 28)
		}
	}
}

func attribute(name string, v any) (*onnx.Attribute, error) {
	t, ok := v.(tensor.Tensor)
	if !ok {
		return onnx.NewAttribute(name, v), nil
	}
	x, err := stored("", t)
	if err != nil {
		return nil, fmt.Errorf("attribute %q: %w", name, err)
	}
	return onnx.NewAttribute(name, x), nil
}

// stored gives a tensor as a file holds it.
func stored(name string, x tensor.Tensor) (*onnx.Tensor, error) {
	dims := sizes(x)
	if x.DType() == tensor.String {
		return onnx.NewStringTensor(name, dims, tensor.Data[string](x)), nil
	}
	elem, ok := dataTypes[x.DType()]
	if !ok {
		return nil, fmt.Errorf("weight %q is %v, which no file holds", name, x)
	}
	raw, err := binary.Append(make([]byte, 0, x.Bytes()), binary.LittleEndian, elements(x))
	if err != nil {
		return nil, fmt.Errorf("weight %q: %w", name, err)
	}
	return onnx.NewTensor(name, elem, dims, raw), nil
}

func sizes(x tensor.Tensor) []int64 {
	dims := make([]int64, x.Rank())
	for i, n := range x.Shape() {
		dims[i] = int64(n)
	}
	return dims
}

func elements(x tensor.Tensor) any {
	switch x.DType() {
	case tensor.Float32:
		return x.Float32s()
	case tensor.Float64:
		return x.Float64s()
	case tensor.Int64:
		return x.Int64s()
	case tensor.Int32:
		return tensor.Data[int32](x)
	case tensor.Int16:
		return tensor.Data[int16](x)
	case tensor.Int8:
		return tensor.Data[int8](x)
	case tensor.Uint64:
		return tensor.Data[uint64](x)
	case tensor.Uint32:
		return tensor.Data[uint32](x)
	case tensor.Uint16:
		return tensor.Data[uint16](x)
	case tensor.Uint8:
		return tensor.Data[uint8](x)
	}
	return tensor.Data[bool](x)
}
