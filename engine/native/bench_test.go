package native

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A builder makes graphs for benchmarks and tests.
type builder struct {
	g graph.Graph
	r *rand.Rand
	n int
}

func newBuilder(name string, shape ...int) *builder {
	b := &builder{r: rand.New(rand.NewPCG(1, 2))}
	dims := []graph.Dim{{Size: -1, Param: "batch"}}
	for _, s := range shape {
		dims = append(dims, graph.Dim{Size: s})
	}
	b.g.Inputs = []graph.Value{{Name: name, DType: tensor.Float32, Shape: dims}}
	b.g.Weights, b.g.Values = map[string]tensor.Tensor{}, map[string]graph.Value{}
	return b
}

func (b *builder) weight(scale float32, shape ...int) string {
	t := tensor.New(tensor.Float32, shape...)
	for i := range t.Float32s() {
		t.Float32s()[i] = float32(b.r.NormFloat64()) * scale
	}
	return b.constant(t)
}

func (b *builder) constant(t tensor.Tensor) string {
	b.n++
	name := fmt.Sprintf("w%d", b.n)
	b.g.Weights[name] = t
	return name
}

func (b *builder) node(name string, a op.Attributes, in ...string) string {
	b.n++
	out := fmt.Sprintf("v%d", b.n)
	b.g.Nodes = append(b.g.Nodes, graph.Node{Name: name + out, Op: name, Inputs: in, Outputs: []string{out}, Attributes: a})
	return out
}

func (b *builder) done(out string) *graph.Graph {
	b.g.Outputs = []string{out}
	return &b.g
}

// block is convolution and batch normalisation.
func (b *builder) block(x string, in, out, k, stride int) string {
	p := int64(k / 2)
	w := b.weight(0.05, out, in, k, k)
	y := b.node("Conv", op.Attributes{"strides": []int64{int64(stride), int64(stride)}, "pads": []int64{p, p, p, p}}, x, w)
	one := tensor.New(tensor.Float32, out)
	for i := range one.Float32s() {
		one.Float32s()[i] = 1
	}
	return b.node("BatchNormalization", nil, y, b.constant(one), b.weight(0.1, out), b.weight(0.1, out), b.constant(one))
}

// resnet18 is the network for small images of He et al. 2016 with 64 to 512 channels.
func resnet18() *graph.Graph {
	b := newBuilder("x", 3, 32, 32)
	x := b.node("Relu", nil, b.block("x", 3, 64, 3, 1))
	in := 64
	for stage, out := range []int{64, 128, 256, 512} {
		for i := range 2 {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			y := b.node("Relu", nil, b.block(x, in, out, 3, stride))
			y = b.block(y, out, out, 3, 1)
			if stride != 1 || in != out {
				x = b.block(x, in, out, 1, stride)
			}
			x = b.node("Relu", nil, b.node("Add", nil, y, x))
			in = out
		}
	}
	x = b.node("Flatten", nil, b.node("GlobalAveragePool", nil, x))
	return b.done(b.node("Gemm", op.Attributes{"transB": int64(1)}, x, b.weight(0.05, 10, 512), b.weight(0.1, 10)))
}

// perceptron has 784-512-512-10 units.
func perceptron() *graph.Graph {
	b := newBuilder("x", 784)
	x, in := "x", 784
	for _, out := range []int{512, 512, 10} {
		x = b.node("Gemm", op.Attributes{"transB": int64(1)}, x, b.weight(0.05, out, in), b.weight(0.1, out))
		if out > 10 {
			x = b.node("Relu", nil, x)
		}
		in = out
	}
	return b.done(x)
}

// vit is the encoder of ViT-tiny: 197 tokens of 192 in 12 blocks of 3 heads (Touvron et al. 2021).
func vit() *graph.Graph {
	const tokens, width, heads = 197, 192, 3
	b := newBuilder("x", tokens, width)
	ints := func(v ...int64) string { return b.constant(tensor.Of(v, len(v))) }
	x := "x"
	norm := func(x string) string {
		return b.node("LayerNormalization", nil, x, b.weight(1, width), b.weight(0.1, width))
	}
	linear := func(x string, in, out int) string {
		return b.node("Add", nil, b.node("MatMul", nil, x, b.weight(0.05, in, out)), b.weight(0.1, out))
	}
	split := func(x string, perm ...int64) string {
		return b.node("Transpose", op.Attributes{"perm": perm}, b.node("Reshape", nil, x, ints(0, 0, heads, width/heads)))
	}
	for range 12 {
		y := norm(x)
		q, k, v := split(linear(y, width, width), 0, 2, 1, 3), split(linear(y, width, width), 0, 2, 3, 1), split(linear(y, width, width), 0, 2, 1, 3)
		a := b.node("Div", nil, b.node("MatMul", nil, q, k), b.constant(tensor.Scalar(float32(8))))
		a = b.node("MatMul", nil, b.node("Softmax", nil, a), v)
		a = b.node("Reshape", nil, b.node("Transpose", op.Attributes{"perm": []int64{0, 2, 1, 3}}, a), ints(0, 0, width))
		x = b.node("Add", nil, x, linear(a, width, width))
		y = linear(b.node("Gelu", nil, linear(norm(x), width, 4*width)), 4*width, width)
		x = b.node("Add", nil, x, y)
	}
	return b.done(norm(x))
}

func BenchmarkForward(b *testing.B) {
	for _, c := range []struct {
		name  string
		make  func() *graph.Graph
		shape []int
	}{
		{"resnet18", resnet18, []int{32, 3, 32, 32}},
		{"vit-tiny", vit, []int{8, 197, 192}},
		{"perceptron", perceptron, []int{256, 784}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := Engine{}.Compile(context.Background(), c.make(), engine.Options{Workers: 2})
			if err != nil {
				b.Fatal(err)
			}
			x := tensor.New(tensor.Float32, c.shape...)
			r := rand.New(rand.NewPCG(3, 4))
			for i := range x.Float32s() {
				x.Float32s()[i] = float32(r.NormFloat64())
			}
			for b.Loop() {
				if err := p.Run(context.Background(), map[string]tensor.Tensor{"x": x}, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.shape[0])*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}
