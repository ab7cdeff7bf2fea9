package graph

// softmaxInput returns what a softmax written out in parts is taken of: exp(x - m) divided by its sum over
// one axis, as jax.nn.softmax is exported. It returns "" where a quotient is none.
func (l *links) softmaxInput(n *Node) string {
	if !n.is("Div") || len(n.Inputs) != 2 {
		return ""
	}
	e := l.node(n.Inputs[0])
	if !e.is("Exp") || l.summed(n.Inputs[1]) != n.Inputs[0] {
		return ""
	}
	return l.unshifted(e.Inputs[0])
}

// logSoftmaxInput does so for x - m - log(sum(exp(x - m))), as jax.nn.log_softmax is exported.
func (l *links) logSoftmaxInput(n *Node) string {
	if !n.is("Sub") || len(n.Inputs) != 2 {
		return ""
	}
	log := l.node(l.spread(n.Inputs[1]))
	if !log.is("Log") {
		return ""
	}
	e := l.node(l.summed(log.Inputs[0]))
	if !e.is("Exp") || e.Inputs[0] != n.Inputs[0] {
		return ""
	}
	return l.unshifted(n.Inputs[0])
}

// summed returns the value whose sum over one axis a value holds, also where it was spread again.
func (l *links) summed(value string) string {
	n := l.node(l.spread(value))
	if !n.is("ReduceSum") {
		return ""
	}
	if axes, ok := l.g.Weights[n.input(1)]; !ok || axes.Len() != 1 {
		return ""
	}
	return n.Inputs[0]
}

// spread goes back over what brings a value with one number a row to the rows' shape.
func (l *links) spread(value string) string {
	for range longestTail {
		n := l.node(value)
		if !n.is("Expand", "Reshape", "Unsqueeze", "Identity", "Cast") {
			break
		}
		value = n.Inputs[0]
	}
	return value
}

// unshifted returns x of x - max(x), which leaves a softmax as it is, and any other value as it is.
func (l *links) unshifted(value string) string {
	n := l.node(value)
	if !n.is("Sub") || len(n.Inputs) != 2 {
		return value
	}
	top := l.node(l.spread(n.Inputs[1]))
	if top.is("Max") { // jax bounds it from below by a constant
		for _, s := range top.Inputs {
			if m := l.node(l.spread(s)); m != nil {
				top = m
			}
		}
	}
	if top.is("ReduceMax") && top.Inputs[0] == n.Inputs[0] {
		return n.Inputs[0]
	}
	return value
}

// sigmoidInput returns x of 1 / (1 + exp(-x)), "" where a value is not that.
func (l *links) sigmoidInput(n *Node) string {
	below := ""
	switch {
	case n.is("Reciprocal"):
		below = n.Inputs[0]
	case n.is("Div") && len(n.Inputs) == 2 && l.scalar(n.Inputs[0]) == 1:
		below = n.Inputs[1]
	}
	sum := l.node(below)
	if !sum.is("Add") || len(sum.Inputs) != 2 {
		return ""
	}
	for i, s := range sum.Inputs {
		e := l.node(s)
		if !e.is("Exp") || l.scalar(sum.Inputs[1-i]) != 1 {
			continue
		}
		if minus := l.node(e.Inputs[0]); minus.is("Neg") {
			return minus.Inputs[0]
		}
	}
	return ""
}
