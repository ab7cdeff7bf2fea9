package onnx

import (
	"fmt"
	"strconv"
	"strings"
)

// Check gives the first thing that makes a model invalid, nil if there is none: versions and opset imports,
// names defined once and before they are used, attributes with values of their type, tensors that fill their
// shapes, functions that end. It does not know operators; what they want is the importer's to say.
func Check(m *Model) error {
	c := &checker{model: m, limits: m.limits.withDefaults(), functions: map[functionKey]*Function{}}
	if err := c.check(); err != nil {
		return fmt.Errorf("%s: %w", m.label(), err)
	}
	return nil
}

type checker struct {
	model     *Model
	limits    Limits
	functions map[functionKey]*Function
	expanded  map[*Function]int // nodes of a function with all its calls expanded
}

func (c *checker) check() error {
	m := c.model
	if m.IRVersion < OldestIR || m.IRVersion > NewestIR {
		return fmt.Errorf("ir_version is %d, want %d to %d", m.IRVersion, OldestIR, NewestIR)
	}
	if m.Graph == nil {
		return fmt.Errorf("has no graph")
	}
	if len(m.OpsetImports) == 0 {
		return fmt.Errorf("imports no opset")
	}
	if err := checkOpsets(m.OpsetImports); err != nil {
		return err
	}
	if err := c.checkFunctions(); err != nil {
		return err
	}
	s := &scope{checker: c, opsets: m.OpsetImports}
	if err := s.graph(m.Graph); err != nil {
		return err
	}
	return c.checkSize()
}

func checkOpsets(list []*Opset) error {
	seen := map[string]bool{}
	for _, o := range list {
		d := Domain(o.Domain)
		switch {
		case seen[d]:
			return fmt.Errorf("imports %s twice", domainName(d))
		case d == "" && (o.Version < OldestOpset || o.Version > NewestOpset):
			return fmt.Errorf("imports opset %d of ai.onnx, want %d to %d", o.Version, OldestOpset, NewestOpset)
		case o.Version < 1:
			return fmt.Errorf("imports opset %d of %s, want 1 or more", o.Version, domainName(d))
		}
		seen[d] = true
	}
	return nil
}

func domainName(d string) string {
	if d == "" {
		return "ai.onnx"
	}
	return fmt.Sprintf("domain %q", d)
}

// A scope is where names are looked up: a graph or function body, and what surrounds it.
type scope struct {
	*checker
	outer      *scope
	opsets     []*Opset
	parameters map[string]bool // of the function around, nil outside of functions
	inFunction bool
	values     map[string]bool
	depth      int
}

func (s *scope) inner() *scope {
	return &scope{checker: s.checker, outer: s, opsets: s.opsets, parameters: s.parameters, inFunction: s.inFunction, depth: s.depth + 1}
}

func (s *scope) defined(name string) bool {
	for ; s != nil; s = s.outer {
		if s.values[name] {
			return true
		}
	}
	return false
}

// define enters an input's or initializer's name, which may hide one of a surrounding graph.
func (s *scope) define(name string) error {
	if s.values[name] {
		return fmt.Errorf("%q is defined twice", name)
	}
	s.values[name] = true
	return nil
}

func (s *scope) graph(g *Graph) error {
	if s.depth > s.limits.Depth {
		return fmt.Errorf("graphs are nested deeper than %d levels", s.limits.Depth)
	}
	s.values = map[string]bool{}
	for i, v := range g.Inputs {
		if v.Name == "" {
			return fmt.Errorf("input %d has no name", i)
		}
		if err := s.define(v.Name); err != nil {
			return fmt.Errorf("input %w", err)
		}
	}
	if err := s.initializers(g); err != nil {
		return err
	}
	if err := s.nodes(g.Nodes); err != nil {
		return err
	}
	for i, v := range g.Outputs {
		if v.Name == "" {
			return fmt.Errorf("output %d has no name", i)
		}
		if !s.defined(v.Name) {
			return fmt.Errorf("output %q is never defined", v.Name)
		}
	}
	return nil
}

// initializers enters the constants. One may bear an input's name: it is its default.
func (s *scope) initializers(g *Graph) error {
	inputs := map[string]bool{}
	for _, v := range g.Inputs {
		inputs[v.Name] = true
	}
	for i, t := range s.constants(g) {
		switch {
		case t.Name == "":
			return fmt.Errorf("initializer %d has no name", i)
		case inputs[t.Name]:
			delete(inputs, t.Name)
		default:
			if err := s.define(t.Name); err != nil {
				return fmt.Errorf("initializer %w", err)
			}
		}
	}
	for _, t := range g.Initializers {
		if err := checkTensor(t); err != nil {
			return err
		}
	}
	for i, t := range g.SparseInitializers {
		if err := checkSparse(t); err != nil {
			return fmt.Errorf("sparse initializer %d: %w", i, err)
		}
	}
	return nil
}

// constants lists the tensors whose names stand for initializers.
func (s *scope) constants(g *Graph) []*Tensor {
	all := append([]*Tensor{}, g.Initializers...)
	for _, t := range g.SparseInitializers {
		if t.Values != nil {
			all = append(all, t.Values)
		}
	}
	return all
}

func (s *scope) nodes(nodes []*Node) error {
	later := map[string]int{} // where a name is defined, to tell a wrong order from a missing value
	for i, n := range nodes {
		for _, o := range n.Outputs {
			if _, there := later[o]; !there {
				later[o] = i
			}
		}
	}
	for i, n := range nodes {
		if err := s.node(n, later); err != nil {
			return fmt.Errorf("node %d %q (%s): %w", i, n.Name, plain(n.OpType), err)
		}
	}
	return nil
}

// plain writes a name without quotes and with what does not print escaped.
func plain(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

func (s *scope) node(n *Node, later map[string]int) error {
	if n.OpType == "" {
		return fmt.Errorf("has no operator")
	}
	if opset(s.opsets, n.Domain) == 0 {
		return fmt.Errorf("%s is not among the opset imports", domainName(Domain(n.Domain)))
	}
	if n.Overload != "" && s.functions[keyOf(n)] == nil {
		return fmt.Errorf("calls overload %q of a function that is not in the model", n.Overload)
	}
	for _, name := range n.Inputs {
		if name == "" || s.defined(name) {
			continue
		}
		if at, there := later[name]; there {
			return fmt.Errorf("input %q is defined later, by node %d", name, at)
		}
		return fmt.Errorf("input %q is never defined", name)
	}
	if err := s.attributes(n.Attributes); err != nil {
		return err
	}
	for _, name := range n.Outputs {
		if name == "" {
			continue
		}
		if s.defined(name) { // a node's output may not hide anything
			return fmt.Errorf("output %q is defined twice", name)
		}
		s.values[name] = true
	}
	return nil
}

// checkTensor makes sure of a tensor's type, and that its elements fill its shape.
func checkTensor(t *Tensor) error {
	if !t.DataType.Known() {
		return fmt.Errorf("tensor %q: has %v, which does not exist", t.Name, strings.ToLower(t.DataType.String()))
	}
	return t.checkContent()
}

func checkSparse(s *SparseTensor) error {
	if s.Values == nil || s.Indices == nil {
		return fmt.Errorf("has no values or no indices")
	}
	if s.Indices.DataType != Int64 {
		return fmt.Errorf("indices are %v, want INT64", s.Indices.DataType)
	}
	if _, err := product(s.Dims); err != nil {
		return err
	}
	if err := checkTensor(s.Values); err != nil {
		return err
	}
	return checkTensor(s.Indices)
}
