package canonical

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/onnx"
)

// reads returns every name a raw node needs: its inputs and what its graphs take from outside.
func (im *importer) reads(r *raw) []string {
	names := slices.Clone(r.node.Inputs)
	for _, b := range r.graphs {
		im.captures(b.graph, b.frame, map[string]bool{}, &names)
	}
	return names
}

// captures appends the names that a graph uses and does not make itself.
func (im *importer) captures(g *onnx.Graph, f frame, inside map[string]bool, names *[]string) {
	if f.depth > im.options.MaxDepth {
		return
	}
	inside = maps.Clone(inside)
	for _, v := range g.Inputs {
		inside[v.Name] = true
	}
	for _, t := range g.Initializers {
		inside[t.Name] = true
	}
	outer := func(s string) {
		if s != "" && !inside[s] {
			*names = append(*names, im.name(f, s))
		}
	}
	for _, n := range g.Nodes {
		for _, s := range n.Inputs {
			outer(s)
		}
		for _, a := range n.Attributes {
			if sub, ok := a.Value.(*onnx.Graph); ok && sub != nil {
				inner := f
				inner.depth++
				im.captures(sub, inner, inside, names)
			}
		}
		for _, s := range n.Outputs {
			inside[s] = true
		}
	}
	for _, v := range g.Outputs {
		outer(v.Name)
	}
}

// ordered puts nodes in an order in which they can run; the file's own order is kept where it is one.
func (im *importer) ordered(nodes []raw, known map[string]bool) ([]raw, error) {
	made := map[string]bool{}
	for i := range nodes {
		for _, s := range nodes[i].node.Outputs {
			if s != "" && (made[s] || known[s]) {
				return nil, fmt.Errorf("node %d %q (%s): output %q exists already", i+1, nodes[i].node.Name, nodes[i].node.Op, s)
			}
			made[s] = true
		}
	}
	waiting := map[string][]int{} // by a name: nodes that need it
	missing := make([]int, len(nodes))
	have := maps.Clone(known)
	var ready []int // kept sorted by being filled in order of position
	for i := range nodes {
		for _, s := range im.reads(&nodes[i]) {
			if known[s] {
				continue
			}
			if !made[s] {
				return nil, fmt.Errorf("node %d %q (%s): input %q does not exist", i+1, nodes[i].node.Name, nodes[i].node.Op, s)
			}
			waiting[s] = append(waiting[s], i)
			missing[i]++
		}
		if missing[i] == 0 {
			ready = append(ready, i)
		}
	}
	var out []raw
	h := intHeap(ready)
	for len(h) > 0 {
		i := h.pop()
		out = append(out, nodes[i])
		for _, s := range nodes[i].node.Outputs {
			if have[s] {
				continue
			}
			have[s] = true
			for _, k := range waiting[s] {
				if missing[k]--; missing[k] == 0 {
					h.push(k)
				}
			}
		}
	}
	if len(out) < len(nodes) {
		for i := range nodes {
			if missing[i] > 0 {
				return nil, fmt.Errorf("node %d %q (%s) depends on itself", i+1, nodes[i].node.Name, nodes[i].node.Op)
			}
		}
	}
	return out, nil
}

// intHeap gives the smallest of its numbers first.
type intHeap []int

func (h *intHeap) push(v int) {
	*h = append(*h, v)
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if s[up] <= s[i] {
			return
		}
		s[up], s[i] = s[i], s[up]
		i = up
	}
}

func (h *intHeap) pop() int {
	s := *h
	first, last := s[0], len(s)-1
	s[0], s = s[last], s[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && s[down+1] < s[down] {
			down++
		}
		if s[i] <= s[down] {
			break
		}
		s[i], s[down] = s[down], s[i]
		i = down
	}
	*h = s
	return first
}
