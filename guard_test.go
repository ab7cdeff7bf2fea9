package stratascope

import (
	"context"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// broken is an engine that panics.
type broken struct{}

func (broken) Name() string   { return "broken" }
func (broken) Kernel() string { return "none" }
func (broken) Compile(context.Context, *graph.Graph, engine.Options) (engine.Program, error) {
	return brokenProgram{}, nil
}

type brokenProgram struct{}

func (brokenProgram) Run(context.Context, map[string]tensor.Tensor, func(string, tensor.Tensor) error) error {
	panic("index out of range")
}
func (brokenProgram) Memory(int) int64 { return 0 }
func (brokenProgram) Close() error     { return nil }

func TestARunThatPanicsIsAnError(t *testing.T) {
	p, err := guarded{broken{}}.Compile(t.Context(), nil, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("error is %v, want the panic's words", err)
	}
}
