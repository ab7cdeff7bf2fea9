package grad

import (
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A rule says how the gradient of an operator is formed; one of back, lower and flat is set, or back and lower with when.
type rule struct {
	back  func(*call)          // gives the inputs their gradients
	lower func(*call) []string // writes the node with operators that have rules, and returns its outputs
	flat  bool                 // the derivative is zero wherever it exists
	when  func(*call) bool     // beside back: lower is taken where this holds

	straight bool // it is that of the straight-through estimator
}

// A call is a rule at work on a node.
type call struct {
	*builder
	n     *graph.Node
	dy    []string // gradients of the outputs, "" where no seed depends on one
	found *moments // of a normalisation
}

// in returns the name of an input, "" if it is absent.
func (c *call) in(i int) string {
	if i < len(c.n.Inputs) {
		return c.n.Inputs[i]
	}
	return ""
}

// out returns the name of an output, "" if the node does not give it.
func (c *call) out(i int) string {
	if i < len(c.n.Outputs) {
		return c.n.Outputs[i]
	}
	return ""
}

// grad returns the gradient of an output, "" if no seed depends on it.
func (c *call) grad(i int) string {
	if i < len(c.dy) {
		return c.dy[i]
	}
	return ""
}

// wants says whether the gradient of an input is needed.
func (c *call) wants(i int) bool {
	v := c.in(i)
	return v != "" && c.active[v] && (!c.single[v] || c.whole[v])
}

// give adds to the gradient of an input.
func (c *call) give(i int, v string) {
	if c.wants(i) {
		c.contribute(c.in(i), v)
	}
}

// giveTo is give for a gradient of the shape that the input was broadcast to.
func (c *call) giveTo(i int, v string) {
	if !c.wants(i) {
		return
	}
	if c.values[c.in(i)].Shape == nil && c.alone(i) {
		c.contribute(c.in(i), v)
		return
	}
	c.contribute(c.in(i), c.reduceTo(v, c.in(i)))
}

// alone says whether all other inputs are scalars, so that nothing was broadcast.
func (c *call) alone(i int) bool {
	for k, name := range c.n.Inputs {
		if v := c.values[name]; k != i && (v.Shape == nil || len(v.Shape) > 0) {
			return false
		}
	}
	return true
}

func (c *call) int(name string, otherwise int64) int64 { return c.n.Attributes.Int(name, otherwise) }
func (c *call) float(name string, otherwise float32) float64 {
	return float64(c.n.Attributes.Float(name, otherwise))
}
func (c *call) str(name, otherwise string) string { return c.n.Attributes.Str(name, otherwise) }

// contribute adds to the gradient of a value.
func (b *builder) contribute(value, v string) {
	if b.err != nil {
		return
	}
	got, want := b.values[v].Shape, b.values[value].Shape
	wrong := got != nil && want != nil && len(got) != len(want)
	for i := range min(len(got), len(want)) {
		wrong = wrong || got[i].Size >= 0 && want[i].Size >= 0 && got[i].Size != want[i].Size
	}
	if wrong {
		b.fail("node %d %q (%s): the gradient of %q has shape %v, want %v", b.index, b.node.Name, b.node.Op, value, got, want)
		return
	}
	if old := b.grads[value]; old != "" {
		v = b.add(old, v)
	}
	b.grads[value] = v
}

// back goes through nodes from the last to the first, from gradients of some of their values on.
func (b *builder) back(nodes []graph.Node, seeds map[string]string) {
	b.mark(nodes)
	for value, v := range seeds {
		b.grads[value] = v
	}
	top := b.node == nil
	reached := map[string]bool{}
	for value := range seeds {
		reached[value] = true
	}
	for i := len(nodes) - 1; i >= 0 && b.err == nil && b.ctx.Err() == nil; i-- {
		n := &nodes[i]
		if !slices.ContainsFunc(n.Outputs, func(s string) bool { return reached[s] }) {
			continue
		}
		for _, s := range n.Reads() {
			reached[s] = true
		}
		if !b.touched(n) {
			continue
		}
		if top {
			b.node, b.index = n, i+1
		}
		b.visit(n)
		if top {
			b.node, b.index = nil, 0
		}
	}
}

// mark finds the values that depend on a requested one through floats.
func (b *builder) mark(nodes []graph.Node) {
	for i := range nodes {
		if !b.touched(&nodes[i]) {
			continue
		}
		for _, s := range nodes[i].Outputs {
			if s != "" && (b.real(s) || b.quantises(key(&nodes[i]), nodes[i].Inputs)) {
				b.active[s] = true
			}
		}
	}
}

// real says whether a value holds floats, as one whose type is not known is taken to.
func (b *builder) real(x string) bool {
	d := b.values[x].DType
	return d.IsFloat() || d == tensor.Invalid
}

// touched says whether a node reads a value that depends on a requested one. What only looks at shapes
// does not read.
func (b *builder) touched(n *graph.Node) bool {
	if n.Domain == "" && (n.Op == "Shape" || n.Op == "Size" || n.Op == "EyeLike") {
		return false
	}
	return slices.ContainsFunc(n.Reads(), func(s string) bool { return b.active[s] })
}

// visit gives the inputs of a node their gradients. What a malformed one makes a rule trip over is an error
// like any other.
func (b *builder) visit(n *graph.Node) {
	defer func() {
		if v := recover(); v != nil {
			b.fail("node %d %q (%s): its gradient cannot be formed: %v", b.index, n.Name, n.Op, v)
		}
	}()
	c := &call{builder: b, n: n}
	some := false
	for _, s := range n.Outputs {
		c.dy = append(c.dy, b.grads[s])
		some = some || s != "" && b.grads[s] != ""
	}
	r, ok := b.rules[key(n)]
	if !r.flat && !passOn[key(n)] && slices.ContainsFunc(n.Reads(), func(s string) bool { return b.active[s] && !b.real(s) }) {
		b.refuse("of quantised values has no gradient yet")
		return
	}
	switch {
	case !some && !slices.ContainsFunc(n.Outputs, func(s string) bool { return b.active[s] }), ok && r.flat:
		if n == b.node { // not what a rule is written with
			b.endsHere()
		}
	case !some:
	case !ok:
		b.refuse("")
	case r.lower != nil && (r.when == nil || r.when(c)):
		b.lowered(c, r)
	default:
		b.perSample(c)
		r.back(c)
	}
}

// endsHere notes that a path from a requested value ends at the node at work.
func (b *builder) endsHere() {
	b.flat = append(b.flat, Flat{Node: b.node.Name, Op: b.node.Op, Layer: b.layer(b.node)})
}

// lowered differentiates what a node is written with.
func (b *builder) lowered(c *call, r rule) {
	from := len(b.nodes)
	outputs := r.lower(c)
	if b.err != nil {
		return
	}
	seeds := map[string]string{}
	for i, s := range outputs {
		if c.grad(i) != "" && s != "" {
			seeds[s] = c.grad(i)
		}
	}
	b.back(slices.Clone(b.nodes[from:]), seeds)
}

// key returns how rules name an operator.
func key(n *graph.Node) string {
	if n.Domain == "" || n.Domain == "ai.onnx" {
		return n.Op
	}
	return n.Domain + "." + n.Op
}

// Kind says whether the gradient of an operator can be formed: "yes", "straight-through" for the estimator of that
// name, "zero" where the derivative is zero wherever it exists, else "no".
func Kind(domain, operator string) string {
	r, ok := rules[key(&graph.Node{Domain: domain, Op: operator})]
	switch {
	case !ok:
		return "no"
	case r.flat:
		return "zero"
	case r.straight:
		return "straight-through"
	}
	return "yes"
}
