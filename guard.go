package stratascope

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// guarded is an engine whose runs end in an error where they would end the program: operators and what
// looks at their values may make mistakes, and no trace of one is to reach a user.
type guarded struct{ engine.Engine }

// Compile prepares a graph.
func (e guarded) Compile(ctx context.Context, g *graph.Graph, o engine.Options) (p engine.Program, err error) {
	defer caught(&err)
	p, err = e.Engine.Compile(ctx, g, o)
	return guardedProgram{p}, err
}

type guardedProgram struct{ engine.Program }

// Run feeds the inputs and shows the values.
func (p guardedProgram) Run(ctx context.Context, feeds map[string]tensor.Tensor, visit func(string, tensor.Tensor) error) (err error) {
	defer caught(&err)
	return p.Program.Run(ctx, feeds, visit)
}

// caught turns a panic into an error.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the run failed: %v", r)
	}
}
