package native

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// masks joins Where(Greater(x, bound), v, 0) and the same with Less, which gradients of Relu and Clip are, where
// nobody else wants what the comparison gives: one pass without a tensor of truths.
func (p *program) masks(plan []planned) {
	made, uses := map[string]int{}, p.uses(plan)
	for i := range plan {
		n := plan[i].node
		if n.Domain != "" || plan[i].run != nil || plan[i].skipped {
			continue
		}
		if n.Op == "Greater" || n.Op == "Less" {
			made[n.Outputs[0]] = i
			continue
		}
		if n.Op != "Where" || len(n.Inputs) != 3 {
			continue
		}
		at, ok := made[n.Inputs[0]]
		if !ok || len(uses[n.Inputs[0]]) != 1 || p.wanted[p.slots[n.Inputs[0]]] {
			continue
		}
		zero, compared := p.constant(n.Inputs[2]), plan[at].node
		bound := p.constant(compared.Inputs[1])
		if !single(zero) || !single(bound) || math.Float32bits(zero.Float32s()[0]) != 0 {
			continue
		}
		plan[at].skipped = true
		plan[i].inputs, plan[i].inPlace = []string{n.Inputs[1], compared.Inputs[0]}, true
		plan[i].run = masked(compared, n, bound, zero)
	}
}

// single says whether a constant is one float32.
func single(t tensor.Tensor) bool {
	return t.Valid() && t.DType() == tensor.Float32 && t.Len() == 1 && t.Rank() == 0
}

// uses lists the planned nodes that read each value.
func (p *program) uses(plan []planned) map[string][]int {
	uses := map[string][]int{}
	for i := range plan {
		for _, name := range plan[i].node.Reads() {
			if name != "" {
				uses[name] = append(uses[name], i)
			}
		}
	}
	return uses
}

// masked runs both nodes as one, or, on shapes that have to be broadcast, one after the other.
func masked(compared, where *graph.Node, bound, zero tensor.Tensor) op.Func {
	keep, test := kernel.Above32, op.Greater
	if compared.Op == "Less" {
		keep, test = kernel.Below32, op.Less
	}
	return func(x *op.Exec, _ op.Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		v, by := in[0], in[1]
		if v.DType() != tensor.Float32 || by.DType() != tensor.Float32 || !slices.Equal(v.Shape(), by.Shape()) {
			apart := *x
			apart.Alloc = nil
			truths, err := test.Run(&apart, compared.Attributes, []tensor.Tensor{by, bound})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", compared.Name, err)
			}
			return op.Where.Run(&apart, where.Attributes, []tensor.Tensor{truths[0], v, zero})
		}
		y, err := x.New(tensor.Float32, v.Shape()...)
		if err != nil {
			return nil, err
		}
		x.Spans(y.Len(), func(lo, hi int) {
			keep(y.Float32s()[lo:hi], v.Float32s()[lo:hi], by.Float32s()[lo:hi], bound.Float32s()[0])
		})
		return []tensor.Tensor{y}, nil
	}
}
