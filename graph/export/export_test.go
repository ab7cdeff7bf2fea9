package export_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/graph/export"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// TestRoundTrip: what is written and read again gives the same values, bit by bit.
func TestRoundTrip(t *testing.T) {
	files, err := filepath.Glob("../../internal/golden/testdata/forward/*.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".onnx"), func(t *testing.T) {
			g := enginetest.Load(t, path)
			h := again(t, g, g.Outputs)
			feeds := enginetest.Feeds(g, 2)
			want, got := outputs(t, g, feeds), outputs(t, h, feeds)
			for _, name := range g.Outputs {
				if err := enginetest.Compare(got[name], want[name], 0, 0); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// again writes a graph, checks the model and reads it.
func again(t *testing.T, g *graph.Graph, values []string) *graph.Graph {
	t.Helper()
	m, err := export.Model(g, values, export.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := onnx.Check(m); err != nil {
		t.Error(err)
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	if m, err = onnx.Parse(b.Bytes(), onnx.Limits{}); err != nil {
		t.Fatal(err)
	}
	h, err := canonical.Import(context.Background(), m, canonical.Options{KeepBatch: true})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func outputs(t *testing.T, g *graph.Graph, feeds map[string]tensor.Tensor) map[string]tensor.Tensor {
	t.Helper()
	p, err := native.Engine{}.Compile(context.Background(), g, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out := map[string]tensor.Tensor{}
	if err := p.Run(context.Background(), feeds, func(name string, x tensor.Tensor) error {
		out[name] = x.Clone()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// small is x -> Cast to float16 -> h -> Swish -> y, with a further node and weight that y does not need.
func small() *graph.Graph {
	x := graph.Value{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "n"}}}
	return &graph.Graph{Inputs: []graph.Value{x}, Outputs: []string{"y"}, Values: map[string]graph.Value{"x": x},
		Weights: map[string]tensor.Tensor{"w": tensor.Of([]float32{1}, 1)},
		Nodes: []graph.Node{
			{Name: "round", Op: "Cast", Inputs: []string{"x"}, Outputs: []string{"h"}, Attributes: op.Attributes{"to": int64(10)}},
			{Name: "more", Op: "Add", Inputs: []string{"h", "w"}, Outputs: []string{"z"}},
			{Name: "last", Op: "Swish", Inputs: []string{"h"}, Outputs: []string{"y"}},
		}}
}

// TestModel: only what a value needs is written, in the opset that has it, and each value keeps its type.
func TestModel(t *testing.T) {
	m, err := export.Model(small(), []string{"y"}, export.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, n := range m.Graph.Nodes {
		ops = append(ops, n.OpType)
	}
	if want := []string{"Cast", "Cast", "Swish"}; !slices.Equal(ops, want) {
		t.Errorf("nodes %v, want %v", ops, want)
	}
	if to, err := m.Graph.Nodes[1].Int("to", 0); err != nil || to != 1 {
		t.Errorf("the second cast is to %d (%v), want 1: a half is held in float32", to, err)
	}
	if len(m.Graph.Initializers) != 0 || m.Opset("") != 24 {
		t.Errorf("%d weights and opset %d, want none and 24", len(m.Graph.Initializers), m.Opset(""))
	}
	if m, err = export.Model(small(), []string{"z"}, export.Options{}); err != nil || len(m.Graph.Initializers) != 1 || m.Opset("") != graph.Opset {
		t.Errorf("of z: %v, %v", m, err)
	}
}

// TestOutside: a large weight is described and its elements are left out.
func TestOutside(t *testing.T) {
	m, err := export.Model(small(), []string{"z"}, export.Options{Outside: 3})
	if err != nil {
		t.Fatal(err)
	}
	w := m.Graph.Initializers[0]
	if n, err := w.Len(); !w.IsExternal() || w.Name != "w" || w.DataType != onnx.Float || n != 1 || err != nil || len(w.Raw) > 0 {
		t.Errorf("%+v", w)
	}
	if m, err = export.Model(small(), []string{"z"}, export.Options{Outside: 4}); err != nil || m.Graph.Initializers[0].IsExternal() {
		t.Errorf("a weight of 4 bytes: %+v, %v", m.Graph.Initializers[0], err)
	}
}
