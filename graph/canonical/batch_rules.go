package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A sampleRule says where samples lie in a node's outputs, or why the node may mix them. It may rewrite
// constants that hold the number of samples.
type sampleRule func(s *samples, n *graph.Node) (lies, error)

var sampleRules = func() map[string]sampleRule {
	rules := map[string]sampleRule{
		"Conv": inFront, "ConvTranspose": inFront, "MaxPool": inFront, "AveragePool": inFront, "LpPool": inFront,
		"GlobalAveragePool": inFront, "GlobalMaxPool": inFront, "BatchNormalization": inFront,
		"InstanceNormalization": inFront, "GroupNormalization": inFront, "LRN": inFront, "DepthToSpace": inFront,
		"SpaceToDepth": inFront, "Gemm": gemmRows, "MatMul": matMulRows, "Reshape": reshapeSamples, "Flatten": flattenSamples,
		"Transpose": transposeSamples, "Concat": concatSamples, "Split": otherAxis("axis", 0), "Softmax": otherAxis("axis", -1),
		"LogSoftmax": otherAxis("axis", -1), "Hardmax": otherAxis("axis", -1), "LayerNormalization": behindAxis,
		"RMSNormalization": behindAxis, "Gather": gatherSamples, "Slice": sliceSamples, "Squeeze": squeezeSamples,
		"Unsqueeze": unsqueezeSamples, "Expand": expandSamples, "Pad": padSamples, "ArgMax": argSamples, "ArgMin": argSamples,
		"LSTM": recurrentSamples, "GRU": recurrentSamples, "RNN": recurrentSamples,
	}
	for _, name := range [...]string{"Abs", "Add", "And", "Cast", "Ceil", "Celu", "Clip", "Cos", "Div", "Dropout", "Elu", "Equal", "Erf",
		"Exp", "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "IsNaN", "LeakyRelu", "Less",
		"LessOrEqual", "Log", "Max", "Mean", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu", "Round",
		"Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tanh", "ThresholdedRelu", "Where", "Xor"} {
		rules[name] = eachElement
	}
	for _, name := range [...]string{"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
		"ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"} {
		rules[name] = reduceSamples
	}
	return rules
}()

var errMixes = fmt.Errorf("it may mix samples")

// first returns where samples lie in the first input, which alone may hold any.
func (s *samples) first(n *graph.Node) (lies, error) {
	for _, name := range n.Inputs[1:] {
		if s.at[name].some {
			return lies{}, errMixes
		}
	}
	return s.at[n.Inputs[0]], nil
}

func inFront(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err == nil && l.axis != 0 {
		err = errMixes
	}
	return l, err
}

// eachElement: samples must lie along one axis of the result, and what holds none must be one broad there.
func eachElement(s *samples, n *graph.Node) (lies, error) {
	rank := 0
	for _, name := range n.Inputs {
		if name == "" {
			continue
		}
		shape, err := s.shapeOf(name)
		if err != nil {
			return lies{}, err
		}
		rank = max(rank, len(shape))
	}
	var out lies
	for _, name := range n.Inputs {
		if l := s.at[name]; l.some {
			shape, _ := s.shapeOf(name)
			l.axis += rank - len(shape)
			if out.some && out != l {
				return lies{}, errMixes
			}
			out = l
		}
	}
	for _, name := range n.Inputs {
		if name == "" || s.at[name].some {
			continue
		}
		shape, _ := s.shapeOf(name)
		if at := out.axis - (rank - len(shape)); at >= 0 && shape[at] != 1 {
			return lies{}, fmt.Errorf("constant %q has %d rows for one sample", name, shape[at])
		}
	}
	return out, nil
}

func gemmRows(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err != nil || l.axis != 0 || n.Attributes.Int("transA", 0) != 0 {
		return lies{}, errMixes
	}
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		shape, err := s.shapeOf(n.Inputs[2])
		if err != nil || len(shape) == 2 && shape[0] != 1 {
			return lies{}, errMixes
		}
	}
	return l, nil
}

