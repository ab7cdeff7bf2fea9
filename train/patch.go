package train

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// Patch returns the model that before was imported from with the weights in which after differs from it: the
// file's own nodes and names. A weight is an initializer of the file, or what a node made of initializers alone,
// such as a Constant, an Identity or a Transpose; an initializer then takes that node's place. The parts that
// are not changed are shared with m.
func Patch(m *onnx.Model, before, after *graph.Graph) (*onnx.Model, error) {
	g := *m.Graph
	g.Initializers, g.Nodes = slices.Clone(g.Initializers), slices.Clone(g.Nodes)
	g.Inputs = slices.Clone(g.Inputs)
	out := *m
	out.Graph = &g
	for _, name := range slices.Sorted(maps.Keys(after.Weights)) {
		was, is := before.Weights[name], after.Weights[name]
		if !was.Valid() || was.DType() != is.DType() || !slices.Equal(was.Shape(), is.Shape()) {
			return nil, fmt.Errorf("weight %q is %v, the network that was trained has %v", name, is, was)
		}
		if is.DType() != tensor.Float32 || slices.Equal(was.Float32s(), is.Float32s()) {
			continue
		}
		if err := replace(&out, name, is); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// replace gives a value of the file other elements.
func replace(m *onnx.Model, name string, w tensor.Tensor) error {
	g := m.Graph
	if i := slices.IndexFunc(g.Initializers, func(t *onnx.Tensor) bool { return t.Name == name }); i >= 0 {
		raw, err := encoded(g.Initializers[i], w)
		if err != nil {
			return err
		}
		g.Initializers[i] = g.Initializers[i].WithRaw(raw)
		return nil
	}
	i := slices.IndexFunc(g.Nodes, func(n *onnx.Node) bool { return len(n.Outputs) == 1 && n.Outputs[0] == name })
	if i < 0 {
		return fmt.Errorf("weight %q is neither an initializer of the file nor made by a node of its own, so it cannot be written there", name)
	}
	gone := g.Nodes[i]
	g.Nodes = slices.Delete(g.Nodes, i, i+1)
	for _, in := range gone.Inputs {
		if !reads(m, in) {
			g.Initializers = slices.DeleteFunc(g.Initializers, func(t *onnx.Tensor) bool { return t.Name == in })
			g.Inputs = slices.DeleteFunc(g.Inputs, func(v *onnx.ValueInfo) bool { return v.Name == in })
		}
	}
	dims := make([]int64, w.Rank())
	for k, size := range w.Shape() {
		dims[k] = int64(size)
	}
	g.Initializers = append(g.Initializers, onnx.NewFloatTensor(name, dims, w.Float32s()))
	return nil
}

// reads says whether a graph of the model needs a value.
func reads(m *onnx.Model, name string) bool {
	for g := range m.Graphs() {
		if slices.ContainsFunc(g.Nodes, func(n *onnx.Node) bool { return slices.Contains(n.Inputs, name) }) ||
			slices.ContainsFunc(g.Outputs, func(v *onnx.ValueInfo) bool { return v.Name == name }) {
			return true
		}
	}
	return false
}

// encoded are elements in the type that the file has them in.
func encoded(t *onnx.Tensor, w tensor.Tensor) ([]byte, error) {
	if !slices.EqualFunc(t.Dims, w.Shape(), func(a int64, b int) bool { return a == int64(b) }) {
		return nil, fmt.Errorf("weight %q has shape %v in the file, want %v", t.Name, t.Dims, w.Shape())
	}
	var raw []byte
	switch t.DataType {
	case onnx.Float:
		for _, v := range w.Float32s() {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	case onnx.Double:
		for _, v := range w.Float32s() {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(float64(v)))
		}
	default:
		return nil, fmt.Errorf("weight %q is %v in the file, want FLOAT or DOUBLE", t.Name, t.DataType)
	}
	return raw, nil
}
