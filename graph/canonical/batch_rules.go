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

// reshapeSamples finds the place in the new shape before which as many elements lie as before, and lets
// it take what is left.
func reshapeSamples(s *samples, n *graph.Node) (lies, error) {
	from, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	to, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	if _, err := s.first(n); err != nil {
		return lies{}, err
	}
	if _, constant := s.weights[n.Inputs[1]]; !constant {
		return lies{}, fmt.Errorf("its shape is computed")
	}
	out, ok := placed(s.at[n.Inputs[0]], from, to)
	if !ok {
		return lies{}, errMixes
	}
	target := make([]int64, len(to))
	for i, size := range to {
		target[i] = int64(size)
		if size == 0 {
			return lies{}, fmt.Errorf("a size is 0")
		}
	}
	target[out.axis] = -1
	n.Inputs[1] = s.constant(n.Outputs[0]+".shape", target...)
	n.Attributes = nil
	return out, nil
}

// placed returns where samples lie after the elements of one shape are read as another.
func placed(l lies, from, to []int) (lies, bool) {
	before := l.outer
	for _, size := range from[:l.axis] {
		before *= size
	}
	after := l.inner
	for _, size := range from[l.axis+1:] {
		after *= size
	}
	lead := 1
	for i, size := range to {
		if size == 0 || before%lead != 0 {
			return lies{}, false
		}
		outer := before / lead
		if size%outer == 0 {
			inner, rest := size/outer, 1
			for _, k := range to[i+1:] {
				rest *= k
			}
			// A size of 1 that a later axis could take as well is skipped only if it does not fit here.
			if inner*rest == after {
				return lies{some: true, axis: i, outer: outer, inner: inner}, true
			}
		}
		lead *= size
	}
	return lies{}, false
}

func flattenSamples(s *samples, n *graph.Node) (lies, error) {
	from, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	to, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	l := s.at[n.Inputs[0]]
	split := int(n.Attributes.Int("axis", 1))
	if split < 0 {
		split += len(from)
	}
	out, ok := placed(l, from, to)
	if want := 0; !ok || l.axis >= split || out.axis != want {
		return lies{}, errMixes
	}
	return out, nil
}

func transposeSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	l := s.at[n.Inputs[0]]
	perm := n.Attributes.Ints("perm")
	if perm == nil {
		l.axis = len(shape) - 1 - l.axis
		return l, nil
	}
	l.axis = slices.Index(perm, int64(l.axis))
	if l.axis < 0 {
		return lies{}, errMixes
	}
	return l, nil
}

func concatSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	axis := int(n.Attributes.Int("axis", 0))
	if axis < 0 {
		axis += len(shape)
	}
	var out lies
	for _, name := range n.Inputs {
		if l := s.at[name]; l.some {
			if out.some && out != l {
				return lies{}, errMixes
			}
			out = l
		}
	}
	if out.axis == axis {
		return lies{}, errMixes
	}
	for i, name := range n.Inputs {
		if s.at[name].some {
			continue
		}
		from, err := s.shapeOf(name)
		if err != nil || !out.plain() || from[out.axis] != 1 {
			return lies{}, errMixes
		}
		n.Inputs[i] = s.repeated(name, out.axis, len(from))
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

func squeezeSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	axes, err := s.ints(n, 1)
	if err != nil {
		return lies{}, errMixes
	}
	return dropAxes(s.at[n.Inputs[0]], axes, len(shape), false)
}

func unsqueezeSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	axes, err := s.ints(n, 1)
	if err != nil {
		return lies{}, err
	}
	l := s.at[n.Inputs[0]]
	added := make([]bool, len(shape))
	for _, a := range axes {
		if a < 0 {
			a += int64(len(shape))
		}
		added[a] = true
	}
	for i, left := 0, l.axis; ; i++ {
		if added[i] {
			continue
		}
		if left == 0 {
			l.axis = i
			return l, nil
		}
		left--
	}
}

// gatherSamples: rows of a constant taken by the samples, or positions of an axis that is not theirs.
func gatherSamples(s *samples, n *graph.Node) (lies, error) {
	data, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	ids, err := s.shapeOf(n.Inputs[1])
	if err != nil {
		return lies{}, err
	}
	axis := int(n.Attributes.Int("axis", 0))
	if axis < 0 {
		axis += len(data)
	}
	from, by := s.at[n.Inputs[0]], s.at[n.Inputs[1]]
	switch {
	case from.some && by.some || from.some && from.axis == axis:
		return lies{}, errMixes
	case by.some:
		by.axis += axis
		return by, nil
	case from.axis > axis:
		from.axis += len(ids) - 1
	}
	return from, nil
}

func sliceSamples(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err != nil {
		return lies{}, err
	}
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	starts, err := s.ints(n, 1)
	if err != nil {
		return lies{}, err
	}
	axes := make([]int64, len(starts))
	for i := range axes {
		axes[i] = int64(i)
	}
	if len(n.Inputs) > 3 && n.Inputs[3] != "" {
		if axes, err = s.ints(n, 3); err != nil {
			return lies{}, err
		}
	}
	return dropAxes(l, axes, len(shape), true)
}

func expandSamples(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err != nil {
		return lies{}, err
	}
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	target, err := s.ints(n, 1)
	if err != nil {
		return lies{}, err
	}
	if shift := len(target) - len(shape); shift > 0 {
		l.axis += shift
	}
	at := l.axis - max(0, len(shape)-len(target))
	if at >= 0 && at < len(target) && target[at] != 1 {
		return lies{}, errMixes
	}
	return l, nil
}

func padSamples(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err != nil {
		return lies{}, err
	}
	pads, err := s.ints(n, 1)
	if err != nil || len(n.Inputs) > 3 && n.Inputs[3] != "" || l.axis >= len(pads)/2 {
		return lies{}, errMixes
	}
	if pads[l.axis] != 0 || pads[l.axis+len(pads)/2] != 0 {
		return lies{}, errMixes
	}
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
