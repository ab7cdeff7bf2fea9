package graph

import "github.com/stratascope/stratascope/tensor"

// elementwise are the operators activations are made of, as exporters write them.
var elementwise = map[string]bool{
	"Abs": true, "Add": true, "Celu": true, "Clip": true, "Div": true, "Elu": true, "Erf": true, "Exp": true, "Gelu": true,
	"HardSigmoid": true, "HardSwish": true, "LeakyRelu": true, "Log": true, "Max": true, "Min": true, "Mish": true,
	"Mul": true, "Neg": true, "PRelu": true, "Pow": true, "Reciprocal": true, "Relu": true, "Selu": true, "Shrink": true,
	"Sigmoid": true, "Softplus": true, "Softsign": true, "Sqrt": true, "Sub": true, "Swish": true, "Tanh": true,
	"ThresholdedRelu": true,
}

// linear are those of them that bend nothing when the other operand is a number.
var linear = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true, "Neg": true}

const (
	longestActivation = 16 // nodes
	widestActivation  = 8  // nodes that read one value of it
)

// activation finds the function that a value goes through alone: the smallest set of elementwise nodes
// that depends on the value and numbers only and leaves by one value. Gelu, Silu and HardSwish written
// out in parts are such sets. It returns the value it leaves by and a name, or "" and "".
func (l *links) activation(value string) (out, name string, inside []string) {
	if l.out[value] || len(l.users[value]) == 0 || len(l.users[value]) > widestActivation {
		return "", "", nil
	}
	region := map[string]bool{value: true}
	nodes := map[int]bool{}
	var ops []*Node
	next := append([]int{}, l.users[value]...)
	for len(next) > 0 && len(ops) < longestActivation {
		i := pickReady(l, next, region)
		if i < 0 {
			return "", "", nil
		}
		at := next[i]
		next = append(next[:i], next[i+1:]...)
		n := &l.g.Nodes[at]
		nodes[at] = true
		ops = append(ops, n)
		exit := n.Outputs[0]
		region[exit] = true
		if l.closed(region, nodes, exit) {
			name := nameActivation(l, ops)
			if name == "" {
				return "", "", nil
			}
			exit, inside = l.scaled(exit, len(ops), inside)
			for v := range region {
				inside = append(inside, v)
			}
			return exit, name, inside
		}
		if len(l.users[exit]) > widestActivation {
			break
		}
		for _, u := range l.users[exit] {
			if !nodes[u] && !contains(next, u) {
				next = append(next, u)
			}
		}
	}
	return "", "", nil
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// pickReady returns the position of the first node whose inputs are all inside or numbers, -1 if none.
func pickReady(l *links, next []int, region map[string]bool) int {
	best := -1
	for i, at := range next {
		n := &l.g.Nodes[at]
		if n.Domain != "" || !elementwise[n.Op] || len(n.Outputs) != 1 {
			continue
		}
		ready := true
		for _, s := range n.Inputs {
			if s != "" && !region[s] && !l.number(n, s) {
				ready = false
			}
		}
		if ready && (best < 0 || at < next[best]) {
			best = i
		}
	}
	return best
}

// number reports whether an input is a constant that an activation may have: one number, or a slope
// per unit.
func (l *links) number(n *Node, name string) bool {
	w, ok := l.g.Weights[name]
	return ok && (w.Len() == 1 || n.Op == "PRelu")
}

// closed reports whether all values but the last are read inside only.
func (l *links) closed(region map[string]bool, nodes map[int]bool, exit string) bool {
	for v := range region {
		if v == exit {
			continue
		}
		if l.out[v] {
			return false
		}
		for _, u := range l.users[v] {
			if !nodes[u] {
				return false
			}
		}
	}
	return true
}

// scaled goes on over factors behind a function of several nodes: the half of a Gelu, the sixth of a
// HardSwish.
func (l *links) scaled(exit string, nodes int, inside []string) (string, []string) {
	for nodes > 1 {
		n := l.only(exit)
		if !n.is("Mul", "Div") {
			break
		}
		other := n.input(0)
		if other == exit {
			other = n.input(1)
		}
		if w, ok := l.g.Weights[other]; !ok || w.Len() != 1 {
			break
		}
		inside = append(inside, exit)
		exit = n.Outputs[0]
	}
	return exit, inside
}

func nameActivation(l *links, ops []*Node) string {
	has := map[string]bool{}
	bends := ""
	for _, n := range ops {
		has[n.Op] = true
		if !linear[n.Op] && bends == "" {
			bends = n.Op
		}
	}
	switch {
	case len(ops) == 1 && ops[0].Op == "Clip":
		return nameClip(l, ops[0])
	case len(ops) == 1 && linear[ops[0].Op]:
		return ""
	case len(ops) == 1:
		return ops[0].Op
	case has["Erf"], has["Tanh"] && has["Pow"]:
		return "Gelu"
	case has["Softplus"] && has["Tanh"]:
		return "Mish"
	case has["HardSigmoid"], has["Clip"]:
		return "HardSwish"
	case has["Tanh"]:
		return "Gelu"
	case has["Sigmoid"]:
		return "Silu"
	}
	return bends
}

func nameClip(l *links, n *Node) string {
	low, high := l.scalar(n.input(1)), l.scalar(n.input(2))
	switch {
	case low == 0 && high == 6:
		return "Relu6"
	case low == 0 && n.input(2) == "":
		return "Relu"
	}
	return "Clip"
}

// scalar returns a constant number, or -1 where there is none.
func (l *links) scalar(name string) float64 {
	w, ok := l.g.Weights[name]
	if !ok || w.Len() != 1 {
		return -1
	}
	switch w.DType() {
	case tensor.Float32:
		return float64(w.Float32s()[0])
	case tensor.Float64:
		return w.Float64s()[0]
	case tensor.Int64:
		return float64(w.Int64s()[0])
	}
	return -1
}
