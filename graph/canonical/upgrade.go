package canonical

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// An upgrader brings one node to the canonical opset. What it adds stands before or after the node.
type upgrader struct {
	im            *importer
	tracer        *shape.Tracer // what is known of values; nil inside of graphs that stay
	weights       map[string]tensor.Tensor
	node          *graph.Node
	before, after []graph.Node
	drop          bool // the node itself is replaced by before and after
}

// A step changes a node that was written for an opset below its own.
type step struct {
	below int64
	apply func(*upgrader) error
}

// steps by operator, oldest change first.
var steps = map[string][]step{
	"BatchNormalization":           {{9, spatial}, {1 << 30, inferenceNorm}},
	"Cast":                         {{1 << 30, plainCast}},
	"CausalConvWithState":          {{1 << 30, causalConv}},
	"CastLike":                     {{1 << 30, castToType}},
	"BitCast":                      {{1 << 30, sameBits}},
	"QuantizeLinear":               {{1 << 30, quantisedType}},
	"Clip":                         {{11, clipBounds}},
	"Conv":                         {{1 << 30, noMadeUpBias}},
	"Dropout":                      {{12, dropRatio}},
	"GroupNormalization":           {{21, groupScale}},
	"Hardmax":                      {{13, flattened}},
	"LogSoftmax":                   {{13, flattened}},
	"Pad":                          {{11, padInputs}},
	"ReduceL1":                     {{18, axesInput}},
	"ReduceL2":                     {{18, axesInput}},
	"ReduceLogSum":                 {{18, axesInput}},
	"ReduceLogSumExp":              {{18, axesInput}},
	"ReduceMax":                    {{18, axesInput}},
	"ReduceMean":                   {{18, axesInput}},
	"ReduceMin":                    {{18, axesInput}},
	"ReduceProd":                   {{18, axesInput}},
	"ReduceSum":                    {{13, axesInput}},
	"ReduceSumSquare":              {{18, axesInput}},
	"Resize":                       {{11, resizeAsymmetric}},
	"Scan":                         {{9, batchedScan}},
	"Scatter":                      {{1 << 30, renamed("ScatterElements")}},
	"SimplifiedLayerNormalization": {{1 << 30, simplifiedNorm}}, // ONNX Runtime's own, in ONNX's domain
	"Slice":                        {{10, sliceInputs}},
	"Softmax":                      {{13, flattened}},
	"Split":                        {{13, splitInput}, {18, splitEqually}},
	"Squeeze":                      {{13, axesInput}},
	"Swish":                        {{1 << 30, swish}},
	"TopK":                         {{10, topKInput}},
	"Unsqueeze":                    {{13, axesInput}},
	"Upsample":                     {{9, upsampleScales}, {1 << 30, resizeAsymmetric}},
}

// upgrade returns the nodes that a node of an opset becomes.
func (u *upgrader) upgrade(opset int64) ([]graph.Node, error) {
	n := u.node
	if n.Domain == "" {
		for _, s := range steps[n.Op] {
			if opset < s.below {
				if err := s.apply(u); err != nil {
					return nil, err
				}
			}
		}
	} else if apply := rewrites()[n.Domain+"."+n.Op]; apply != nil {
		u.rewrite(apply)
	}
	out := u.before
	if !u.drop {
		out = append(out, *n)
	}
	return append(out, u.after...), nil
}

// rewrite writes a node in other operators. Where it asks for what they do not have it stays, so that what
// stands before it can be examined, and a note says why.
func (u *upgrader) rewrite(apply func(*upgrader) error) {
	was := *u.node
	u.node.Inputs, u.node.Outputs, u.node.Attributes = slices.Clone(was.Inputs), slices.Clone(was.Outputs), maps.Clone(was.Attributes)
	if err := apply(u); err != nil {
		*u.node, u.before, u.after, u.drop = was, nil, nil, false
		u.im.notes = append(u.im.notes, graph.Note{Code: "not-rewritten", Layer: was.Scope, Text: fmt.Sprintf("node %q (%s) cannot be run: %v.", was.Name, was.Op, err)})
	}
}

