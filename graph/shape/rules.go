package shape

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// A rule fills the outputs of a call. What it cannot know it leaves; an error means the node does not
// fit its inputs under this assignment.
type rule func(c *call) error

// random operators give another value each time; nothing is calculated with them.
var random = map[string]bool{
	"RandomNormal": true, "RandomNormalLike": true, "RandomUniform": true, "RandomUniformLike": true,
	"Bernoulli": true, "Multinomial": true,
}

// domainRules are those of operators outside ai.onnx, by domain and name.
var domainRules = map[string]rule{
	"com.microsoft.Gelu": likeFirst, "com.microsoft.FastGelu": likeFirst, "com.microsoft.QuickGelu": likeFirst,
	"com.microsoft.BiasGelu": likeFirst, "com.microsoft.FusedMatMul": matMul, "com.microsoft.FusedConv": conv,
	"com.microsoft.SkipLayerNormalization": likeFirst, "com.microsoft.SimplifiedLayerNormalization": likeFirst,
	"com.microsoft.FusedGemm": gemm,
}

// dependent operators give shapes that depend on values.
var dependent = map[string]bool{"NonZero": true, "Compress": true, "Unique": true, "NonMaxSuppression": true}

// rules by the operator's name in the canonical form. An operator that is missing here is run on zeros.
var rules = byName([]named{
	{likeFirst, names(
		"Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitwiseNot", "Ceil", "Celu", "Clip",
		"Cos", "Cosh", "CumSum", "Elu", "Erf", "Exp", "Floor", "Gelu", "GroupNormalization", "HardSigmoid",
		"HardSwish", "Hardmax", "Identity", "InstanceNormalization", "LeakyRelu", "Log", "LogSoftmax", "LpNormalization",
		"LRN", "MeanVarianceNormalization", "Mish", "Neg", "PRelu", "RMSNormalization", "Reciprocal", "Relu",
		"RotaryEmbedding", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softmax", "Softplus", "Softsign",
		"Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Trilu", "ScatterElements", "ScatterND", "Scatter",
		"ReverseSequence")},
	{likeFirstBool, names("Not", "IsNaN", "IsInf")},
	{broadcast, names("Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean", "BitShift",
		"BitwiseAnd", "BitwiseOr", "BitwiseXor", "And", "Or", "Xor")},
	{compare, names("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")},
	{where, names("Where")},
	{cast, names("Cast")},
	{castLike, names("CastLike")},
	{dropout, names("Dropout")},
	{batchNorm, names("BatchNormalization")},
	{layerNorm, names("LayerNormalization")},
	{conv, names("Conv")},
	{convTranspose, names("ConvTranspose")},
	{pool, names("MaxPool", "AveragePool", "LpPool")},
	{globalPool, names("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")},
	{gemm, names("Gemm")},
	{matMul, names("MatMul")},
	{attention, names("Attention")},
	{reduce, names("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
		"ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare")},
	{argReduce, names("ArgMax", "ArgMin")},
	{shapeOf, names("Shape")},
	{size, names("Size")},
	{reshape, names("Reshape")},
	{flatten, names("Flatten")},
	{squeeze, names("Squeeze")},
	{unsqueeze, names("Unsqueeze")},
	{transpose, names("Transpose")},
	{concat, names("Concat")},
	{split, names("Split")},
	{slice, names("Slice")},
	{gather, names("Gather")},
	{gatherElements, names("GatherElements")},
	{gatherND, names("GatherND")},
	{expand, names("Expand")},
	{tile, names("Tile")},
	{pad, names("Pad")},
	{resize, names("Resize")},
	{constantOfShape, names("ConstantOfShape")},
	{rangeOf, names("Range")},
	{oneHot, names("OneHot")},
	{topK, names("TopK")},
	{depthToSpace, names("DepthToSpace")},
	{spaceToDepth, names("SpaceToDepth")},
	{recurrent, names("LSTM", "GRU", "RNN")},
	{loss, names("SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss")},
	{einsum, names("Einsum")},
	{eyeLike, names("EyeLike")},
})

type named struct {
	rule  rule
	names []string
}

func names(s ...string) []string { return s }

func byName(groups []named) map[string]rule {
	all := map[string]rule{}
	for _, g := range groups {
		for _, n := range g.names {
			all[n] = g.rule
		}
	}
	return all
}

// shape returns the known shape of an input.
func (c *call) shape(i int) ([]int, error) {
	if i >= len(c.in) || !c.in[i].known() {
		return nil, errUnknown
	}
	return c.in[i].shape, nil
}

var errUnknown = fmt.Errorf("the shape of an input is not known")

// has reports whether an optional input is given.
func (c *call) has(i int) bool { return i < len(c.node.Inputs) && c.node.Inputs[i] != "" }

// ints returns the value of an integer input.
func (c *call) ints(i int) ([]int64, error) {
	if i >= len(c.in) || !c.in[i].value.Valid() {
		return nil, errUnknown
	}
	switch v := c.in[i].value; v.DType() {
	case tensor.Int64:
		return v.Int64s(), nil
	case tensor.Int32:
		out := make([]int64, v.Len())
		for k, x := range tensor.Data[int32](v) {
			out[k] = int64(x)
		}
		return out, nil
	}
	return nil, fmt.Errorf("input %d holds %v, want integers", i, c.in[i].dtype)
}

// give sets the first output to a value.
func (c *call) give(w tensor.Tensor) error {
	if len(c.out) > 0 {
		c.out[0] = factOf(w)
	}
	return nil
}

func (c *call) set(i int, d tensor.DType, shape ...int) {
	if i < len(c.out) {
		c.out[i] = fact{dtype: d, shape: append([]int{}, shape...)}
	}
}

func (c *call) floats() tensor.DType {
	if len(c.in) > 0 {
		return c.in[0].dtype
	}
	return tensor.Invalid
}

// axis brings an axis that may count from the end into the range of a rank.
func axis(a int64, rank int) (int, error) {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		return 0, fmt.Errorf("axis %d is outside of rank %d", a, rank)
	}
	return int(a), nil
}

// Random reports whether an operator gives another value each time it runs.
func Random(operator string) bool { return random[operator] }
