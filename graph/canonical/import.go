package canonical

import (
	"context"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// Options of an import; the zero value works.
type Options struct {
	Float64      bool  // keep double weights and inputs; else they become float32
	MaxFoldBytes int64 // by which folding may make the weights larger; 0 is 64 MiB
	MaxSteps     int64 // elementary operations folding may take; 0 is 2^31
	MaxNodes     int   // after functions are expanded; 0 is 1,000,000
	MaxDepth     int   // of functions within functions and graphs within graphs; 0 is 32
	KeepBatch    bool  // leave a batch that the file fixes as it is
}

func (o Options) withDefaults() Options {
	if o.MaxFoldBytes <= 0 {
		o.MaxFoldBytes = 64 << 20
	}
	if o.MaxSteps <= 0 {
		o.MaxSteps = 1 << 31
	}
	if o.MaxNodes <= 0 {
		o.MaxNodes = 1_000_000
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = 32
	}
	return o
}

// Import gives the network of a model in canonical form, with shapes and layers. It stops when the context ends.
func Import(ctx context.Context, m *onnx.Model, o Options) (*graph.Graph, error) {
	if m == nil || m.Graph == nil {
		return nil, fmt.Errorf("the model holds no graph")
	}
	opset := m.Opset("")
	if opset != 0 && (opset < onnx.OldestOpset || opset > onnx.NewestOpset) {
		return nil, fmt.Errorf("opset %d of ai.onnx, want %d to %d", opset, onnx.OldestOpset, onnx.NewestOpset)
	}
	im := newImporter(ctx, m, o)
	g, err := im.run()
	if im.guessed && (err != nil || shape.Misfit(ctx, g) != nil) {
		im = newImporter(ctx, m, o)
		im.strict = true
		g, err = im.run()
	}
	if ended := ctx.Err(); ended != nil { // even without an error: what was not calculated by then looks open
		return nil, ended
	}
	if err != nil {
		return nil, err
	}
	g.Layers = graph.Layers(g)
	g.Notes = append(g.Notes, foldedNorm(m, g)...)
	return g, nil
}

// An importer is one import under way.
type importer struct {
	ctx       context.Context
	model     *onnx.Model
	options   Options
	inputs    []graph.Value
	outputs   []string
	weights   map[string]tensor.Tensor
	taken     map[string]bool  // names of values, so that new ones do not collide
	stored    map[string]bool  // weights that the file holds, as against those folding made
	numbers   map[string]int   // by name: the next number to try for another value of that name
	narrow    map[string]int64 // values whose type in the file has eight bits or less, by its number
	count     int              // nodes so far
	notes     []graph.Note
	readNames map[string]bool // what any node of the file reads
	guessed   bool            // a condition on sizes that differ was taken as decided
	strict    bool            // leave such conditions open
}

func newImporter(ctx context.Context, m *onnx.Model, o Options) *importer {
	return &importer{ctx: ctx, model: m, options: o.withDefaults(), weights: map[string]tensor.Tensor{}, taken: map[string]bool{},
		stored: map[string]bool{}, narrow: map[string]int64{}, numbers: map[string]int{}}
}

func (im *importer) run() (*graph.Graph, error) {
	top := im.model.Graph
	if err := im.readWeights(top, im.weights); err != nil {
		return nil, err
	}
	for name := range im.weights {
		im.stored[name] = true
	}
	if err := im.readInputs(top); err != nil {
		return nil, err
	}
	for _, v := range top.Outputs {
		im.outputs = append(im.outputs, v.Name)
	}
	raw, err := im.expand(top.Nodes, frame{opsets: im.model.Opset})
	if err != nil {
		return nil, err
	}
	if raw, err = im.ordered(raw, im.known()); err != nil {
		return nil, err
	}
	f := newFolder(im, im.inputs, im.weights)
	if err := f.walk(raw); err != nil {
		return nil, err
	}
	for _, name := range im.outputs {
		if list, ok := f.sequences[f.resolve(name)]; ok {
			return nil, fmt.Errorf("output %q is a list of %d tensors, want a tensor", name, len(list))
		}
	}
	g := f.graph()
	if free, note := im.freeBatch(g); free != nil {
		g = free
		g.Notes = append(g.Notes, note)
	} else if note.Code != "" {
		g.Notes = append(g.Notes, note)
	}
	return g, im.check(g)
}

// known returns the names that exist before the first node runs.
func (im *importer) known() map[string]bool {
	known := map[string]bool{"": true}
	for name := range im.weights {
		known[name] = true
	}
	for _, v := range im.inputs {
		known[v.Name] = true
	}
	return known
}

func (im *importer) readInputs(g *onnx.Graph) error {
	for _, v := range g.Inputs {
		if _, weight := im.weights[v.Name]; weight { // before IR 4 weights were listed as inputs
			continue
		}
		value, err := im.value(v)
		if err != nil {
			return fmt.Errorf("input %q: %w", v.Name, err)
		}
		if slices.ContainsFunc(im.inputs, func(x graph.Value) bool { return x.Name == v.Name }) {
			return fmt.Errorf("input %q is listed twice", v.Name)
		}
		im.inputs = append(im.inputs, value)
		im.taken[v.Name] = true
	}
	return nil
}

// value reads what the file says of a value. A size without a name gets one, since it differs from run
// to run all the same.
func (im *importer) value(v *onnx.ValueInfo) (graph.Value, error) {
	out := graph.Value{Name: v.Name}
	if v.Type == nil {
		return out, nil
	}
	if v.Type.Kind != onnx.KindTensor {
		return out, fmt.Errorf("is %v, want a tensor", v.Type)
	}
	d, ok := im.elementType(v.Type.Elem)
	if !ok {
		return out, fmt.Errorf("holds %v, which is not supported", v.Type.Elem)
	}
	out.DType = d
	if v.Type.Elem.Narrow() {
		im.narrow[v.Name] = int64(v.Type.Elem)
	}
	if v.Type.Shape == nil {
		return out, nil
	}
	out.Shape = make([]graph.Dim, len(v.Type.Shape.Dims))
	for i, d := range v.Type.Shape.Dims {
		switch {
		case d.Known && d.Value >= 0 && d.Value < 1<<31:
			out.Shape[i] = graph.Dim{Size: int(d.Value)}
		case !d.Known && d.Param != "":
			out.Shape[i] = graph.Dim{Size: -1, Param: d.Param}
		case i == 0:
			out.Shape[i] = graph.Dim{Size: -1, Param: "batch"}
		default:
			out.Shape[i] = graph.Dim{Size: -1, Param: fmt.Sprintf("%s_%d", v.Name, i)}
		}
	}
	return out, nil
}

func (im *importer) elementType(t onnx.DataType) (tensor.DType, bool) {
	d, ok := shape.Types[int64(t)]
	if d == tensor.Float64 && !im.options.Float64 {
		d = tensor.Float32
	}
	return d, ok
}

// fresh returns a name that no value has.
func (im *importer) fresh(base string) string {
	name := base
	for i := max(2, im.numbers[base]); im.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
		im.numbers[base] = i + 1
	}
	im.taken[name] = true
	return name
}

// check makes sure of what everybody else takes for granted: outputs exist, each name is made once.
func (im *importer) check(g *graph.Graph) error {
	made := map[string]bool{}
	for _, v := range g.Inputs {
		made[v.Name] = true
	}
	for name := range g.Weights {
		made[name] = true
	}
	for i, n := range g.Nodes {
		for _, name := range n.Inputs {
			if name != "" && !made[name] {
				return fmt.Errorf("node %d %q (%s): input %q does not exist", i+1, n.Name, n.Op, name)
			}
		}
		for _, name := range n.Outputs {
			if made[name] {
				return fmt.Errorf("node %d %q (%s): output %q exists already", i+1, n.Name, n.Op, name)
			}
			made[name] = name != ""
		}
	}
	for _, name := range g.Outputs {
		if !made[name] {
			return fmt.Errorf("output %q does not exist", name)
		}
	}
	return nil
}
