package train

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

const largest = 1e4 // of a weight that is added or multiplied; masks hold larger ones

// learned are the inputs of operators that hold weights which their authors trained. Of those at -1 any may,
// if it joins what comes from another trained weight, so that an input's normalisation is none.
var learned = map[string][]int{
	"Conv": {1, 2}, "ConvTranspose": {1, 2}, "Gemm": {0, 1, 2}, "MatMul": {0, 1}, "Einsum": {0, 1, 2, 3}, "Gather": {0},
	"LSTM": {1, 2, 3, 7}, "GRU": {1, 2, 3}, "RNN": {1, 2, 3}, "PRelu": {1},
	"BatchNormalization": {1, 2}, "LayerNormalization": {1, 2}, "InstanceNormalization": {1, 2}, "GroupNormalization": {1, 2},
	"RMSNormalization": {1}, "Add": {-1}, "Mul": {-1}, "Concat": {-1}, "Expand": {0},
}

// Learned lists the weights that a training moves if it is not told which: floats that stand where operators
// have trained weights. A file does not say which of its constants were trained, so a table of positions that
// was calculated counts, too; Options.Frozen keeps it.
func Learned(g *graph.Graph) []string {
	found, deep := map[string]bool{}, map[string]bool{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		reach := slices.ContainsFunc(n.Inputs, func(s string) bool { return deep[s] })
		places := learned[n.Op]
		if n.Domain != "" {
			places = nil
		}
		beside := len(places) > 0 && (places[0] < 0 || n.Op == "Expand")
		for k, name := range n.Inputs {
			w, ok := g.Weights[name]
			at := slices.Contains(places, k) || len(places) > 0 && places[0] < 0 && reach
			if ok && at && w.DType() == tensor.Float32 && (!beside || w.Len() > 1 && modest(w)) {
				found[name], reach = true, true
			}
		}
		for _, s := range n.Outputs {
			deep[s] = reach && s != ""
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func modest(w tensor.Tensor) bool {
	return !slices.ContainsFunc(w.Float32s(), func(v float32) bool { return !(math.Abs(float64(v)) < largest) })
}

// owners gives weights the layers they belong to.
func owners(g *graph.Graph, names []string) map[string]string {
	out := map[string]string{}
	for _, l := range g.Layers {
		own := []string{l.Weight, l.Bias}
		if l.Norm != nil {
			own = append(own, l.Norm.Scale, l.Norm.Bias)
		}
		for _, name := range own {
			if name != "" && out[name] == "" {
				out[name] = l.Name
			}
		}
	}
	for _, name := range names {
		if out[name] != "" {
			continue
		}
		for _, l := range g.Layers { // else the layer whose name begins the weight's
			if strings.HasPrefix(name, l.Name+".") && len(l.Name) > len(out[name]) {
				out[name] = l.Name
			}
		}
	}
	return out
}

// choose returns which of names a list of weights, layers and patterns means. Each has to mean one.
func choose(what string, list, names []string, layers map[string]string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, p := range list {
		some := false
		for _, name := range names {
			hit := p == name || p == layers[name]
			for _, s := range []string{name, layers[name]} {
				if ok, err := path.Match(p, s); err != nil {
					return nil, fmt.Errorf("%s: %q is no pattern", what, p)
				} else if ok && s != "" {
					hit = true
				}
			}
			if hit {
				out[name], some = true, true
			}
		}
		if !some {
			return nil, fmt.Errorf("%s: %q names no weight or layer that is trained", what, p)
		}
	}
	return out, nil
}
