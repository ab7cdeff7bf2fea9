//go:build ort

package ort

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func floats(name string, sizes ...int) graph.Value {
	v := graph.Value{Name: name, DType: tensor.Float32}
	for _, n := range sizes {
		v.Shape = append(v.Shape, graph.Dim{Size: n})
	}
	return v
}

// endless adds 1 to x until the context ends.
func endless() *graph.Graph {
	x := floats("x")
	body := &graph.Graph{Name: "body", Outputs: []string{"on", "more"}, Weights: map[string]tensor.Tensor{"one": tensor.Scalar(float32(1))},
		Inputs: []graph.Value{{Name: "i", DType: tensor.Int64, Shape: []graph.Dim{}}, {Name: "go", DType: tensor.Bool, Shape: []graph.Dim{}}, floats("s")},
		Nodes:  []graph.Node{{Op: "Identity", Inputs: []string{"go"}, Outputs: []string{"on"}}, {Op: "Add", Inputs: []string{"s", "one"}, Outputs: []string{"more"}}}}
	return &graph.Graph{Inputs: []graph.Value{x}, Outputs: []string{"y"}, Values: map[string]graph.Value{"x": x},
		Weights: map[string]tensor.Tensor{"count": tensor.Scalar(int64(1) << 60), "yes": tensor.Scalar(true)},
		Nodes:   []graph.Node{{Name: "forever", Op: "Loop", Inputs: []string{"count", "yes", "x"}, Outputs: []string{"y"}, Subgraphs: map[string]*graph.Graph{"body": body}}}}
}

// TestTerminates: the end of a context ends a run that would never end by itself. It comes a little after the last
// value that is there before the run.
func TestTerminates(t *testing.T) {
	p, err := installed(t).Compile(t.Context(), endless(), engine.Options{Values: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = p.Run(ctx, map[string]tensor.Tensor{"x": tensor.Scalar(float32(0))}, func(string, tensor.Tensor) error {
		time.AfterFunc(50*time.Millisecond, cancel)
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run: %v", err)
	}
}

// TestTwoPrograms runs two networks at once, each from two goroutines.
func TestTwoPrograms(t *testing.T) {
	e := installed(t)
	var wait sync.WaitGroup
	for _, name := range []string{"resnet18-old-bn", "vit-new"} {
		g := enginetest.Load(t, forward+"/"+name+".onnx")
		p, err := e.Compile(t.Context(), g, engine.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		feeds := enginetest.Feeds(g, 2)
		run := func() (first []float32, err error) {
			err = p.Run(t.Context(), feeds, func(_ string, x tensor.Tensor) error {
				first = append(first, x.Float32s()...)
				return nil
			})
			return first, err
		}
		want, err := run()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			wait.Go(func() {
				for range 5 {
					if got, err := run(); err != nil || !slices.Equal(got, want) {
						t.Errorf("%s: other values at once: %v", name, err)
					}
				}
			})
		}
	}
	wait.Wait()
}

// TestMemoryIsReleased: sessions with 4 MB of weights and values as large come and go.
func TestMemoryIsReleased(t *testing.T) {
	e := installed(t)
	n := 1 << 20
	x := floats("x", n)
	g := &graph.Graph{Inputs: []graph.Value{x}, Outputs: []string{"y"}, Values: map[string]graph.Value{"x": x, "y": floats("y", n)},
		Weights: map[string]tensor.Tensor{"w": tensor.New(tensor.Float32, n)},
		Nodes:   []graph.Node{{Op: "Add", Inputs: []string{"x", "w"}, Outputs: []string{"y"}}}}
	feeds := map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, n)}
	once := func() {
		p, err := e.Compile(t.Context(), g, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.Run(t.Context(), feeds, nil), p.Close()); err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context(), feeds, nil); err == nil {
			t.Fatal("a closed program runs")
		}
	}
	for range 5 {
		once()
	}
	before, ok := resident()
	if !ok {
		t.Skip("how much memory is in use is not written down here")
	}
	for range 20 {
		once()
	}
	if after, _ := resident(); after > before+10*4<<20 {
		t.Errorf("%d bytes in use after 5 programs, %d after 25", before, after)
	}
}

// resident reads the resident memory, in pages of 4 kB.
func resident() (int64, bool) {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	var all, in int64
	_, bad := fmt.Sscan(string(b), &all, &in)
	return in * 4096, err == nil && bad == nil
}

// TestSaysWhere: messages name nodes as the graph does.
func TestSaysWhere(t *testing.T) {
	e := installed(t)
	x := floats("x", 2)
	g := func(n graph.Node) *graph.Graph {
		n.Name, n.Outputs = "layer/op", []string{"y"}
		return &graph.Graph{Opset: 17, Inputs: []graph.Value{x}, Outputs: []string{"y"}, Values: map[string]graph.Value{"x": x},
			Weights: map[string]tensor.Tensor{"three": tensor.Of([]int64{3}, 1), "true": tensor.Scalar(true)}, Nodes: []graph.Node{n}}
	}
	var no *engine.UnsupportedError
	if _, err := e.Compile(t.Context(), g(graph.Node{Op: "RandomUniformLike", Inputs: []string{"x"}}), engine.Options{}); !errors.As(err, &no) || no.Node != "layer/op" {
		t.Errorf("random numbers: %v", err)
	}
	if _, err := e.Compile(t.Context(), g(graph.Node{Op: "Dropout", Inputs: []string{"x", "", "true"}}), engine.Options{}); err == nil || !strings.Contains(err.Error(), "training mode") {
		t.Errorf("dropout: %v", err)
	}
	if _, err := e.Compile(t.Context(), g(graph.Node{Op: "Relu", Inputs: []string{"x"}, Attributes: op.Attributes{"odd": int64(1)}}), engine.Options{}); err == nil || !strings.HasPrefix(err.Error(), `node 1 "layer/op" (Relu): ONNX Runtime: `) {
		t.Errorf("an attribute that there is not: %v", err)
	}
	p, err := e.Compile(t.Context(), g(graph.Node{Op: "Reshape", Inputs: []string{"x", "x3"}}), engine.Options{Values: []string{"x"}})
	if err == nil {
		p.Close()
		t.Error("a value that there is not is no error")
	}
	if p, err = e.Compile(t.Context(), g(graph.Node{Op: "Reshape", Inputs: []string{"x", "three"}}), engine.Options{Values: []string{"x", "three"}}); err != nil {
		if !strings.Contains(err.Error(), `node 1 "layer/op" (Reshape)`) {
			t.Errorf("a bad shape: %v", err)
		}
		return
	}
	defer p.Close()
	var seen []string
	err = p.Run(t.Context(), map[string]tensor.Tensor{"x": tensor.Of([]float32{1, 2}, 2)}, func(name string, _ tensor.Tensor) error {
		seen = append(seen, name)
		return nil
	})
	if err == nil || !strings.HasPrefix(err.Error(), `node 1 "layer/op" (Reshape): ONNX Runtime: `) || !slices.Equal(seen, []string{"x", "three"}) {
		t.Errorf("a bad shape: %v after %v", err, seen)
	}
}
