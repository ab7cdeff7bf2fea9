package train_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/dataset/npz"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// arrays reads all arrays of an npz file.
func arrays(t *testing.T, path string) map[string]tensor.Tensor {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := npz.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]tensor.Tensor{}
	for _, name := range z.Names() {
		a, err := z.Array(name)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = a.Tensor(); err != nil {
			t.Fatal(err)
		}
		out[name] = out[name].Clone()
	}
	return out
}

// network imports a file of testdata.
func network(t *testing.T, name string) (*onnx.Model, *graph.Graph) {
	t.Helper()
	m, err := onnx.Read(filepath.Join("testdata", name+".onnx"), onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(context.Background(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m, g
}

// garments are 600 images of Fashion-MNIST with pixels 0-1 and their labels.
func garments(t *testing.T) train.Tensors {
	t.Helper()
	data := arrays(t, "../internal/golden/testdata/healthy/data.npz")
	pixels := tensor.Data[uint8](data["x_train"])
	x := make([]float32, len(pixels))
	for i, v := range pixels {
		x[i] = float32(v) / 255
	}
	return train.Tensors{"input": tensor.Of(x, data["x_train"].Shape()...), "label": data["y_train"]}
}

// inOrder gives each epoch of 600 its rows of an array of batches.
func inOrder(order tensor.Tensor) func(epoch, n int) []int {
	rows := tensor.Data[int32](order)
	return func(epoch, n int) []int {
		at := epoch * n % len(rows)
		out := make([]int, n)
		for i := range out {
			out[i] = int(rows[at+i])
		}
		return out
	}
}

// trained runs a training that has to succeed.
func trained(t *testing.T, g *graph.Graph, data train.Source, o train.Options) *train.Result {
	t.Helper()
	r, err := train.Run(context.Background(), g, data, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// output runs a network.
func output(t *testing.T, g *graph.Graph, feeds map[string]tensor.Tensor) []float32 {
	t.Helper()
	p, err := native.Engine{}.Compile(context.Background(), g, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var out []float32
	if err := p.Run(context.Background(), feeds, func(name string, v tensor.Tensor) error {
		out = slices.Clone(v.Float32s())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// apart is the largest difference.
func apart(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

// same says whether two networks have the same bits in all weights.
func same(t *testing.T, what string, a, b *graph.Graph) {
	t.Helper()
	for name, w := range a.Weights {
		if w.DType() == tensor.Float32 && !slices.Equal(w.Float32s(), b.Weights[name].Float32s()) {
			t.Errorf("%s: weight %q differs by up to %g", what, name, apart(w.Float32s(), b.Weights[name].Float32s()))
		}
	}
}

// perceptron is tanh(x w1 + b1) w2 + b2, of the arrays of those names.
func perceptron(a map[string]tensor.Tensor) *graph.Graph {
	g := &graph.Graph{
		Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: a["w1"].Dim(0)}}}},
		Nodes: []graph.Node{
			{Name: "fc1", Op: "MatMul", Inputs: []string{"x", "w1"}, Outputs: []string{"p1"}},
			{Name: "a1", Op: "Add", Inputs: []string{"p1", "b1"}, Outputs: []string{"h1"}},
			{Name: "t1", Op: "Tanh", Inputs: []string{"h1"}, Outputs: []string{"z1"}},
			{Name: "fc2", Op: "MatMul", Inputs: []string{"z1", "w2"}, Outputs: []string{"p2"}},
			{Name: "a2", Op: "Add", Inputs: []string{"p2", "b2"}, Outputs: []string{"out"}},
		},
		Outputs: []string{"out"},
		Weights: map[string]tensor.Tensor{"w1": a["w1"], "b1": a["b1"], "w2": a["w2"], "b2": a["b2"]},
	}
	g.Layers = graph.Layers(g)
	return g
}
