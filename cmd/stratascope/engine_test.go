package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
)

// poor is an engine that has no operator.
type poor struct{ native.Engine }

func (poor) Name() string { return "ort" }

func (poor) Kernel() string { return "ort 1.17.0" }

func (poor) Compile(_ context.Context, g *graph.Graph, _ engine.Options) (engine.Program, error) {
	return nil, &engine.UnsupportedError{Node: g.Nodes[0].Name, Op: g.Nodes[0].Op, Opset: 17, Index: 1}
}

// TestAutoFallsBack: what ONNX Runtime does not have and the native engine has is no gap, unless ONNX Runtime was asked for.
func TestAutoFallsBack(t *testing.T) {
	dir := t.TempDir()
	if err := fixture(dir, "dense.onnx"); err != nil {
		t.Fatal(err)
	}
	m, err := stratascope.OpenModel(t.Context(), filepath.Join(dir, "dense.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ asked, runs, says string }{
		{"auto", "native", "  engine    native, since ONNX Runtime does not have " + m.Graph.Nodes[0].Op + "\n"},
		{"ort", "ort", ""},
	} {
		var said bytes.Buffer
		j := &job{program: &program{err: &said, settings: &settings{engine: c.asked}}, engine: poor{}}
		gap, err := j.gap(t.Context(), m)
		if err != nil || (gap == nil) != (c.runs == "native") || j.engine.Name() != c.runs || said.String() != c.says {
			t.Errorf("--engine %s: %v, %v, %s says %q", c.asked, gap, err, j.engine.Name(), said.String())
		}
	}
	if text := cannot(poor{}); !strings.Contains(text, "ort 1.17.0 does not have") {
		t.Error(text)
	}
}
