package culprit

import (
	"math"
	"math/rand/v2"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A builder writes a network node by node in the canonical form. Its methods take the name of a value and
// return that of the result.
type builder struct {
	g    *graph.Graph
	r    *rand.Rand
	gain float64 // weights are normal with this over the root of the fan-in
}

func newBuilder(seed uint64, name string, gain float64) *builder {
	g := &graph.Graph{Name: name, Opset: graph.Opset, Weights: map[string]tensor.Tensor{}, Outputs: []string{"logits"},
		Inputs: []graph.Value{{Name: "input", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 1}, {Size: side}, {Size: side}}}}}
	return &builder{g: g, r: infer.Rand(seed, "culprit", name), gain: gain}
}

// done returns the network, whose answer is x.
func (b *builder) done(x string) *graph.Graph {
	last := &b.g.Nodes[len(b.g.Nodes)-1]
	last.Outputs[0] = "logits"
	b.g.Values = shape.Infer(b.g)
	b.g.Layers = graph.Layers(b.g)
	return b.g
}

func (b *builder) node(scope, operator string, a op.Attributes, inputs ...string) string {
	out := scope + "/" + operator
	for _, n := range b.g.Nodes {
		if n.Outputs[0] == out {
			out += "_"
		}
	}
	b.g.Nodes = append(b.g.Nodes, graph.Node{Name: out, Scope: scope, Op: operator, Inputs: inputs, Outputs: []string{out}, Attributes: a})
	return out
}

// weight draws a weight of a fan-in.
func (b *builder) weight(name string, in int, dims ...int) string {
	t := tensor.New(tensor.Float32, dims...)
	sd := b.gain / math.Sqrt(float64(in))
	for i := range t.Float32s() {
		t.Float32s()[i] = float32(sd * b.r.NormFloat64())
	}
	b.g.Weights[name] = t
	return name
}

func (b *builder) filled(name string, v float32, n int) string {
	t := tensor.New(tensor.Float32, n)
	for i := range t.Float32s() {
		t.Float32s()[i] = v
	}
	b.g.Weights[name] = t
	return name
}

// ints is a constant of shapes and axes.
func (b *builder) ints(name string, v ...int64) string {
	b.g.Weights[name] = tensor.Of(v, len(v))
	return name
}

func (b *builder) linear(name, x string, in, out int) string {
	return b.node(name, "Gemm", op.Attributes{"transB": int64(1)}, x, b.weight(name+".weight", in, out, in), b.filled(name+".bias", 0, out))
}

// tokens is a linear map of the last dimension.
func (b *builder) tokens(name, x string, in, out int) string {
	y := b.node(name, "MatMul", nil, x, b.weight(name+".weight", in, in, out))
	return b.node(name, "Add", nil, y, b.filled(name+".bias", 0, out))
}

func (b *builder) conv(name, x string, in, out, kernel, stride int, bias bool) string {
	k, s, p := int64(kernel), int64(stride), int64(kernel/2)
	if kernel == stride {
		p = 0
	}
	inputs := []string{x, b.weight(name+".weight", in*kernel*kernel, out, in, kernel, kernel)}
	if bias {
		inputs = append(inputs, b.filled(name+".bias", 0, out))
	}
	return b.node(name, "Conv", op.Attributes{"kernel_shape": []int64{k, k}, "strides": []int64{s, s}, "pads": []int64{p, p, p, p}, "dilations": []int64{1, 1}, "group": int64(1)}, inputs...)
}

func (b *builder) batchNorm(name, x string, units int) string {
	return b.node(name, "BatchNormalization", op.Attributes{"epsilon": float32(1e-5)}, x,
		b.filled(name+".weight", 1, units), b.filled(name+".bias", 0, units), b.filled(name+".mean", 0, units), b.filled(name+".var", 1, units))
}

func (b *builder) layerNorm(name, x string, units int) string {
	return b.node(name, "LayerNormalization", op.Attributes{"axis": int64(-1), "epsilon": float32(1e-5)}, x,
		b.filled(name+".weight", 1, units), b.filled(name+".bias", 0, units))
}

func (b *builder) relu(name, x string) string { return b.node(name, "Relu", nil, x) }
func (b *builder) gelu(name, x string) string { return b.node(name, "Gelu", nil, x) }
func (b *builder) transpose(name, x string, perm ...int64) string {
	return b.node(name, "Transpose", op.Attributes{"perm": perm}, x)
}

// pooled averages maps and gives the classes.
func (b *builder) pooled(x string, units int) *graph.Graph {
	x = b.node("pool", "GlobalAveragePool", nil, x)
	x = b.node("pool", "Flatten", op.Attributes{"axis": int64(1)}, x)
	return b.done(b.linear("head", x, units, classes))
}
