package stratascope

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// parts are the ends of names under which frameworks keep the tensors of one layer.
var parts = map[string]func(n *graph.Norm) *string{
	"weight":       func(n *graph.Norm) *string { return &n.Scale },
	"bias":         func(n *graph.Norm) *string { return &n.Bias },
	"running_mean": func(n *graph.Norm) *string { return &n.Mean },
	"running_var":  func(n *graph.Norm) *string { return &n.Variance },
}

// tensorLayers groups tensors into layers, in the order of their names: conv1.weight and conv1.bias are conv1,
// every tensor of another end is a layer of its own.
func tensorLayers(weights map[string]tensor.Tensor) []graph.Layer {
	held := map[string]*graph.Norm{}
	size := map[string]int{}
	for name, t := range weights {
		owner := name
		part := func(n *graph.Norm) *string { return &n.Scale }
		if at := strings.LastIndexByte(name, '.'); at > 0 && parts[name[at+1:]] != nil {
			owner, part = name[:at], parts[name[at+1:]]
		}
		if held[owner] == nil {
			held[owner] = &graph.Norm{}
		}
		*part(held[owner]) = name
		size[owner] += t.Len()
	}
	owners := make([]string, 0, len(held))
	for owner := range held {
		owners = append(owners, owner)
	}
	slices.SortFunc(owners, natural)
	out := make([]graph.Layer, len(owners))
	for i, owner := range owners {
		n := held[owner]
		out[i] = graph.Layer{Name: owner, Index: i + 1, Depth: float64(i+1) / float64(len(owners)), Op: "Weights", Groups: 1, Parameters: size[owner], Weight: n.Scale, Bias: n.Bias}
		if n.Mean+n.Variance != "" {
			out[i].Op, out[i].Norm, out[i].Weight, out[i].Bias = "Norm", n, "", ""
		}
	}
	return out
}

// natural compares names so that block2 stands before block10.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		i, j := digits(x), digits(y)
		if i > 0 && j > 0 {
			p, q := strings.TrimLeft(x[:i], "0"), strings.TrimLeft(y[:j], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
			x, y = x[i:], y[j:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
