package shape

import (
	"errors"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// call is one node under one assignment.
type call struct {
	node       *graph.Node
	attributes op.Attributes
	in, out    []fact
	steps      *int64 // that calculating may still take
	stop       func() error
}

// derive fills the outputs: by calculating them if they are few numbers, else by the operator's rule,
// else by running it on zeros.
func (c *call) derive() {
	rule := ruleOf(c.node)
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

// ruleOf returns the rule of a node's operator, nil if it has none.
func ruleOf(n *graph.Node) rule {
	if n.Domain != "" {
		return domainRules[n.Domain+"."+n.Op]
	}
	return rules[n.Op]
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
	in, total, pairs := make([]tensor.Tensor, len(c.in)), 0, 1
	for i, f := range c.in {
		in[i] = f.value
		if f.value.Valid() {
			total += f.value.Len()
			if i < 2 {
				pairs *= f.value.Len()
			}
		}
	}
	if *c.steps -= int64(total + pairs/64); *c.steps < 0 {
		return false
	}
	out, err := Run(c.node, in, 16*mostElements, c.steps, c.stop)
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
	if *c.steps -= int64(total); *c.steps < 0 || len(c.node.Subgraphs) > 0 {
		return
	}
	if out, err := Run(c.node, in, 16*mostZeros, c.steps, c.stop); err == nil {
		c.take(out, false)
	}
}

// ErrSteps says that a calculation was given up because it took more steps than there were left.
var ErrSteps = errors.New("the calculation takes too many steps")

// stepsPerQuestion is about what an operator does before it asks again whether to go on.
const stepsPerQuestion = 1 << 13

// Run computes one node with its operator's function, on one core, with no output above a size. What it
// takes is drawn from steps, by how often the operator asks whether to go on: the same in every run. An error
// of stop, which may be nil, ends it.
func Run(n *graph.Node, in []tensor.Tensor, limit int64, steps *int64, stop func() error) (out []tensor.Tensor, err error) {
	o, ok := op.Lookup(n.Domain, n.Op)
	if !ok {
		return nil, fmt.Errorf("node %q: no operator %s", n.Name, n.Op)
	}
	defer func() { // an operator that trips over a malformed node makes the value unknown, no more
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("node %q: %s stopped: %v", n.Name, n.Op, r)
		}
	}()
	var ended error
	ask := func() error {
		if *steps -= stepsPerQuestion; *steps < 0 {
			ended = ErrSteps
		} else if stop != nil {
			ended = stop()
		}
		return ended
	}
	if out, err = o.Run(&op.Exec{Workers: 1, Outputs: len(n.Outputs), Limit: limit, Stop: ask}, n.Attributes, in); err == nil {
		err = ended // what was left unfinished is no result
	}
	return out, err
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
