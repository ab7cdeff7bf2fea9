package shape

import (
	"context"
	"errors"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

const (
	mostElements = 4096    // of a value that is calculated to know a shape
	mostZeros    = 1 << 20 // elements an operator without a rule may be run on
	mostParams   = 12      // names of sizes that are told apart
	mostSteps    = 1 << 31 // of all that is calculated for a graph: a few seconds
)

// A fact is what is known of a value under one assignment.
type fact struct {
	dtype tensor.DType
	shape []int         // nil when unknown; empty for a scalar
	value tensor.Tensor // invalid when unknown
}

func (f fact) known() bool { return f.shape != nil }

// elements returns the number of elements, -1 when the shape is unknown or too large to count.
func (f fact) elements() int {
	if !f.known() {
		return -1
	}
	n, err := tensor.Count(f.shape)
	if err != nil {
		return -1
	}
	return n
}

// A Tracer follows shapes through nodes, one after another.
type Tracer struct {
	params []string
	probes []map[string]int // what each name stands for; the first is the base
	odd    int              // those from here on need not fit
	gone   []bool           // those that did not
	facts  map[string][]fact
	steps  int64 // that may still be taken
	stop   func() error
}

// NewTracer starts with the inputs of a graph. A size without a name gets one: batch for the first
// size of an input, else the input's name and the size's position.
func NewTracer(inputs []graph.Value) *Tracer {
	t := &Tracer{facts: map[string][]fact{}, steps: mostSteps}
	t.assign(inputs)
	for _, v := range inputs {
		t.Declare(v)
	}
	return t
}

// Until makes what is calculated stop when the context ends; what is not known by then stays open.
func (t *Tracer) Until(ctx context.Context) *Tracer {
	t.stop = ctx.Err
	return t
}

// Declare makes the type and shape of a value known as far as they are stated.
func (t *Tracer) Declare(v graph.Value) {
	fs := make([]fact, len(t.probes))
	for i, sizes := range t.probes {
		fs[i] = fact{dtype: v.DType, shape: sizesOf(v, sizes)}
	}
	t.facts[v.Name] = fs
}

func sizesOf(v graph.Value, sizes map[string]int) []int {
	if v.Shape == nil {
		return nil
	}
	shape := make([]int, len(v.Shape))
	for i, d := range v.Shape {
		n, ok := evaluate(d, sizes)
		if !ok {
			return nil
		}
		shape[i] = n
	}
	return shape
}

// Constant makes a value known, the same in every run.
func (t *Tracer) Constant(name string, w tensor.Tensor) {
	fs := make([]fact, len(t.probes))
	for i := range fs {
		fs[i] = factOf(w)
	}
	t.facts[name] = fs
}

func factOf(w tensor.Tensor) fact {
	return fact{dtype: w.DType(), shape: append([]int{}, w.Shape()...), value: w}
}

// Step derives what is known of a node's outputs from what is known of its inputs.
func (t *Tracer) Step(n *graph.Node) {
	outs := make([][]fact, len(n.Outputs))
	for o := range outs {
		outs[o] = make([]fact, len(t.probes))
	}
	for p := range t.probes {
		if t.gone[p] {
			continue
		}
		for o, f := range t.step(n, p) {
			outs[o][p] = f
			t.gone[p] = t.gone[p] || p >= t.odd && outs[o][0].known() && !f.known()
		}
	}
	for o, name := range n.Outputs {
		if name != "" {
			t.facts[name] = outs[o]
		}
	}
}

func (t *Tracer) step(n *graph.Node, probe int) []fact {
	c := t.call(n, probe)
	if n.Control() {
		t.control(c, probe)
	} else {
		c.derive()
	}
	return c.out
}

// call is a node with what is known of its inputs under one assignment.
func (t *Tracer) call(n *graph.Node, probe int) *call {
	c := &call{steps: &t.steps, stop: t.stop, node: n, attributes: n.Attributes, in: make([]fact, len(n.Inputs)), out: make([]fact, len(n.Outputs))}
	for i, name := range n.Inputs {
		if fs := t.facts[name]; name != "" && fs != nil {
			c.in[i] = fs[probe]
		}
	}
	return c
}

// fits reports whether a node's rule takes what is known of its inputs under the first assignment.
func (t *Tracer) fits(n *graph.Node) bool {
	r := ruleOf(n)
	if r == nil {
		return true
	}
	c := t.call(n, 0)
	err := r(c)
	return err == nil || errors.Is(err, errUnknown)
}

// Misfit returns the first node of a graph that cannot run on inputs of the sizes that are tried first,
// nil if there is none: the sizes, or what was decided by them, are not those the network is made for.
func Misfit(ctx context.Context, g *graph.Graph) *graph.Node {
	t := NewTracer(g.Inputs).Until(ctx)
	for name, w := range g.Weights {
		t.Constant(name, w)
	}
	for i := range g.Nodes {
		if !t.fits(&g.Nodes[i]) {
			return &g.Nodes[i]
		}
		t.Step(&g.Nodes[i])
	}
	return nil
}

// Fixed returns the value that a name has in every run, if it is known to be the same in all.
func (t *Tracer) Fixed(name string) (tensor.Tensor, bool) {
	fs := t.facts[name]
	if len(fs) == 0 || !fs[0].value.Valid() {
		return tensor.Tensor{}, false
	}
	for i, f := range fs {
		if !t.gone[i] && (!f.value.Valid() || !Equal(f.value, fs[0].value)) {
			return tensor.Tensor{}, false
		}
	}
	return fs[0].value, true
}

// Sizes returns a value's shape under each assignment that fits so far, nil where it is unknown.
func (t *Tracer) Sizes(name string) [][]int {
	fs := t.facts[name]
	if fs == nil {
		return nil
	}
	var out [][]int
	for i, f := range fs {
		if !t.gone[i] {
			out = append(out, f.shape)
		}
	}
	return out
}

// Value returns the type and shape of a name as far as they are known.
func (t *Tracer) Value(name string) graph.Value {
	v := graph.Value{Name: name}
	fs := t.facts[name]
	if fs == nil {
		return v
	}
	v.DType = fs[0].dtype
	for i, f := range fs {
		if !t.gone[i] && (!f.known() || len(f.shape) != len(fs[0].shape)) {
			return v
		}
	}
	v.Shape = make([]graph.Dim, len(fs[0].shape))
	sizes := make([]int, len(fs))
	for d := range v.Shape {
		for i, f := range fs {
			if !t.gone[i] {
				sizes[i] = f.shape[d]
			}
		}
		v.Shape[d] = t.dim(sizes)
	}
	return v
}

// Infer returns the type and shape of every value of a graph, weights excepted.
func Infer(g *graph.Graph) map[string]graph.Value { return InferUntil(context.Background(), g) }

// InferUntil is Infer, which ends early when the context does.
func InferUntil(ctx context.Context, g *graph.Graph) map[string]graph.Value {
	t := NewTracer(g.Inputs).Until(ctx)
	for name, w := range g.Weights {
		t.Constant(name, w)
	}
	values := map[string]graph.Value{}
	for _, v := range g.Inputs {
		values[v.Name] = t.Value(v.Name)
	}
	for i := range g.Nodes {
		if ctx.Err() != nil {
			break
		}
		t.Step(&g.Nodes[i])
		for _, name := range g.Nodes[i].Outputs {
			if name != "" {
				values[name] = t.Value(name)
			}
		}
	}
	return values
}
