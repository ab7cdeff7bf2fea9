package receptive

import (
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// pointwise are operators whose elements see what stands at their place, values with fewer axes or of size 1
// repeated; what normalisations see beside it is not counted.
var pointwise = words(`Abs Acos Acosh Add And Asin Asinh Atan Atanh BatchNormalization Bernoulli BitShift BitwiseAnd BitwiseNot
	BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Cos Cosh DequantizeLinear Div Dropout Elu Equal Erf Exp Expand Floor Gelu
	Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LRN
	LayerNormalization LeakyRelu Less LessOrEqual Log LpNormalization Max Mean MeanVarianceNormalization Min Mish Mod Mul Neg Not
	Or PRelu Pow QuantizeLinear RMSNormalization Reciprocal Relu Round Selu Shrink Sigmoid Sign SimplifiedLayerNormalization Sin
	Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Trilu Where Xor`)

// reshapes only give a value another shape.
var reshapes = words("Flatten Reshape Squeeze Unsqueeze")

// sizesOnly give what depends on the shape of a value alone.
var sizesOnly = words("ConstantOfShape RandomNormalLike RandomUniformLike Shape Size")

// along see all of an axis, which stays.
var along = words("CumSum Hardmax LogSoftmax Softmax")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// node finds the fields of a node's outputs.
func (f *Fields) node(n *graph.Node) {
	for i, name := range n.Outputs {
		if name == "" {
			continue
		}
		shape := f.graph.Values[name].Shape
		s := (*state)(nil)
		switch {
		case n.Domain == "" && sizesOnly[n.Op]:
		case shape == nil || n.Domain != "" || n.Control() || i > 0 && n.Op != "Split" && !recurrent(n):
			s = lost(shape, f.reads(n)...)
		default:
			s = f.rule(n, i, shape)
		}
		if s != nil {
			f.values[name] = s
		}
	}
}

// reads returns the states of all a node reads, those that graphs inside it read included.
func (f *Fields) reads(n *graph.Node) []*state {
	var out []*state
	for _, name := range n.Inputs {
		out = append(out, f.values[name])
	}
	for _, sub := range n.Subgraphs {
		for i := range sub.Nodes {
			out = append(out, f.reads(&sub.Nodes[i])...)
		}
		for _, name := range sub.Outputs {
			out = append(out, f.values[name])
		}
	}
	return out
}

// rule returns the state of an output by the operator; what is not listed sees everything.
func (f *Fields) rule(n *graph.Node, output int, shape []graph.Dim) *state {
	x := f.in(n, 0)
	switch {
	case pointwise[n.Op]:
		return f.combine(shape, f.all(n, shape)...)
	case n.Op == "Concat":
		return f.concat(n, shape)
	case n.Op == "MatMul" || n.Op == "MatMulInteger":
		return f.matMul(shape, x, f.in(n, 1))
	case n.Op == "QLinearMatMul":
		return f.matMul(shape, x, f.in(n, 3))
	case n.Op == "Gemm":
		return f.gemm(n, shape)
	case n.Op == "Einsum":
		return f.einsum(n, shape)
	case n.Op == "Gather":
		return f.gather(n, shape)
	case x == nil || len(f.others(n)) > 0: // a constant that an input changes, or a window that it moves
		return lost(shape, f.reads(n)...)
	case reshapes[n.Op]:
		axes, ok := regroup(x.axes, shape)
		if !ok {
			return lost(shape, x)
		}
		return &state{x.span, axes}
	case windows[n.Op]:
		return f.window(n, x, shape)
	case strings.HasPrefix(n.Op, "Reduce") || n.Op == "ArgMax" || n.Op == "ArgMin":
		return f.reduce(n, x, shape)
	case strings.HasPrefix(n.Op, "Global") && len(shape) == len(x.axes):
		to := places(len(shape), 0)
		for i := 2; i < len(to); i++ {
			to[i] = none
		}
		return f.combine(shape, operand{x, to})
	case recurrent(n):
		return f.recurrent(n, output, x, shape)
	case n.Op == "Transpose":
		return f.transpose(n, x, shape)
	case len(shape) != len(x.axes):
		return lost(shape, x)
	}
	s := f.combine(shape, operand{x, places(len(shape), 0)})
	switch {
	case n.Op == "Pad" || n.Op == "Split":
		return f.crop(n, output, s, shape)
	case n.Op == "Tile":
		for i, d := range shape {
			if !fits(x.axes[i], d) && !repeated(x.axes[i], d) {
				anywhere(s, x.axes[i])
			}
		}
		return f.resized(s, shape)
	case n.Op == "Slice":
		return f.slice(n, s, shape)
	case n.Op == "Resize":
		return f.resize(n, s, shape)
	case n.Op == "DepthToSpace" || n.Op == "SpaceToDepth":
		return f.blocks(n, s, shape)
	case along[n.Op]:
		if axis, ok := f.axis(n, len(shape)); ok {
			for _, p := range s.axes[axis] {
				if p.axis != none {
					s.span[p.axis] = whole
				}
			}
			return s
		}
	}
	return lost(shape, x)
}

// in returns the state of an input, nil where there is none or it depends on no input of the graph.
func (f *Fields) in(n *graph.Node, i int) *state {
	if i >= len(n.Inputs) {
		return nil
	}
	return f.values[n.Inputs[i]]
}

// all returns what a node reads, the last axes of each upon the last of the output.
func (f *Fields) all(n *graph.Node, shape []graph.Dim) []operand {
	var out []operand
	for i := range n.Inputs {
		if s := f.in(n, i); s != nil && len(s.axes) <= len(shape) {
			out = append(out, operand{s, places(len(s.axes), len(shape)-len(s.axes))})
		}
	}
	return out
}

// others returns the inputs beside the first that depend on an input of the graph.
func (f *Fields) others(n *graph.Node) []*state {
	return slices.DeleteFunc(f.reads(n)[1:], func(s *state) bool { return s == nil })
}

// places are n axes from one on.
func places(n, from int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = from + i
	}
	return out
}

// constant returns the whole numbers of an input that is a weight.
func (f *Fields) constant(n *graph.Node, i int) ([]int64, bool) {
	if i >= len(n.Inputs) {
		return nil, false
	}
	w, ok := f.graph.Weights[n.Inputs[i]]
	if !ok || w.DType() != tensor.Int64 {
		return nil, false
	}
	return w.Int64s(), true
}

// axis returns the one axis that an operator works along.
func (f *Fields) axis(n *graph.Node, rank int) (int, bool) {
	axis := n.Attributes.Int("axis", -1)
	if n.Op == "CumSum" {
		v, ok := f.constant(n, 1)
		if !ok || len(v) != 1 {
			return 0, false
		}
		axis = v[0]
	}
	return within(axis, rank)
}

// within counts an axis from the front.
func within(axis int64, rank int) (int, bool) {
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis), axis >= 0 && axis < int64(rank)
}
