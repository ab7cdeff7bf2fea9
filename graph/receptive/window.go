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
		axis := 2 + i
		stride, reach := float64(at(n.Attributes.Ints("strides"), i, 1)), float64((k-1)*at(n.Attributes.Ints("dilations"), i, 1))
		pad := before(n, i, reach, stride, f.graph.Values[n.Inputs[0]].Shape)
		from, until, factor := -pad, reach-pad, stride
		if n.Op == "ConvTranspose" { // an output lies under a stride-th of the window's places
			from, factor = math.Ceil((pad-reach)/stride), 1/stride
			until = from + math.Ceil((reach+1)/stride) - 1
		}
		if from != 0 || until != 0 || factor != 1 {
			stretch(s, axis, shape[axis], from, until, factor)
		}
	}
	return f.resized(s, shape)
}

// before returns how far the first window reaches over the edge.
func before(n *graph.Node, i int, reach, stride float64, in []graph.Dim) float64 {
	mode := n.Attributes.Str("auto_pad", "NOTSET")
	switch mode {
	case "SAME_UPPER", "SAME_LOWER":
		over := reach + 1 - stride
		if size := float64(in[2+i].Size); size > 0 && n.Op != "ConvTranspose" {
			over = (math.Ceil(size/stride)-1)*stride + reach + 1 - size
		}
		if over = max(0, over); mode == "SAME_UPPER" {
			return math.Floor(over / 2)
		}
		return math.Ceil(over / 2)
	case "VALID":
		return 0
	}
	return float64(at(n.Attributes.Ints("pads"), i, 0))
}

// at returns an element of a list that may not be given.
func at(list []int64, i int, otherwise int64) int64 {
	if i < len(list) {
		return list[i]
	}
	return otherwise
}
