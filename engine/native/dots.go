package native

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// dots joins ReduceSum(Mul(a, b)) and the same with ReduceMean, which gradients of normalisations and of Softmax
// have, where nobody else wants the product.
func (p *program) dots(plan []planned) {
	made, uses := map[string]int{}, p.uses(plan)
	for i := range plan {
		n := plan[i].node
		if n.Domain != "" || plan[i].run != nil || plan[i].skipped {
			continue
		}
		if n.Op == "Mul" && len(n.Inputs) == 2 {
			made[n.Outputs[0]] = i
			continue
		}
		if n.Op != "ReduceSum" && n.Op != "ReduceMean" || len(n.Inputs) != 2 {
			continue
		}
		at, ok := made[n.Inputs[0]]
		axes := p.constant(n.Inputs[1])
		if !ok || len(uses[n.Inputs[0]]) != 1 || p.wanted[p.slots[n.Inputs[0]]] || !axes.Valid() || axes.DType() != tensor.Int64 || axes.Len() == 0 {
			continue
		}
		plan[at].skipped = true
		plan[i].inputs, plan[i].run = plan[at].node.Inputs, dot(plan[at].node, n, axes)
	}
}

// dot runs both nodes as one, or, on shapes that it does not know, one after the other.
func dot(product, sum *graph.Node, axes tensor.Tensor) op.Func {
	keep, mean, reduce := sum.Attributes.Int("keepdims", 1) != 0, sum.Op == "ReduceMean", op.ReduceSum
	if mean {
		reduce = op.ReduceMean
	}
	return func(x *op.Exec, _ op.Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		y, err := op.SumProducts(x, in[0], in[1], axes.Int64s(), keep, mean)
		if err != nil || y.Valid() {
			return []tensor.Tensor{y}, err
		}
		apart := *x
		apart.Alloc = nil
		products, err := op.Mul.Run(&apart, product.Attributes, in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", product.Name, err)
		}
		return reduce.Run(&apart, sum.Attributes, []tensor.Tensor{products[0], axes})
	}
}
