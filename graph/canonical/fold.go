package canonical

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

const mostFixed = 4096 // elements of a value that shapes made constant

// A folder walks through nodes in order, upgrades each, and keeps those whose value is not known before
// the network runs.
type folder struct {
	im        *importer
	tracer    *shape.Tracer
	inputs    []graph.Value
	nodes     []graph.Node
	weights   map[string]tensor.Tensor
	outputs   map[string]bool
	alias     map[string]string   // names that are another value
	sequences map[string][]string // lists of tensors by the names of their elements
	listed    int                 // elements of all lists
	bytes     int64               // by which the weights may still grow
	steps     int64
	depth     int // of constant conditions within one another
}

func newFolder(im *importer, inputs []graph.Value, weights map[string]tensor.Tensor) *folder {
	f := &folder{im: im, tracer: shape.NewTracer(inputs).Until(im.ctx), inputs: inputs, weights: weights, alias: map[string]string{}, outputs: map[string]bool{}, sequences: map[string][]string{},
		bytes: im.options.MaxFoldBytes, steps: im.options.MaxSteps}
	for _, name := range im.outputs {
		f.outputs[name] = true
	}
	for name, w := range weights {
		f.tracer.Constant(name, w)
	}
	return f
}

func (f *folder) walk(nodes []raw) error {
	for i := range nodes {
		r := &nodes[i]
		if err := f.im.ctx.Err(); err != nil {
			return err
		}
		if err := f.node(r); err != nil {
			return fmt.Errorf("node %d %q (%s, opset %d): %w", i+1, r.node.Name, r.node.Op, r.opset, err)
		}
	}
	return nil
}

func (f *folder) node(r *raw) error {
	for i, s := range r.node.Inputs {
		r.node.Inputs[i] = f.resolve(s)
	}
	if r.node.Op == "Constant" && r.node.Domain == "" {
		w, ok := constantOf(&r.node)
		if !ok || len(r.node.Outputs) != 1 {
			return fmt.Errorf("a constant without a value")
		}
		f.weight(r.node.Outputs[0], w)
		f.im.stored[r.node.Outputs[0]] = true
		return nil
	}
	if done, err := f.condition(r); done || err != nil {
		return err
	}
	if done, err := f.unroll(r); done || err != nil {
		return err
	}
	if done, err := f.sequence(r); done || err != nil {
		return err
	}
	if err := f.subgraphs(r); err != nil {
		return err
	}
	u := &upgrader{im: f.im, tracer: f.tracer, weights: f.weights, node: &r.node}
	nodes, err := u.upgrade(r.opset)
	if err != nil {
		return err
	}
	for i := range nodes {
		if err := complete(&nodes[i]); err != nil {
			return err
		}
		f.one(nodes[i])
	}
	return nil
}

func (f *folder) resolve(name string) string {
	if to, ok := f.alias[name]; ok {
		return to
	}
	return name
}

func (f *folder) weight(name string, w tensor.Tensor) {
	f.weights[name] = w
	f.tracer.Constant(name, w)
}

// one folds, drops or keeps a canonical node.
func (f *folder) one(n graph.Node) {
	for i, s := range n.Inputs {
		n.Inputs[i] = f.resolve(s)
	}
	if f.passes(&n) || f.constant(&n) {
		return
	}
	f.tracer.Step(&n)
	if f.fixed(&n) {
		return
	}
	if n.Op == "Reshape" && n.Domain == "" {
		f.plainReshape(&n)
	}
	f.nodes = append(f.nodes, n)
}

// constant computes a node that reads weights alone, as far as bytes and steps allow.
func (f *folder) constant(n *graph.Node) bool {
	if len(n.Subgraphs) > 0 || shape.Random(n.Op) || n.Op == "Shape" && len(n.Inputs) == 0 {
		return false
	}
	in, size := make([]tensor.Tensor, len(n.Inputs)), int64(0)
	for i, name := range n.Inputs {
		if name == "" {
			continue
		}
		w, ok := f.weights[name]
		if !ok {
			return false
		}
		in[i] = w
		size += w.Bytes()
	}
	steps := cost(n, in)
	if steps > f.steps {
		return false
	}
	f.steps -= steps
	out, err := shape.Run(n, in, f.bytes+size, &f.steps, f.im.ctx.Err)
	if err != nil || len(out) < len(n.Outputs) {
		return false
	}
	grown := -size
	for i := range n.Outputs {
		if n.Outputs[i] == "" {
			continue
		}
		if !out[i].Valid() {
			return false
		}
		grown += out[i].Bytes()
	}
	if grown > f.bytes {
		return false
	}
	f.bytes -= max(0, grown)
	for i, name := range n.Outputs {
		if name != "" {
			f.weight(name, out[i])
		}
	}
	return true
}

// cost bounds the elementary operations of a constant node.
func cost(n *graph.Node, in []tensor.Tensor) int64 {
	steps, largest := int64(1000), int64(1)
	for _, t := range in {
		if t.Valid() {
			steps += int64(t.Len())
			largest = max(largest, int64(t.Len()))
		}
	}
	switch n.Op {
	case "MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum", "LSTM", "GRU", "RNN", "Attention":
		if len(in) > 1 && in[0].Valid() && in[1].Valid() {
			a, b := int64(in[0].Len()), int64(in[1].Len())
			if a > 0 && b > (1<<62)/a {
				return 1 << 62
			}
			steps += a * b
		}
	}
	return steps
}

