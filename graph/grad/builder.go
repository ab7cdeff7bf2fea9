package grad

import (
	"context"
	"fmt"
	"maps"
	"math"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A builder appends nodes to a graph. The first error stays, and what is appended after it means nothing.
type builder struct {
	ctx     context.Context
	graph   *graph.Graph
	rules   map[string]rule
	samples map[string]sampleRule
	tracer  *shape.Tracer
	nodes   []graph.Node
	weights map[string]tensor.Tensor
	values  map[string]graph.Value // weights included
	known   map[string]bool        // names that exist
	counts  map[string]int         // of names with the same beginning
	cached  map[string]string      // constants and shapes by what they are
	node    *graph.Node            // whose rule is at work
	index   int                    // of that node in the graph, from 1
	exact   bool                   // only the first sizes of inputs differ from run to run
	sized   bool                   // none does
	err     error

	active map[string]bool // values that depend on a requested one
	whole  map[string]bool // of those requested: the gradient is wanted as such
	single map[string]bool // of those requested: for each sample
	normed map[string]bool // of those: as a norm alone
	grads  map[string]string
	each   map[string]string // gradients for each sample
	norms  map[string]string // their squared norms
	uses   map[string]int    // of the requested weights
	flat   []Flat
}

func newBuilder(ctx context.Context, g *graph.Graph) *builder {
	b := &builder{ctx: ctx, graph: g, tracer: shape.NewTracer(g.Inputs).Until(ctx), weights: maps.Clone(g.Weights), values: map[string]graph.Value{},
		known: map[string]bool{}, counts: map[string]int{}, cached: map[string]string{}, active: map[string]bool{},
		whole: map[string]bool{}, single: map[string]bool{}, normed: map[string]bool{}, grads: map[string]string{}, each: map[string]string{},
		norms: map[string]string{}, uses: map[string]int{}}
	if b.weights == nil {
		b.weights = map[string]tensor.Tensor{}
	}
	for name, w := range g.Weights {
		b.constant(name, w)
	}
	b.exact, b.sized = true, true
	for _, v := range g.Inputs {
		b.sized = b.sized && v.Shape != nil
		for i, d := range v.Shape {
			b.sized = b.sized && d.Size >= 0
			b.exact = b.exact && (i == 0 || d.Size >= 0)
		}
		if !b.known[v.Name] {
			b.input(v)
		}
	}
	b.within(g.Nodes)
	for i := range g.Nodes {
		if ctx.Err() != nil {
			break
		}
		b.follow(&g.Nodes[i])
		for _, name := range g.Nodes[i].Inputs {
			b.uses[name]++
		}
	}
	return b
}

// within keeps the names inside of nodes from being given again.
func (b *builder) within(nodes []graph.Node) {
	for i := range nodes {
		for _, sub := range nodes[i].Subgraphs {
			for _, v := range sub.Inputs {
				b.known[v.Name] = true
			}
			for name := range sub.Weights {
				b.known[name] = true
			}
			for _, n := range sub.Nodes {
				for _, name := range n.Outputs {
					b.known[name] = true
				}
			}
			b.within(sub.Nodes)
		}
	}
}

// constant makes a weight known.
func (b *builder) constant(name string, w tensor.Tensor) {
	b.weights[name], b.known[name] = w, true
	b.tracer.Constant(name, w)
	v := graph.Value{Name: name, DType: w.DType(), Shape: []graph.Dim{}}
	for _, n := range w.Shape() {
		v.Shape = append(v.Shape, graph.Dim{Size: n})
	}
	b.values[name] = v
}

func (b *builder) input(v graph.Value) {
	b.known[v.Name] = true
	b.tracer.Declare(v)
	b.values[v.Name] = v
}

// follow finds the shapes of a node's outputs, which the graph may state where they cannot be derived.
func (b *builder) follow(n *graph.Node) {
	b.tracer.Step(n)
	for i, name := range n.Outputs {
		if name == "" {
			continue
		}
		b.known[name] = true
		v := b.tracer.Value(name)
		if stated := b.graph.Values[name]; v.Shape == nil && (stated.Shape != nil || v.DType == tensor.Invalid) {
			v = renamed(stated, name)
			b.tracer.Declare(v)
		}
		if v.Shape == nil {
			if r := b.ranked(n, i); r.Shape != nil {
				v = renamed(r, name)
				b.tracer.Declare(v)
			}
		}
		b.values[name] = v
	}
}

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// refuse says why the gradient of the node at work cannot be formed.
func (b *builder) refuse(format string, args ...any) {
	if b.err == nil {
		b.err = b.unsupported(fmt.Sprintf(format, args...))
	}
}

func (b *builder) unsupported(why string) error {
	n := b.node
	return &UnsupportedError{Node: n.Name, Op: n.Op, Domain: n.Domain, Layer: b.layer(n), Opset: graph.Opset, Index: b.index, Why: why}
}

// layer returns the layer a node belongs to, else its module, as far as they are known.
func (b *builder) layer(n *graph.Node) string {
	for _, l := range b.graph.Layers {
		for _, name := range n.Outputs {
			if name != "" && (name == l.Output || name == l.Before || name == l.Linear) {
				return l.Name
			}
		}
	}
	return n.Scope
}

// fresh returns a name that no value has.
func (b *builder) fresh(base string) string {
	for {
		name := base
		if b.counts[base]++; b.counts[base] > 1 {
			name = fmt.Sprintf("%s_%d", base, b.counts[base])
		}
		if !b.known[name] {
			b.known[name] = true
			return name
		}
	}
}

// append adds a node with so many outputs and returns their names.
func (b *builder) append(operator string, a op.Attributes, outputs int, in ...string) []string {
	if b.err != nil {
		return make([]string, outputs)
	}
	n := graph.Node{Op: operator, Inputs: in, Outputs: make([]string, outputs), Attributes: a}
	base := "grad"
	if b.node != nil {
		base = b.node.Outputs[0]
		n.Scope = b.node.Scope
	}
	for i := range n.Outputs {
		n.Outputs[i] = b.fresh(base + ".grad." + operator)
	}
	n.Name = n.Outputs[0] // which no other node has
	b.nodes = append(b.nodes, n)
	b.follow(&n)
	return n.Outputs
}

// with adds a node with attributes and one output.
func (b *builder) with(operator string, a op.Attributes, in ...string) string {
	return b.append(operator, a, 1, in...)[0]
}

// op adds a node without attributes and with one output.
func (b *builder) op(operator string, in ...string) string { return b.with(operator, nil, in...) }

func (b *builder) add(x, y string) string { return b.op("Add", x, y) }
func (b *builder) sub(x, y string) string { return b.op("Sub", x, y) }
func (b *builder) mul(x, y string) string { return b.op("Mul", x, y) }
func (b *builder) div(x, y string) string { return b.op("Div", x, y) }
func (b *builder) neg(x string) string    { return b.op("Neg", x) }

// name makes a value known under a name of its own.
func (b *builder) name(value, as string) string {
	if b.err != nil {
		return ""
	}
	as = b.fresh(as)
	n := graph.Node{Name: as, Op: "Identity", Inputs: []string{value}, Outputs: []string{as}}
	b.nodes = append(b.nodes, n)
	b.follow(&n)
	return n.Outputs[0]
}

// number returns a scalar constant of the type of a value.
func (b *builder) number(v float64, like string) string {
	w := tensor.Scalar(float32(v))
	switch b.values[like].DType {
	case tensor.Float64:
		w = tensor.Scalar(v)
	case tensor.Int64:
		w = tensor.Scalar(int64(v))
	case tensor.Int32:
		w = tensor.Scalar(int32(v))
	}
	return b.once(fmt.Sprintf("number %v %x", w.DType(), math.Float64bits(v)), func(name string) { b.constant(name, w) })
}

// ints returns a list of integers as a constant.
func (b *builder) ints(v ...int64) string {
	return b.once(fmt.Sprint("ints ", v), func(name string) { b.constant(name, tensor.Of(v, len(v))) })
}

// integer returns an integer as a scalar constant.
func (b *builder) integer(v int64) string {
	return b.once(fmt.Sprint("int ", v), func(name string) { b.constant(name, tensor.Scalar(v)) })
}

// once returns the constant of a key, which it makes the first time.
func (b *builder) once(key string, make func(name string)) string {
	if name := b.cached[key]; name != "" {
		return name
	}
	name := b.fresh("grad.constant")
	make(name)
	b.cached[key] = name
	return name
}
