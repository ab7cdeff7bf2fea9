package receptive

import (
	"math"

	"github.com/stratascope/stratascope/graph"
)

// windows are operators that move a window over all axes from the third on.
var windows = words("AveragePool Conv ConvInteger ConvTranspose LpPool MaxPool QLinearConv")

func (f *Fields) window(n *graph.Node, x *state, shape []graph.Dim) *state {
	if len(x.axes) != len(shape) || len(shape) < 3 {
		return lost(shape, x)
	}
	weight := map[string]int{"Conv": 1, "ConvInteger": 1, "ConvTranspose": 1, "QLinearConv": 3}[n.Op]
	kernel := n.Attributes.Ints("kernel_shape")
	to := places(len(shape), 0)
	if weight > 0 {
		w := f.graph.Weights[n.Inputs[weight]]
		if kernel == nil && (!w.Valid() || w.Rank() != len(shape)) {
			return lost(shape, x)
		}
		for i := 2; kernel == nil || len(kernel) < len(shape)-2; i++ {
			kernel = append(kernel, int64(w.Dim(i)))
		}
		if g := n.Attributes.Int("group", 1); g == 1 || len(x.axes[1]) != 1 || int64(x.axes[1][0].size) != g {
			to[1] = none
		}
	}
	if len(kernel) != len(shape)-2 {
		return lost(shape, x)
	}
	s := f.combine(shape, operand{x, to})
	for i, k := range kernel {
		stride, reach := at(n.Attributes.Ints("strides"), i), float64((k-1)*at(n.Attributes.Ints("dilations"), i))
		factor := float64(stride)
		if n.Op == "ConvTranspose" { // an output lies under a stride-th of the window's places
			reach, factor = math.Ceil((reach+1)/factor)-1, 1/factor
		}
		if axis := 2 + i; reach > 0 || stride != 1 || k != 1 {
			f.stretch(s, axis, shape[axis], reach, factor)
		} else {
			s.axes[axis] = x.axes[axis]
		}
	}
	return f.resized(s, shape)
}

// at returns an element of a list that is 1 where it is not given.
func at(list []int64, i int) int64 {
	if i < len(list) {
		return list[i]
	}
	return 1
}
