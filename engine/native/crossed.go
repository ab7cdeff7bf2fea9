package native

import (
	"slices"

	"github.com/stratascope/stratascope/op"
)

// crossed lets a matrix product read an operand as it lies where a Transpose exchanges no more than the last two
// dimensions, and nobody else wants the transposed value. Gradients of products are of that kind.
func (p *program) crossed(plan []planned) {
	made, uses := map[string]int{}, p.uses(plan)
	for i := range plan {
		n := plan[i].node
		if n.Domain != "" || plan[i].run != nil || plan[i].skipped {
			continue
		}
		if n.Op == "Transpose" {
			if swaps(n.Attributes.Ints("perm")) && len(uses[n.Outputs[0]]) == 1 && !p.wanted[p.slots[n.Outputs[0]]] {
				made[n.Outputs[0]] = i
			}
			continue
		}
		if n.Op != "MatMul" || len(n.Inputs) != 2 || n.Inputs[0] == n.Inputs[1] {
			continue
		}
		inputs, turned := slices.Clone(n.Inputs), [2]bool{}
		for k, name := range n.Inputs {
			if at, ok := made[name]; ok {
				plan[at].skipped, turned[k] = true, true
				inputs[k] = plan[at].node.Inputs[0]
			}
		}
		if turned[0] || turned[1] {
			plan[i].inputs, plan[i].run = inputs, op.MatMulOf(turned[0], turned[1])
		}
	}
}

// swaps says whether a permutation exchanges the last two dimensions and keeps the others.
func swaps(perm []int64) bool {
	n := len(perm)
	for i, at := range perm {
		want := i
		if i >= n-2 {
			want = 2*n - 3 - i
		}
		if int(at) != want {
			return false
		}
	}
	return n >= 2
}
