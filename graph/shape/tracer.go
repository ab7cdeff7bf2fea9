package shape

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

const (
	mostElements = 4096    // of a value that is calculated to know a shape
	mostZeros    = 1 << 20 // elements an operator without a rule may be run on
	mostParams   = 12      // names of sizes that are told apart
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
	facts  map[string][]fact
}

// NewTracer starts with the inputs of a graph. A size without a name gets one: batch for the first
// size of an input, else the input's name and the size's position.
func NewTracer(inputs []graph.Value) *Tracer {
	t := &Tracer{facts: map[string][]fact{}}
	t.assign(inputs)
	for _, v := range inputs {
		t.Declare(v)
	}
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

// Forget makes a value unknown again.
func (t *Tracer) Forget(name string) { delete(t.facts, name) }

// Step derives what is known of a node's outputs from what is known of its inputs.
func (t *Tracer) Step(n *graph.Node) {
	outs := make([][]fact, len(n.Outputs))
	for o := range outs {
		outs[o] = make([]fact, len(t.probes))
	}
	for p := range t.probes {
		for o, f := range t.step(n, p) {
			outs[o][p] = f
		}
	}
	for o, name := range n.Outputs {
		if name != "" {
			t.facts[name] = outs[o]
		}
	}
}

func (t *Tracer) step(n *graph.Node, probe int) []fact {
	c := &call{node: n, attributes: n.Attributes, in: make([]fact, len(n.Inputs)), out: make([]fact, len(n.Outputs))}
	for i, name := range n.Inputs {
		if fs := t.facts[name]; name != "" && fs != nil {
			c.in[i] = fs[probe]
		}
	}
	c.derive()
	return c.out
}

// Fixed returns the value that a name has in every run, if it is known to be the same in all.
func (t *Tracer) Fixed(name string) (tensor.Tensor, bool) {
	fs := t.facts[name]
	if len(fs) == 0 || !fs[0].value.Valid() {
		return tensor.Tensor{}, false
	}
	for _, f := range fs[1:] {
		if !f.value.Valid() || !Equal(f.value, fs[0].value) {
			return tensor.Tensor{}, false
		}
	}
	return fs[0].value, true
}

// Sizes returns a value's shape under each assignment, nil where it is unknown.
func (t *Tracer) Sizes(name string) [][]int {
	fs := t.facts[name]
	if fs == nil {
		return nil
	}
	out := make([][]int, len(fs))
	for i, f := range fs {
		out[i] = f.shape
	}
	return out
}

// Contents returns a value under each assignment, or false if one of them is unknown.
func (t *Tracer) Contents(name string) ([]tensor.Tensor, bool) {
	fs := t.facts[name]
	if fs == nil {
		return nil, false
	}
	out := make([]tensor.Tensor, len(fs))
	for i, f := range fs {
		if !f.value.Valid() {
			return nil, false
		}
		out[i] = f.value
	}
	return out, true
}

// Value returns the type and shape of a name as far as they are known.
func (t *Tracer) Value(name string) graph.Value {
	v := graph.Value{Name: name}
	fs := t.facts[name]
	if fs == nil {
		return v
	}
	v.DType = fs[0].dtype
	for _, f := range fs {
		if !f.known() || len(f.shape) != len(fs[0].shape) {
			return v
		}
	}
	v.Shape = make([]graph.Dim, len(fs[0].shape))
	sizes := make([]int, len(fs))
	for d := range v.Shape {
		for i, f := range fs {
			sizes[i] = f.shape[d]
		}
		v.Shape[d] = t.dim(sizes)
	}
	return v
}

// Infer returns the type and shape of every value of a graph, weights excepted.
func Infer(g *graph.Graph) map[string]graph.Value {
	t := NewTracer(g.Inputs)
	for name, w := range g.Weights {
		t.Constant(name, w)
	}
	values := map[string]graph.Value{}
	for _, v := range g.Inputs {
		values[v.Name] = t.Value(v.Name)
	}
	for i := range g.Nodes {
		t.Step(&g.Nodes[i])
		for _, name := range g.Nodes[i].Outputs {
			if name != "" {
				values[name] = t.Value(name)
			}
		}
	}
	return values
}

// call is one node under one assignment.
type call struct {
	node       *graph.Node
	attributes op.Attributes
	in, out    []fact
}

// derive fills the outputs: by calculating them if they are few numbers, else by the operator's rule,
// else by running it on zeros.
func (c *call) derive() {
	rule := rules[c.node.Op]
	if c.node.Domain != "" {
		rule = domainRules[c.node.Domain+"."+c.node.Op]
	}
	var failed error
	if rule != nil {
		if failed = rule(c); failed == nil {
			failed = c.checkSizes()
		}
		if failed != nil {
			clear(c.out)
		}
	}
	if failed == nil && c.calculable() && c.calculate() {
		return
	}
	if rule == nil && !dependent[c.node.Op] {
		c.runOnZeros()
	}
}

func (c *call) checkSizes() error {
	for _, f := range c.out {
		if _, err := tensor.Count(f.shape); err != nil {
			return err
		}
	}
	return nil
}

// calculable reports whether every input's value is known and the outputs are not large.
func (c *call) calculable() bool {
	if len(c.node.Subgraphs) > 0 || random[c.node.Op] {
		return false
	}
	for i, f := range c.in {
		if c.node.Inputs[i] != "" && (!f.value.Valid() || f.value.Len() > mostElements) {
			return false
		}
	}
	for _, f := range c.out {
		if f.value.Valid() || f.elements() > mostElements {
			return false
		}
	}
	return true
}

func (c *call) calculate() bool {
	in := make([]tensor.Tensor, len(c.in))
	for i, f := range c.in {
		in[i] = f.value
	}
	out, err := Run(c.node, in, 16*mostElements)
	if err != nil {
		return false
	}
	c.take(out, true)
	return true
}

func (c *call) take(out []tensor.Tensor, values bool) {
	for i := range c.out {
		if i >= len(out) || !out[i].Valid() {
			continue
		}
		c.out[i] = factOf(out[i])
		if !values {
			c.out[i].value = tensor.Tensor{}
		}
	}
}

// harmless are types of values that shapes do not depend on: an unknown list of integers may be sizes.
var harmless = map[tensor.DType]bool{tensor.Float32: true, tensor.Float64: true, tensor.Int8: true, tensor.Uint8: true}

func (c *call) runOnZeros() {
	in, total := make([]tensor.Tensor, len(c.in)), 0
	for i, f := range c.in {
		if c.node.Inputs[i] == "" {
			continue
		}
		if f.value.Valid() {
			in[i] = f.value
			continue
		}
		n := f.elements()
		if n < 0 || !harmless[f.dtype] {
			return
		}
		if total += n; total > mostZeros {
			return
		}
		in[i] = tensor.New(f.dtype, f.shape...)
	}
	if len(c.node.Subgraphs) > 0 {
		return
	}
	if out, err := Run(c.node, in, 16*mostZeros); err == nil {
		c.take(out, false)
	}
}

// Run computes one node with its operator's function, on one core, with no output above a size.
func Run(n *graph.Node, in []tensor.Tensor, limit int64) (out []tensor.Tensor, err error) {
	o, ok := op.Lookup(n.Domain, n.Op)
	if !ok {
		return nil, fmt.Errorf("node %q: no operator %s", n.Name, n.Op)
	}
	defer func() { // an operator that trips over a malformed node makes the value unknown, no more
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("node %q: %s stopped: %v", n.Name, n.Op, r)
		}
	}()
	return o.Run(&op.Exec{Workers: 1, Outputs: len(n.Outputs), Limit: limit}, n.Attributes, in)
}

// Equal reports whether two tensors hold the same type, shape and elements.
func Equal(a, b tensor.Tensor) bool {
	if a.DType() != b.DType() || !slices.Equal(a.Shape(), b.Shape()) {
		return false
	}
	switch a.DType() {
	case tensor.Float32:
		return same[float32](a, b)
	case tensor.Float64:
		return same[float64](a, b)
	case tensor.Int64:
		return same[int64](a, b)
	case tensor.Int32:
		return same[int32](a, b)
	case tensor.Int16:
		return same[int16](a, b)
	case tensor.Int8:
		return same[int8](a, b)
	case tensor.Uint64:
		return same[uint64](a, b)
	case tensor.Uint32:
		return same[uint32](a, b)
	case tensor.Uint16:
		return same[uint16](a, b)
	case tensor.Uint8:
		return same[uint8](a, b)
	case tensor.Bool:
		return same[bool](a, b)
	}
	return a.DType() == tensor.String && same[string](a, b)
}

func same[T tensor.Element](a, b tensor.Tensor) bool {
	x, y := tensor.Data[T](a), tensor.Data[T](b)
	return len(x) == 0 || &x[0] == &y[0] || slices.Equal(x, y)
}
