package grad

import (
	"math"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// unknown is a shape of a rank whose sizes cannot be told: they depend on values, as what NonZero finds.
func unknown(rank int) []graph.Dim {
	if rank < 0 {
		return nil
	}
	shape := make([]graph.Dim, rank)
	for i := range shape {
		shape[i].Size = -1
	}
	return shape
}

// ranked tells the type and rank of an output of a node whose sizes are not known, as far as it can.
func (b *builder) ranked(n *graph.Node, output int) graph.Value {
	r := &ranks{b, n}
	d, rank := r.dtype(0), r.of(0)
	switch {
	case n.Op == "Attention" && output == 0:
		return graph.Value{DType: d, Shape: unknown(rank)}
	case n.Op == "Attention":
		return graph.Value{DType: d, Shape: unknown(4)}
	case n.Op == "Unique" && output > 0:
		return graph.Value{DType: tensor.Int64, Shape: unknown(1)}
	case output > 0:
		return graph.Value{}
	}
	switch n.Op {
	case "NonZero":
		d, rank = tensor.Int64, 2
	case "Shape": // whose rank tells its size
		d = tensor.Int64
		if rank >= 0 {
			lo, hi := bound(n.Attributes.Int("start", 0), int64(rank)), bound(n.Attributes.Int("end", math.MaxInt64), int64(rank))
			return graph.Value{DType: d, Shape: []graph.Dim{{Size: int(max(0, hi-lo))}}}
		}
		rank = 1
	case "Cast":
		d = shape.Types[n.Attributes.Int("to", 0)]
	case "And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Or":
		d, rank = tensor.Bool, r.widest()
	case "Add", "Div", "Max", "Mean", "Min", "Mod", "Mul", "Pow", "Sub", "Sum":
		rank = r.widest()
	case "Where":
		d, rank = r.dtype(1), r.widest()
	case "Gather":
		rank = less(add(rank, r.of(1)), 1)
	case "GatherElements":
		rank = r.of(1)
	case "Col2Im":
		rank = add(2, r.listed(1))
	case "Compress", "Unique":
		if n.Attributes["axis"] == nil {
			rank = 1
		}
	case "Squeeze":
		rank = less(rank, r.listed(1))
	case "Unsqueeze":
		rank = add(rank, r.listed(1))
	case "Reshape":
		rank = r.listed(1)
	case "Expand":
		rank = min(rank, r.listed(1)) // -1 if either is not known
		if rank >= 0 {
			rank = max(r.of(0), r.listed(1))
		}
	case "ConstantOfShape":
		d, rank = tensor.Float32, r.listed(0)
		if v, ok := n.Attributes["value"].(tensor.Tensor); ok {
			d = v.DType()
		}
	case "Range":
		rank = 1
	case "RoiAlign":
		rank = 4
	case "Gemm":
		rank = 2
	case "MatMul":
		rank = r.product()
	case "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum":
		if n.Attributes.Int("keepdims", 1) == 0 {
			rank = less(rank, r.listed(1))
		}
	default:
		if !keepsRank[n.Op] {
			return graph.Value{}
		}
	}
	return graph.Value{DType: d, Shape: unknown(rank)}
}

// keepsRank lists operators whose first output has the type and the rank of the first input.
var keepsRank = set(`Abs Ceil Clip Concat Conv ConvTranspose Cos CumSum DeformConv Dropout Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity
	LayerNormalization LeakyRelu Log LogSoftmax Mish Neg Not PRelu Pad RMSNormalization Reciprocal Relu Round ScatterElements ScatterND
	Sigmoid Sign Sin Slice Softmax Softplus Split Sqrt Swish Tanh Tile Transpose`)

func set(list string) map[string]bool {
	out := map[string]bool{}
	for _, s := range strings.Fields(list) {
		out[s] = true
	}
	return out
}

// ranks reads what is known of a node's inputs.
type ranks struct {
	*builder
	n *graph.Node
}

// of returns the rank of an input, -1 if it is not known.
func (r *ranks) of(i int) int {
	if i >= len(r.n.Inputs) {
		return -1
	}
	if v := r.values[r.n.Inputs[i]]; v.Shape != nil {
		return len(v.Shape)
	}
	return -1
}

func (r *ranks) dtype(i int) tensor.DType {
	if i >= len(r.n.Inputs) {
		return tensor.Invalid
	}
	return r.values[r.n.Inputs[i]].DType
}

// listed returns how many elements an input has that is a list, -1 if that is not known.
func (r *ranks) listed(i int) int {
	if r.of(i) != 1 {
		return -1
	}
	return r.values[r.n.Inputs[i]].Shape[0].Size
}

// widest returns the rank that all inputs broadcast to.
func (r *ranks) widest() int {
	most := 0
	for i := range r.n.Inputs {
		n := r.of(i)
		if n < 0 {
			return -1
		}
		most = max(most, n)
	}
	return most
}

// add and less are -1 where an operand is not known.
func add(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

func less(a, b int) int {
	if a < b || b < 0 {
		return -1
	}
	return a - b
}

func (r *ranks) product() int {
	a, b := r.of(0), r.of(1)
	switch {
	case a < 1 || b < 1:
		return -1
	case a == 1 || b == 1:
		return max(a, b) - 1
	}
	return max(a, b)
}