// constant adds a weight and returns its name.
func (u *upgrader) constant(suffix string, w tensor.Tensor) string {
	base := u.node.Name
	if base == "" && len(u.node.Outputs) > 0 {
		base = u.node.Outputs[0]
	}
	name := u.im.fresh(base + "." + suffix)
	u.weights[name] = w
	if u.tracer != nil {
		u.tracer.Constant(name, w)
	}
	return name
}

func (u *upgrader) ints(suffix string, v ...int64) string {
	return u.constant(suffix, tensor.Of(v, len(v)))
}

// add puts a node with one new output before this one and returns the output's name.
func (u *upgrader) add(operator string, attributes map[string]any, inputs ...string) string {
	out := u.im.fresh(u.node.Outputs[0] + "." + operator)
	u.place(operator, attributes, inputs, out)
	return out
}

// finish puts a node before this one that makes this one's first output, and drops this one.
func (u *upgrader) finish(operator string, attributes map[string]any, inputs ...string) {
	u.place(operator, attributes, inputs, u.node.Outputs[0])
	u.drop = true
}

// split cuts a value along an axis into parts of these sizes and returns their names.
func (u *upgrader) split(x string, axis int64, sizes ...int64) []string {
	parts := u.many("Split", len(sizes), x, u.ints("sizes", sizes...))
	u.before[len(u.before)-1].Attributes = map[string]any{"axis": axis}
	return parts
}

// many puts a node with new outputs before this one and returns their names.
func (u *upgrader) many(operator string, outputs int, inputs ...string) []string {
	names := make([]string, outputs)
	for i := range names {
		names[i] = u.im.fresh(u.node.Outputs[0] + "." + operator)
	}
	u.before = append(u.before, graph.Node{Name: u.node.Name, Scope: u.node.Scope, Op: operator, Inputs: inputs, Outputs: names})
	return names
}

// given returns the name of an input, "" if it is left out.
func (u *upgrader) given(i int) string {
	if i < len(u.node.Inputs) {
		return u.node.Inputs[i]
	}
	return ""
}

// wants reports whether an output is used.
func (u *upgrader) wants(i int) bool { return i < len(u.node.Outputs) && u.node.Outputs[i] != "" }

// rank returns the rank of an input, -1 if it is not known.
func (u *upgrader) rank(i int) int {
	if s := u.shape(i); s != nil {
		return len(s[0])
	}
	return -1
}

func (u *upgrader) place(operator string, attributes map[string]any, inputs []string, out string) {
	u.before = append(u.before, graph.Node{Name: u.node.Name, Scope: u.node.Scope, Op: operator,
		Inputs: inputs, Outputs: []string{out}, Attributes: attributes})
}

// input makes an attribute the input at a position.
func (u *upgrader) input(at int, name string) {
	for len(u.node.Inputs) <= at {
		u.node.Inputs = append(u.node.Inputs, "")
	}
	u.node.Inputs[at] = name
}

// intsInput makes a list attribute the input at a position, if the node has it.
func (u *upgrader) intsInput(attribute string, at int) {
	if v := u.node.Attributes.Ints(attribute); v != nil {
		u.input(at, u.ints(attribute, v...))
	}
	delete(u.node.Attributes, attribute)
}

// shape returns the sizes of an input under each assignment, nil if unknown or of changing rank.
func (u *upgrader) shape(i int) [][]int {
	if u.tracer == nil || i >= len(u.node.Inputs) {
		return nil
	}
	sizes := u.tracer.Sizes(u.node.Inputs[i])
	for _, s := range sizes {
		if s == nil || len(s) != len(sizes[0]) {
			return nil
		}
	}
	return sizes
}

// float makes a number of the type of the node's first input.
func (u *upgrader) float(v float32) tensor.Tensor {
	if u.tracer != nil && len(u.node.Inputs) > 0 {
		switch u.tracer.Value(u.node.Inputs[0]).DType {
		case tensor.Float64:
			return tensor.Scalar(float64(v))
		case tensor.Int64:
			return tensor.Scalar(int64(v))
		case tensor.Int32:
			return tensor.Scalar(int32(v))
		}
	}
	return tensor.Scalar(v)
}

func (u *upgrader) need(inputs, outputs int) error {
	if len(u.node.Inputs) < inputs || len(u.node.Outputs) < outputs {
		return fmt.Errorf("%d inputs and %d outputs, want at least %d and %d", len(u.node.Inputs), len(u.node.Outputs), inputs, outputs)
	}
	return nil
}
