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
	im      *importer
	tracer  *shape.Tracer
	inputs  []graph.Value
	nodes   []graph.Node
	weights map[string]tensor.Tensor
	alias   map[string]string // names that are another value
	bytes   int64             // by which the weights may still grow
	steps   int64
	depth   int // of constant conditions within one another
}

func newFolder(im *importer, inputs []graph.Value, weights map[string]tensor.Tensor) *folder {
	f := &folder{im: im, tracer: shape.NewTracer(inputs), inputs: inputs, weights: weights, alias: map[string]string{},
		bytes: im.options.MaxFoldBytes, steps: im.options.MaxSteps}
	for name, w := range weights {
		f.tracer.Constant(name, w)
	}
	return f
}

func (f *folder) walk(nodes []raw) error {
	for i := range nodes {
		r := &nodes[i]
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
	out, err := shape.Run(n, in, f.bytes+size)
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
	for i, name := range n.Outputs {
		if name != "" {
			f.weight(name, values[i])
		}
	}
	return len(n.Outputs) > 0
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
		return true
	}
	if slices.Contains(f.im.outputs, out) {
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

// condition takes the branch of an If whose condition is the same in every run.
func (f *folder) condition(r *raw) (bool, error) {
	if r.node.Op != "If" || r.node.Domain != "" || len(r.node.Inputs) != 1 {
		return false, nil
	}
	v, ok := f.tracer.Fixed(r.node.Inputs[0])
	if !ok || v.DType() != tensor.Bool || v.Len() != 1 {
		return false, nil
	}
	want := "else_branch"
	if tensor.Data[bool](v)[0] {
		want = "then_branch"
	}
	at := slices.IndexFunc(r.graphs, func(b branch) bool { return b.attribute == want })
	if at < 0 {
		return false, fmt.Errorf("no %s", want)
	}
	b := r.graphs[at]
	if f.depth++; f.depth > f.im.options.MaxDepth {
		return false, fmt.Errorf("conditions are nested deeper than %d", f.im.options.MaxDepth)
	}
	defer func() { f.depth-- }()
	return true, f.inline(r, b)
}

func (f *folder) inline(r *raw, b branch) error {
	if len(b.graph.Outputs) != len(r.node.Outputs) {
		return fmt.Errorf("the branch has %d outputs, the node %d", len(b.graph.Outputs), len(r.node.Outputs))
	}
	inner := b.frame
	inner.names = f.im.inside(b)
	weights := map[string]tensor.Tensor{}
	if err := f.im.readWeights(b.graph, weights); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		f.weight(f.im.name(inner, name), weights[name])
	}
	nodes, err := f.im.expand(b.graph.Nodes, inner)
	if err != nil {
		return err
	}
	for i, v := range b.graph.Outputs {
		nodes = append(nodes, raw{opset: 20, node: graph.Node{Op: "Identity", Name: r.node.Name,
			Inputs: []string{f.im.name(inner, v.Name)}, Outputs: []string{r.node.Outputs[i]}}})
	}
	return f.walk(nodes)
}

// inside gives new names to what a branch makes, and keeps those it takes from around it.
func (im *importer) inside(b branch) map[string]string {
	names := map[string]string{}
	maps.Copy(names, b.frame.names)
	var outer []string
	im.captures(b.graph, b.frame, map[string]bool{}, &outer)
	if b.frame.names == nil {
		for _, s := range outer {
			names[s] = s
		}
	}
	for _, t := range b.graph.Initializers {
		names[t.Name] = im.fresh(t.Name)
	}
	for _, n := range b.graph.Nodes {
		for _, s := range n.Outputs {
			if s != "" {
				names[s] = im.fresh(s)
			}
		}
	}
	return names
}

// subgraphs reads the graphs that stay inside a node, such as the body of a loop.
func (f *folder) subgraphs(r *raw) error {
	for _, b := range r.graphs {
		g, err := f.im.nested(b)
		if err != nil {
			return fmt.Errorf("%s: %w", b.attribute, err)
		}
		if r.node.Subgraphs == nil {
			r.node.Subgraphs = map[string]*graph.Graph{}
		}
		rename(g, f.alias)
		r.node.Subgraphs[b.attribute] = g
	}
	return nil
}

// nested reads a graph inside a node: upgraded, its constants made weights, nothing folded.
func (im *importer) nested(b branch) (*graph.Graph, error) {
	g := &graph.Graph{Name: b.graph.Name, Weights: map[string]tensor.Tensor{}, Opset: int(b.frame.opsets(""))}
	if err := im.readWeights(b.graph, g.Weights); err != nil {
		return nil, err
	}
	for _, v := range b.graph.Inputs {
		value, err := im.value(v)
		if err != nil {
			return nil, err
		}
		value.Name = im.name(b.frame, v.Name)
		g.Inputs = append(g.Inputs, value)
	}
	nodes, err := im.expand(b.graph.Nodes, b.frame)
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		r := &nodes[i]
		if w, ok := constantOf(&r.node); ok && r.node.Op == "Constant" && len(r.node.Outputs) == 1 {
			g.Weights[r.node.Outputs[0]] = w
			continue
		}
		for _, inner := range r.graphs {
			sub, err := im.nested(inner)
			if err != nil {
				return nil, err
			}
			if r.node.Subgraphs == nil {
				r.node.Subgraphs = map[string]*graph.Graph{}
			}
			r.node.Subgraphs[inner.attribute] = sub
		}
		u := &upgrader{im: im, weights: g.Weights, node: &r.node}
		up, err := u.upgrade(r.opset)
		if err != nil {
			return nil, fmt.Errorf("node %d %q (%s, opset %d): %w", i+1, r.node.Name, r.node.Op, r.opset, err)
		}
		g.Nodes = append(g.Nodes, up...)
	}
	for _, v := range b.graph.Outputs {
		g.Outputs = append(g.Outputs, im.name(b.frame, v.Name))
	}
	return g, nil
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
