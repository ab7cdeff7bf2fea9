// Package engine says what runs a graph: an Engine compiles it, a Program runs it and hands each value
// that was asked for to a visitor. Executors are in native and ort; enginetest is the suite all pass.
package engine

import (
	"cmp"
	"context"
	"fmt"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// An Engine compiles graphs.
type Engine interface {
	// Name returns the engine's name: native, ort.
	Name() string
	// Kernel names what the products run on: amx, avx512, avx2, portable, ort 1.32.
	Kernel() string
	// Compile prepares a graph. Operators that cannot run are an *UnsupportedError.
	Compile(ctx context.Context, g *graph.Graph, o Options) (Program, error)
}

// Options of a compilation; the zero value is float32 on one core without a memory limit.
type Options struct {
	Float64 bool     // compute in double precision: the reference for checks; errors.ErrUnsupported where an engine cannot
	Workers int      // goroutines within one run; results do not depend on it
	Memory  int64    // most bytes a run may hold beyond the weights; 0 is no limit
	Values  []string // names of the values the visitor wants beside the outputs
}

// A Program is a compiled graph. Run may be called from several goroutines at once.
type Program interface {
	// Run feeds the inputs by name and calls visit with each wanted value, and each output, as soon as
	// it exists. A value is valid during visit only: it is freed or reused after its last use.
	Run(ctx context.Context, feeds map[string]tensor.Tensor, visit func(name string, t tensor.Tensor) error) error
	// Memory estimates the most bytes a run of that many samples holds at once, without the weights.
	Memory(samples int) int64
	// Close frees what the program holds.
	Close() error
}

// An UnsupportedError is an operator that the engine cannot run.
type UnsupportedError struct {
	Node, Op, Domain string
	Opset            int
	Index            int // of the node, from 1
}

// Error says which operator of which opset stands where.
func (e *UnsupportedError) Error() string {
	d := e.Domain
	if d == "" {
		d = "ai.onnx"
	}
	return fmt.Sprintf("node %d %q uses %s (%s, opset %d), which Stratascope cannot run yet", e.Index, e.Node, e.Op, d, e.Opset)
}

// A MemoryError is work refused before anything was allocated.
type MemoryError struct {
	Work        string // what it was for, "" is a run
	Need, Limit int64  // bytes
}

// Error says what would be needed and what is allowed.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("%s needs %d bytes, the limit is %d", e.What(), e.Need, e.Limit)
}

// What names the work.
func (e *MemoryError) What() string { return cmp.Or(e.Work, "a run") }
