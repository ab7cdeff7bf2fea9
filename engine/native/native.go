// Package native runs graphs in pure Go: it compiles a graph to steps over package op, packs constant
// weights once, joins steps that one kernel can do, reuses memory as soon as a value was used for the
// last time, and hands wanted values to a visitor. Operators themselves live in op.
package native

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// Engine is the engine in pure Go. Its zero value is ready.
type Engine struct{}

var _ engine.Engine = Engine{}

// Name returns native.
func (Engine) Name() string { return "native" }

// Kernel names the kernels in use: avx512, avx2 or portable.
func (Engine) Kernel() string { return kernel.Name() }

// A program is a compiled graph; everything but arenas is only read after Compile.
type program struct {
	graph     *graph.Graph
	options   engine.Options
	slots     map[string]int
	names     []string        // of the slots
	constants []tensor.Tensor // by slot, invalid where the value is calculated
	wanted    []bool          // by slot
	steps     []step

	mu     sync.Mutex
	arenas []*arena // of finished runs, for the next
	closed bool
}

// A step is one node, or several that one kernel does together.
type step struct {
	node    *graph.Node // the last node of it
	index   int         // of that node, from 1
	run     op.Func
	inputs  []int // slots, -1 is absent
	outputs []int // slots, -1 is not wanted by anyone
	dead    []int // slots nobody needs after this step
	inPlace bool
	view    bool // the output shares the input's elements

	bodies []*body // of If, Loop and Scan, in the order of bodies
}

// Compile prepares a graph; an operator that cannot run is an *engine.UnsupportedError.
func (Engine) Compile(ctx context.Context, g *graph.Graph, o engine.Options) (engine.Program, error) {
	p, err := compile(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func compile(ctx context.Context, g *graph.Graph, o engine.Options) (*program, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o.Workers = max(1, o.Workers)
	o.Values = slices.Clone(o.Values)
	p := &program{graph: g, options: o, slots: map[string]int{}}
	if err := p.values(); err != nil {
		return nil, err
	}
	needed := p.needed()
	var plan []planned
	for i := range g.Nodes {
		if !needed[i] {
			continue
		}
		n := &g.Nodes[i]
		if bodies(n) != nil {
			plan = append(plan, planned{node: n, index: i + 1, op: &op.Op{Name: n.Op}})
			continue
		}
		f, ok := op.Lookup(n.Domain, n.Op)
		if !ok || len(n.Subgraphs) > 0 {
			return nil, &engine.UnsupportedError{Node: n.Name, Op: n.Op, Domain: n.Domain, Opset: g.Version(n.Domain), Index: i + 1}
		}
		plan = append(plan, planned{node: n, index: i + 1, op: f})
	}
	if !o.Float64 {
		p.fuse(plan)
		p.masks(plan)
		p.crossed(plan)
		p.dots(plan)
	}
	for i := range plan {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.add(ctx, &plan[i]); err != nil {
			return nil, err
		}
	}
	p.lastUses()
	return p, nil
}

// A planned step is a node that may have been joined with others.
type planned struct {
	node    *graph.Node
	index   int
	op      *op.Op
	inputs  []string // of a joined step
	run     op.Func  // of a joined step
	inPlace bool     // of a joined step, as op.Op says it
	skipped bool     // part of a later step
}

// values gives every value a slot and finds the wanted ones.
func (p *program) values() error {
	g := p.graph
	for _, v := range g.Inputs {
		p.slot(v.Name)
	}
	for _, n := range g.Nodes {
		for _, name := range slices.Concat(n.Reads(), n.Outputs) {
			if name != "" {
				p.slot(name)
			}
		}
	}
	for _, name := range slices.Concat(g.Outputs, p.options.Values) {
		if _, ok := g.Weights[name]; ok {
			p.slot(name)
		}
		s, ok := p.slots[name]
		if !ok {
			return fmt.Errorf("the network has no value named %q", name)
		}
		p.wanted[s] = true
	}
	for s, name := range p.names {
		w, ok := g.Weights[name]
		if !ok {
			continue
		}
		if p.options.Float64 {
			w = widened(w)
		}
		p.constants[s] = w
	}
	return nil
}

func (p *program) slot(name string) int {
	if s, ok := p.slots[name]; ok {
		return s
	}
	s := len(p.names)
	p.slots[name] = s
	p.names = append(p.names, name)
	p.constants = append(p.constants, tensor.Tensor{})
	p.wanted = append(p.wanted, false)
	return s
}

// needed marks the nodes that a wanted value depends on.
func (p *program) needed() []bool {
	nodes := p.graph.Nodes
	wanted, out := slices.Clone(p.wanted), make([]bool, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- {
		for _, name := range nodes[i].Outputs {
			out[i] = out[i] || name != "" && wanted[p.slots[name]]
		}
		for _, name := range nodes[i].Reads() {
			if out[i] && name != "" {
				wanted[p.slots[name]] = true
			}
		}
	}
	return out
}

// add turns a planned node into a step.
func (p *program) add(ctx context.Context, n *planned) error {
	if n.skipped {
		return nil
	}
	s := step{node: n.node, index: n.index, run: n.run, inPlace: n.inPlace || n.op.InPlace && n.run == nil, view: n.run == nil && isView(n.node)}
	names := n.inputs
	if n.run == nil {
		names = n.node.Reads()
		run, attributes := n.op.Run, n.node.Attributes
		s.run = func(x *op.Exec, _ op.Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
			return run(x, attributes, in)
		}
	}
	for _, name := range names {
		at := -1
		if name != "" {
			at = p.slots[name]
		}
		s.inputs = append(s.inputs, at)
	}
	for _, name := range n.node.Outputs {
		at := -1
		if name != "" {
			at = p.slots[name]
			if p.constants[at].Valid() {
				return fmt.Errorf("node %d %q writes %q, which is a weight", n.index, n.node.Name, name)
			}
		}
		s.outputs = append(s.outputs, at)
	}
	for _, name := range bodies(n.node) {
		b, err := p.body(ctx, n.node, n.index, name)
		if err != nil {
			return err
		}
		s.bodies = append(s.bodies, b)
	}
	p.steps = append(p.steps, s)
	return nil
}

// isView says whether an operator gives the elements of its first input as they are.
func isView(n *graph.Node) bool {
	switch n.Op {
	case "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout":
		return n.Domain == ""
	}
	return false
}

// lastUses finds after which step each value is dead.
func (p *program) lastUses() {
	last := make([]int, len(p.names))
	for i, s := range p.steps {
		for _, at := range slices.Concat(s.inputs, s.outputs) {
			if at >= 0 {
				last[at] = i
			}
		}
	}
	for i := range p.steps {
		s := &p.steps[i]
		for _, at := range slices.Concat(s.inputs, s.outputs) {
			if at >= 0 && last[at] == i && !slices.Contains(s.dead, at) {
				s.dead = append(s.dead, at)
			}
		}
	}
}

// widened returns a float tensor in double precision and any other as it is.
func widened(t tensor.Tensor) tensor.Tensor {
	if t.DType() != tensor.Float32 {
		return t
	}
	out := make([]float64, t.Len())
	for i, v := range t.Float32s() {
		out[i] = float64(v)
	}
	return tensor.Of(out, t.Shape()...)
}

// Close drops the memory kept for further runs.
func (p *program) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arenas, p.closed = nil, true
	return nil
}
