package train

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

const distinctValues = 16 // that a weight holds at least before a copy of it is taken for the same weight

// A tie is a weight of which the graph holds a copy: exporters write an embedding and the head that shares it
// as two matrices, one transposed. A training keeps them the same, as they were for their author.
type tie struct {
	copy, of   string
	transposed bool
}

// ties finds matrices that are bit for bit an embedding, or its transpose. Other copies are none: layers that start
// as copies of one another are no one weight, nor are zeros.
func ties(g *graph.Graph, names []string) (out []tie) {
	embeds := map[string]bool{}
	for _, n := range g.Nodes {
		if n.Op == "Gather" && n.Domain == "" {
			embeds[n.Inputs[0]] = true
		}
	}
	taken := map[string]bool{}
	for _, name := range names {
		w := g.Weights[name]
		if !embeds[name] || w.Rank() != 2 || !varied(w.Float32s()) {
			continue
		}
		turned := transpose(w)
		for _, other := range names {
			if v := g.Weights[other]; !embeds[other] && !taken[other] && (equal(v, w) || equal(v, turned)) {
				out, taken[other] = append(out, tie{other, name, !equal(v, w)}), true
			}
		}
	}
	return out
}

func varied(v []float32) bool {
	seen := map[uint32]bool{}
	for _, x := range v {
		if seen[math.Float32bits(x)] = true; len(seen) >= distinctValues {
			return true
		}
	}
	return false
}

func equal(v, w tensor.Tensor) bool {
	return slices.Equal(v.Shape(), w.Shape()) && slices.Equal(v.Float32s(), w.Float32s())
}

func transpose(w tensor.Tensor) tensor.Tensor {
	rows, columns := w.Dim(0), w.Dim(1)
	out := tensor.New(tensor.Float32, columns, rows)
	from, to := w.Float32s(), out.Float32s()
	for i := range rows {
		for k := range columns {
			to[k*rows+i] = from[i*columns+k]
		}
	}
	return out
}

// value is the copy of a weight.
func (t tie) value(w tensor.Tensor) tensor.Tensor {
	if t.transposed {
		return transpose(w)
	}
	return w
}

// tie makes copies values that nodes calculate.
func (s *sketch) tie(list []tie) {
	for _, t := range list {
		delete(s.Weights, t.copy)
		n := graph.Node{Name: t.copy, Op: "Identity", Inputs: []string{t.of}, Outputs: []string{t.copy}}
		if t.transposed {
			n.Op, n.Attributes = "Transpose", op.Attributes{"perm": []int64{1, 0}}
		}
		s.Nodes = slices.Insert(s.Nodes, 0, n)
	}
}

// tied is the weight that a name stands for.
func (n *network) tied(name string) string {
	for _, t := range n.ties {
		if t.copy == name {
			return t.of
		}
	}
	return name
}
