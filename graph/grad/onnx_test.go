package grad_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// written writes gradients as a model of its own, with what it is fed as weights and the values wanted as
// further weights "want NAME", into the folder that STRATASCOPE_GRADIENTS names; check_onnxruntime.py
// runs what lies there.
func written(t *testing.T, g *grad.Gradients, feeds, want map[string]tensor.Tensor) {
	t.Helper()
	folder := os.Getenv("STRATASCOPE_GRADIENTS")
	if folder == "" {
		return
	}
	m := &onnx.Model{IRVersion: 10, OpsetImports: []*onnx.Opset{{Version: opsetOf(g.Graph)}}, Graph: &onnx.Graph{Name: "gradients"}}
	weights := maps.Clone(g.Graph.Weights)
	maps.Copy(weights, feeds)
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		m.Graph.Initializers = append(m.Graph.Initializers, stored(name, weights[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		m.Graph.Initializers = append(m.Graph.Initializers, stored("want "+name, want[name]))
		var dims []onnx.Dim
		for _, n := range want[name].Shape() {
			dims = append(dims, onnx.Fixed(int64(n)))
		}
		m.Graph.Outputs = append(m.Graph.Outputs, onnx.NewValue(name, stored("", want[name]).DataType, dims...))
	}
	m.Graph.Nodes = storedNodes(needed(g.Graph, want))
	name := strings.NewReplacer("/", "-", " ", "_", "\"", "").Replace(t.Name())
	f, err := os.CreateTemp(folder, name+"-*.onnx")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := m.Write(f); err != nil {
		t.Fatal(filepath.Base(f.Name()), err)
	}
}

func storedNodes(nodes []graph.Node) (out []*onnx.Node) {
	for _, n := range nodes {
		o := &onnx.Node{Name: n.Name, OpType: n.Op, Domain: n.Domain, Inputs: n.Inputs, Outputs: n.Outputs}
		for _, name := range slices.Sorted(maps.Keys(n.Attributes)) {
			v := n.Attributes[name]
			if w, ok := v.(tensor.Tensor); ok {
				v = stored("", w)
			}
			o.Attributes = append(o.Attributes, onnx.NewAttribute(name, v))
		}
		for _, name := range slices.Sorted(maps.Keys(n.Subgraphs)) {
			o.Attributes = append(o.Attributes, onnx.NewAttribute(name, storedGraph(n.Subgraphs[name], name)))
		}
		out = append(out, o)
	}
	return out
}

// storedGraph is a graph inside a node, the types of whose values are left open but for its inputs'.
func storedGraph(g *graph.Graph, name string) *onnx.Graph {
	out := &onnx.Graph{Name: name, Nodes: storedNodes(g.Nodes)}
	for _, v := range g.Inputs {
		elem := map[tensor.DType]onnx.DataType{tensor.Float32: onnx.Float, tensor.Int64: onnx.Int64, tensor.Bool: onnx.Bool}[v.DType]
		o := &onnx.ValueInfo{Name: v.Name, Type: &onnx.Type{Kind: onnx.KindTensor, Elem: elem}}
		if v.Shape != nil {
			o.Type.Shape = &onnx.Shape{}
		}
		for _, d := range v.Shape {
			if d.Size < 0 {
				o.Type.Shape.Dims = append(o.Type.Shape.Dims, onnx.Dim{})
			} else {
				o.Type.Shape.Dims = append(o.Type.Shape.Dims, onnx.Fixed(int64(d.Size)))
			}
		}
		out.Inputs = append(out.Inputs, o)
	}
	for _, s := range g.Outputs {
		out.Outputs = append(out.Outputs, &onnx.ValueInfo{Name: s})
	}
	for _, s := range slices.Sorted(maps.Keys(g.Weights)) {
		out.Initializers = append(out.Initializers, stored(s, g.Weights[s]))
	}
	return out
}

// opsetOf is the canonical opset, or the newest where a newer operator stands.
func opsetOf(g *graph.Graph) int64 {
	for _, n := range g.Nodes {
		switch n.Op {
		case "LinearAttention":
			return 27
		case "CumProd":
			return 26
		case "Swish", "TensorScatter":
			return 24
		case "Attention":
			if n.Attributes["left_window_size"] != nil || n.Attributes["right_window_size"] != nil {
				return 25
			}
			return 24
		case "RotaryEmbedding", "RMSNormalization":
			return 23
		case "GroupNormalization":
			return 21
		}
	}
	return graph.Opset
}

// needed lists the nodes that wanted values depend on.
func needed(g *graph.Graph, want map[string]tensor.Tensor) []graph.Node {
	need := map[string]bool{}
	for name := range want {
		need[name] = true
	}
	var out []graph.Node
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if slices.ContainsFunc(n.Outputs, func(s string) bool { return need[s] }) {
			out = append(out, n)
			for _, s := range n.Reads() {
				need[s] = true
			}
		}
	}
	slices.Reverse(out)
	return out
}

func stored(name string, x tensor.Tensor) *onnx.Tensor {
	dims := []int64{}
	for _, n := range x.Shape() {
		dims = append(dims, int64(n))
	}
	switch x.DType() {
	case tensor.Float32:
		return onnx.NewFloatTensor(name, dims, x.Float32s())
	case tensor.Float64:
		return onnx.NewDoubleTensor(name, dims, x.Float64s())
	case tensor.Int64:
		return onnx.NewInt64Tensor(name, dims, x.Int64s())
	case tensor.Int32:
		return onnx.NewInt32Tensor(name, dims, tensor.Data[int32](x))
	case tensor.Bool:
		return onnx.NewBoolTensor(name, dims, tensor.Data[bool](x))
	}
	panic(fmt.Sprint(x))
}
