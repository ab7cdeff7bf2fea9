package onnx

import "fmt"

// functionKey is what a node calls a function by.
type functionKey struct{ domain, name, overload string }

func keyOf(n *Node) functionKey { return functionKey{Domain(n.Domain), n.OpType, n.Overload} }

func (f *Function) label() string {
	if f.Domain == "" {
		return plain(f.Name)
	}
	return plain(f.Domain + "." + f.Name)
}

func (c *checker) checkFunctions() error {
	for _, f := range c.model.Functions {
		key := functionKey{Domain(f.Domain), f.Name, f.Overload}
		if f.Name == "" {
			return fmt.Errorf("a function has no name")
		}
		if c.functions[key] != nil {
			return fmt.Errorf("function %s is defined twice", f.label())
		}
		c.functions[key] = f
	}
	for _, f := range c.model.Functions {
		if err := c.function(f); err != nil {
			return fmt.Errorf("function %s: %w", f.label(), err)
		}
	}
	return nil
}

// function checks a body by itself: it sees its own inputs, parameters and opset imports only.
func (c *checker) function(f *Function) error {
	if err := checkOpsets(f.Opsets); err != nil {
		return err
	}
	s := &scope{checker: c, opsets: f.Opsets, inFunction: true, parameters: map[string]bool{}, values: map[string]bool{}}
	for _, name := range f.Attributes {
		s.parameters[name] = true
	}
	for _, a := range f.Defaults {
		s.parameters[a.Name] = true
	}
	if err := s.attributes(f.Defaults); err != nil {
		return err
	}
	for _, name := range f.Inputs {
		if err := s.define(name); err != nil {
			return fmt.Errorf("input %w", err)
		}
	}
	if err := s.nodes(f.Nodes); err != nil {
		return err
	}
	for _, name := range f.Outputs {
		if !s.defined(name) {
			return fmt.Errorf("output %q is never defined", name)
		}
	}
	return nil
}

// checkSize counts the nodes of the model with every function expanded where it is called. A few functions
// that call one another can stand for billions of nodes; one that reaches itself stands for no end of them.
func (c *checker) checkSize() error {
	c.expanded = map[*Function]int{}
	for _, f := range c.model.Functions { // those that nothing calls must end, too
		if _, err := c.size(f, nil); err != nil {
			return err
		}
	}
	_, err := c.count(c.model.Graph.Nodes, nil)
	return err
}

// size counts one function; open are the functions it is being counted for.
func (c *checker) size(f *Function, open []*Function) (int, error) {
	if n, known := c.expanded[f]; known {
		return n, nil
	}
	for _, o := range open {
		if o == f {
			return 0, fmt.Errorf("function %s calls itself", f.label())
		}
	}
	if len(open) >= c.limits.Depth {
		return 0, fmt.Errorf("function %s: functions call one another deeper than %d levels", f.label(), c.limits.Depth)
	}
	n, err := c.count(f.Nodes, append(open[:len(open):len(open)], f))
	if err == nil {
		c.expanded[f] = n
	}
	return n, err
}

func (c *checker) count(nodes []*Node, open []*Function) (int, error) {
	total := 0
	for _, n := range nodes {
		more := 1
		if f := c.functions[keyOf(n)]; f != nil {
			size, err := c.size(f, open)
			if err != nil {
				return 0, err
			}
			more = size
		}
		for _, a := range n.Attributes {
			for _, g := range a.graphs() {
				size, err := c.count(g.Nodes, open)
				if err != nil {
					return 0, err
				}
				more += size
			}
		}
		if total += more; total > c.limits.Nodes {
			return 0, fmt.Errorf("has more than %d nodes when its functions are expanded", c.limits.Nodes)
		}
	}
	return total, nil
}
