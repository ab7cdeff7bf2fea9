//go:build ort

package ort

import (
	"math"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// TestBatchNormForCUDA: what is written for CUDA runs on the processor, too, and gives what the library's own
// BatchNormalization gives there.
func TestBatchNormForCUDA(t *testing.T) {
	e := installed(t)
	if e.Name() != "ort" {
		t.Skip("the library's own runs on the processor only")
	}
	const samples, channels, size = 5, 3, 4
	data := func(n int, f func(i int) float64) tensor.Tensor {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(f(i))
		}
		return tensor.Of(v, n)
	}
	x := graph.Value{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "n"}, {Size: channels}, {Size: size}}}
	g := graph.Graph{Inputs: []graph.Value{x}, Outputs: []string{"y", "m", "v"},
		Values: map[string]graph.Value{"x": x, "y": {Name: "y", DType: tensor.Float32, Shape: x.Shape}, "m": floats("m", channels), "v": floats("v", channels)},
		Weights: map[string]tensor.Tensor{
			"scale": data(channels, func(i int) float64 { return 1 + float64(i) }), "bias": data(channels, func(i int) float64 { return float64(i) - 1 }),
			"mean": data(channels, func(i int) float64 { return 0.5 * float64(i) }), "var": data(channels, func(i int) float64 { return 2 + float64(i) }),
		},
		Nodes: []graph.Node{{Name: "#1", Op: "BatchNormalization", Inputs: []string{"x", "scale", "bias", "mean", "var"}, Outputs: []string{"y", "m", "v"},
			Attributes: op.Attributes{"training_mode": int64(1), "momentum": float32(0.75), "epsilon": float32(1e-3)}}}}
	feeds := map[string]tensor.Tensor{"x": data(samples*channels*size, func(i int) float64 { return 3*math.Sin(float64(i*i)) + float64(i%7) }).Reshape(samples, channels, size)}

	plain := g
	if err := forCUDA(&plain); err != nil {
		t.Fatal(err)
	}
	if len(plain.Nodes) < 10 || len(g.Nodes) != 1 {
		t.Fatalf("%d nodes became %d", len(g.Nodes), len(plain.Nodes))
	}
	got := map[string][][]float32{}
	for _, g := range []*graph.Graph{&g, &plain} {
		p, err := e.Compile(t.Context(), g, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context(), feeds, func(name string, v tensor.Tensor) error {
			got[name] = append(got[name], append([]float32(nil), v.Float32s()...))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range g.Outputs {
		want, v := got[name][0], got[name][1]
		for i := range want {
			if math.Abs(float64(v[i]-want[i])) > 2e-6*(1+math.Abs(float64(want[i]))) {
				t.Errorf("%s %d: %v, want %v", name, i, v[i], want[i])
			}
		}
	}
}

// TestForCUDARefuses: kernels that give other values on CUDA are named.
func TestForCUDARefuses(t *testing.T) {
	for _, n := range []graph.Node{
		{Op: "Resize", Attributes: op.Attributes{"coordinate_transformation_mode": "tf_crop_and_resize"}},
		{Op: "ReduceSumSquare", Attributes: op.Attributes{"noop_with_empty_axes": int64(1)}},
		{Op: "Pow"},
	} {
		n.Inputs, n.Outputs = []string{"x"}, []string{"y"}
		g := graph.Graph{Nodes: []graph.Node{n}, Values: map[string]graph.Value{"y": {Name: "y", DType: tensor.Int64}}}
		if err := forCUDA(&g); err == nil || !strings.HasPrefix(err.Error(), "node 1 ("+n.Op+"): ") {
			t.Errorf("%s: %v", n.Op, err)
		}
	}
}