func matMulRows(s *samples, n *graph.Node) (lies, error) {
	var out lies
	rank := 0
	for _, name := range n.Inputs {
		shape, err := s.shapeOf(name)
		if err != nil {
			return lies{}, err
		}
		if len(shape) < 2 {
			return lies{}, errMixes
		}
		rank = max(rank, len(shape))
	}
	for i, name := range n.Inputs {
		shape, _ := s.shapeOf(name)
		l := s.at[name]
		if !l.some {
			continue
		}
		fromEnd := len(shape) - l.axis
		if fromEnd == 1 && i == 0 || fromEnd == 2 && i == 1 { // summed over
			return lies{}, errMixes
		}
		l.axis += rank - len(shape)
		if out.some && out != l || fromEnd <= 2 && s.at[n.Inputs[1-i]].some {
			return lies{}, errMixes
		}
		out = l
	}
	for _, name := range n.Inputs {
		shape, _ := s.shapeOf(name)
		if at := out.axis - (rank - len(shape)); !s.at[name].some && out.axis < rank-2 && at >= 0 && shape[at] != 1 {
			return lies{}, errMixes
		}
	}
	return out, nil
}

// otherAxis: the operator works along the axis of an attribute, which must be another.
func otherAxis(attribute string, otherwise int64) sampleRule {
	return func(s *samples, n *graph.Node) (lies, error) {
		shape, err := s.shapeOf(n.Inputs[0])
		if err != nil {
			return lies{}, err
		}
		l, err := s.first(n)
		axis := n.Attributes.Int(attribute, otherwise)
		if axis < 0 {
			axis += int64(len(shape))
		}
		if err != nil || int(axis) == l.axis {
			return lies{}, errMixes
		}
		return l, nil
	}
}

// behindAxis: the operator works along all axes from one on.
func behindAxis(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	l, err := s.first(n)
	axis := n.Attributes.Int("axis", -1)
	if axis < 0 {
		axis += int64(len(shape))
	}
	if err != nil || l.axis >= int(axis) || len(n.Outputs) > 1 {
		return lies{}, errMixes
	}
	return l, nil
}

func reduceSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	axes, err := s.ints(n, 1)
	if err != nil || len(axes) == 0 {
		return lies{}, errMixes
	}
	return dropAxes(s.at[n.Inputs[0]], axes, len(shape), n.Attributes.Int("keepdims", 1) != 0)
}

func argSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	return dropAxes(s.at[n.Inputs[0]], []int64{n.Attributes.Int("axis", 0)}, len(shape), n.Attributes.Int("keepdims", 1) != 0)
}

func dropAxes(l lies, axes []int64, rank int, keep bool) (lies, error) {
	shift := 0
	for _, a := range axes {
		if a < 0 {
			a += int64(rank)
		}
		switch {
		case int(a) == l.axis:
			return lies{}, errMixes
		case int(a) < l.axis && !keep:
			shift++
		}
	}
	l.axis -= shift
	return l, nil
}

// recurrentSamples: steps come first, then samples. A state to start from that is zero is left out.
func recurrentSamples(s *samples, n *graph.Node) (lies, error) {
	l := s.at[n.Inputs[0]]
	if !l.plain() || l.axis != 1 || n.Attributes.Int("layout", 0) != 0 || len(n.Outputs) > 1 {
		return lies{}, errMixes
	}
	for i := 1; i < len(n.Inputs); i++ {
		name := n.Inputs[i]
		if s.at[name].some {
			return lies{}, errMixes
		}
		if i < 5 || name == "" || i == 7 {
			if i == 4 && name != "" {
				return lies{}, fmt.Errorf("it names the lengths of sequences")
			}
			continue
		}
		w, ok := s.weights[name]
		if !ok || w.DType() != tensor.Float32 || slices.ContainsFunc(w.Float32s(), func(v float32) bool { return v != 0 }) {
			return lies{}, fmt.Errorf("it starts from a state for one sample")
		}
		n.Inputs[i] = ""
	}
	return along(2), nil
}
