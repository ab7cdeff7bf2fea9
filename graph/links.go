package graph

import "github.com/stratascope/stratascope/tensor"

// links knows who makes and who reads each value of a graph.
type links struct {
	g     *Graph
	maker map[string]int   // node that makes a value
	users map[string][]int // nodes that read it, in order; a node inside another's graph counts as that
	out   map[string]bool  // outputs of the graph
}

func link(g *Graph) *links {
	l := &links{g: g, maker: map[string]int{}, users: map[string][]int{}, out: map[string]bool{}}
	for i := range g.Nodes {
		for _, s := range g.Nodes[i].Inputs {
			l.read(s, i)
		}
		for _, sub := range g.Nodes[i].Subgraphs {
			l.readInside(sub, i)
		}
		for _, s := range g.Nodes[i].Outputs {
			if s != "" {
				l.maker[s] = i
			}
		}
	}
	for _, s := range g.Outputs {
		l.out[s] = true
	}
	return l
}

func (l *links) read(name string, node int) {
	if u := l.users[name]; name != "" && (len(u) == 0 || u[len(u)-1] != node) {
		l.users[name] = append(u, node)
	}
}

func (l *links) readInside(sub *Graph, node int) {
	for i := range sub.Nodes {
		for _, s := range sub.Nodes[i].Inputs {
			l.read(s, node)
		}
		for _, inner := range sub.Nodes[i].Subgraphs {
			l.readInside(inner, node)
		}
	}
	for _, s := range sub.Outputs {
		l.read(s, node)
	}
}

// node returns the node that makes a value, nil for inputs and weights.
func (l *links) node(value string) *Node {
	if i, ok := l.maker[value]; ok {
		return &l.g.Nodes[i]
	}
	return nil
}

// only returns the one node that reads a value which is not an output; nil if there are none or several.
func (l *links) only(value string) *Node {
	if u := l.users[value]; len(u) == 1 && !l.out[value] {
		return &l.g.Nodes[u[0]]
	}
	return nil
}

// constant returns the weight behind a name, also where a transposition, a cast or a change of shape
// that was too large to fold stands between.
func (l *links) constant(name string) (string, tensor.Tensor, bool) {
	for range 4 {
		if w, ok := l.g.Weights[name]; ok {
			return name, w, true
		}
		n := l.node(name)
		if n == nil || n.Domain != "" || len(n.Inputs) == 0 {
			break
		}
		switch n.Op {
		case "Transpose", "Cast", "Reshape", "Identity", "DequantizeLinear":
			name = n.Inputs[0]
		default:
			return "", tensor.Tensor{}, false
		}
	}
	return "", tensor.Tensor{}, false
}

// input returns a node's input, "" if it has none there.
func (n *Node) input(i int) string {
	if i < len(n.Inputs) {
		return n.Inputs[i]
	}
	return ""
}

func (n *Node) output(i int) string {
	if i < len(n.Outputs) {
		return n.Outputs[i]
	}
	return ""
}

// is reports whether a node is one of these operators of ai.onnx.
func (n *Node) is(ops ...string) bool {
	if n == nil || n.Domain != "" {
		return false
	}
	for _, op := range ops {
		if n.Op == op {
			return true
		}
	}
	return false
}