// fixed makes the outputs weights where following the shapes gave the same small value in every run.
func (f *folder) fixed(n *graph.Node) bool {
	values := make([]tensor.Tensor, len(n.Outputs))
	for i, name := range n.Outputs {
		if name == "" {
			continue
		}
		v, ok := f.tracer.Fixed(name)
		if !ok || v.Len() > mostFixed {
			return false
		}
		values[i] = v
	}
	if len(n.Outputs) == 0 || f.guess(n) {
		return false
	}
	for i, name := range n.Outputs {
		if name != "" {
			f.weight(name, values[i])
		}
	}
	return true
}

// guess says whether a truth that was the same in every run is to stay open, because what it was found
// from differs: "is the length 1" holds for none of the lengths tried, and may for the one that is fed.
func (f *folder) guess(n *graph.Node) bool {
	differs := func(s string) bool {
		_, same := f.tracer.Fixed(s)
		return s != "" && !same
	}
	v := f.tracer.Value(n.Outputs[0])
	if v.DType != tensor.Bool || !slices.ContainsFunc(n.Inputs, differs) {
		return false
	}
	f.im.guessed = true
	if f.im.strict {
		f.tracer.Declare(v)
	}
	return f.im.strict
}

// passes makes a node's output another name of its input where it changes nothing.
func (f *folder) passes(n *graph.Node) bool {
	if n.Domain != "" || len(n.Inputs) == 0 || len(n.Outputs) == 0 || n.Inputs[0] == "" || n.Outputs[0] == "" {
		return false
	}
	switch n.Op {
	case "Identity":
	case "Dropout":
		if len(n.Outputs) > 1 && n.Outputs[1] != "" && f.im.used(n.Outputs[1]) {
			return false
		}
	case "Cast":
		if d := f.tracer.Value(n.Inputs[0]).DType; d == tensor.Invalid || d != shape.Types[n.Attributes.Int("to", 0)] {
			return false
		}
	case "Pad":
		if !f.allZero(n, 1) {
			return false
		}
	case "Sum", "Concat":
		if len(n.Inputs) > 1 {
			return false
		}
	default:
		return false
	}
	in, out := n.Inputs[0], n.Outputs[0]
	if w, ok := f.weights[in]; ok { // untied: each name holds a weight of its own
		f.weight(out, w)
		f.im.stored[out] = f.im.stored[in]
		if to := f.im.narrow[in]; to != 0 {
			f.im.narrow[out] = to
		}
		return true
	}
	if f.outputs[out] {
		return false // outputs keep their names; tidy removes what can be
	}
	f.alias[out] = in
	return true
}

func (f *folder) allZero(n *graph.Node, input int) bool {
	if input >= len(n.Inputs) {
		return false
	}
	w, ok := f.weights[n.Inputs[input]]
	if !ok || w.DType() != tensor.Int64 {
		return false
	}
	return !slices.ContainsFunc(w.Int64s(), func(v int64) bool { return v != 0 })
}

// plainReshape replaces a computed target by numbers: a size that differs from run to run becomes a 0,
// which copies the input's, or the one -1, which takes what is left.
func (f *folder) plainReshape(n *graph.Node) {
	if len(n.Inputs) < 2 || n.Attributes.Int("allowzero", 0) != 0 && f.weights[n.Inputs[1]].Valid() {
		return
	}
	if _, plain := f.weights[n.Inputs[1]]; plain {
		return
	}
	sizes, targets := f.tracer.Sizes(n.Inputs[0]), f.tracer.Sizes(n.Outputs[0])
	if len(sizes) == 0 || len(targets) != len(sizes) || sizes[0] == nil || targets[0] == nil {
		return
	}
	plain, free := make([]int64, len(targets[0])), false
	for i := range plain {
		same, copied := true, true
		for p := range targets {
			if targets[p] == nil || sizes[p] == nil || len(targets[p]) != len(plain) {
				return
			}
			same = same && targets[p][i] == targets[0][i]
			copied = copied && i < len(sizes[p]) && targets[p][i] == sizes[p][i]
		}
		switch {
		case same && targets[0][i] > 0:
			plain[i] = int64(targets[0][i])
		case copied:
			plain[i] = 0
		case !free:
			plain[i], free = -1, true
		default:
			return
		}
	}
	name := f.im.fresh(n.Outputs[0] + ".shape")
	f.weight(name, tensor.Of(plain, len(plain)))
	n.Inputs = []string{n.Inputs[0], name}
	n.Attributes = maps.Clone(n.Attributes)
	delete(n.Attributes, "allowzero")
}

// used reports whether a name is read by any node of the file.
func (im *importer) used(name string) bool {
	if im.readNames == nil {
		im.readNames = map[string]bool{}
		for g := range im.model.Graphs() {
			collect(g.Nodes, im.readNames)
			for _, v := range g.Outputs {
				im.readNames[v.Name] = true
			}
		}
		for _, fn := range im.model.Functions {
			collect(fn.Nodes, im.readNames)
		}
	}
	return im.readNames[name]
}

func collect(nodes []*onnx.Node, into map[string]bool) {
	for _, n := range nodes {
		for _, s := range n.Inputs {
			into[s] = true
		}
	}
}
