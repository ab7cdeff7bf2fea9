package enginetest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// oldest is the lowest opset that is read.
const oldest = 7

// A Vector is one official test: a model of mostly one node, inputs, and the outputs to expect.
type Vector struct {
	Name string   // set and test: onnx/test_abs
	Ops  []string // operators of the model, sorted, each once
	RTol float64
	ATol float64

	files fs.FS // model.onnx and a folder per set of data
}

// Vectors lists the vectors of a file system, one a folder, in the order of their names.
func Vectors(set string, files fs.FS) ([]Vector, error) {
	models, err := fs.Glob(files, "*/model.onnx")
	if err != nil {
		return nil, err
	}
	if len(models) == 0 {
		return nil, fmt.Errorf("no vectors of %s", set)
	}
	var out []Vector
	for _, m := range models {
		v := Vector{Name: set + "/" + path.Dir(m), RTol: 1e-3, ATol: 1e-7} // the official defaults
		if v.files, err = fs.Sub(files, path.Dir(m)); err != nil {
			return nil, err
		}
		if b, err := fs.ReadFile(v.files, "tolerance"); err == nil {
			if _, err := fmt.Sscan(string(b), &v.RTol, &v.ATol); err != nil {
				return nil, fmt.Errorf("%s: tolerance %q: %w", v.Name, b, err)
			}
		}
		if v.Ops, err = v.operators(); err != nil {
			v.Ops = []string{"unreadable"}
		}
		out = append(out, v)
	}
	return out, nil
}

// model reads the model before anything is done to it.
func (v Vector) model() (*onnx.Model, error) {
	b, err := fs.ReadFile(v.files, "model.onnx")
	if err != nil {
		return nil, err
	}
	return onnx.Parse(b, onnx.Limits{})
}

// operators lists the operators of the model.
func (v Vector) operators() ([]string, error) {
	m, err := v.model()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for g := range m.Graphs() {
		for _, n := range g.Nodes {
			name := n.OpType
			if d := onnx.Domain(n.Domain); d != "" {
				name = d + "." + name
			}
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// Run runs the vector and compares what comes out; nil means that it passes.
func (v Vector) Run(ctx context.Context, e engine.Engine) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	m, err := v.model()
	if err != nil {
		return err
	}
	for _, o := range m.OpsetImports {
		if onnx.Domain(o.Domain) == "" { // most of the oldest vectors mean the same in the oldest opset that is read
			o.Version = max(o.Version, oldest)
		}
	}
	g, err := canonical.Import(context.Background(), m, canonical.Options{Float64: true, KeepBatch: true})
	if err != nil {
		return err
	}
	p, err := e.Compile(ctx, g, engine.Options{Workers: 2, Memory: 1 << 30})
	if err != nil {
		return err
	}
	defer p.Close()
	sets, err := fs.Glob(v.files, "test_data_set_*")
	if err != nil || len(sets) == 0 {
		return fmt.Errorf("no data: %w", err)
	}
	for _, s := range sets {
		if err := v.runSet(ctx, p, m, g, s); err != nil {
			return err
		}
	}
	return nil
}

// runSet feeds one set of inputs.
func (v Vector) runSet(ctx context.Context, p engine.Program, m *onnx.Model, g *graph.Graph, folder string) error {
	feeds := map[string]tensor.Tensor{}
	for i, in := range m.Graph.Inputs {
		if !slices.ContainsFunc(g.Inputs, func(v graph.Value) bool { return v.Name == in.Name }) {
			continue
		}
		t, err := v.tensor(path.Join(folder, fmt.Sprintf("input_%d.pb", i)))
		if err != nil {
			return err
		}
		feeds[in.Name] = t
	}
	got := map[string]tensor.Tensor{}
	if err := p.Run(ctx, feeds, func(name string, t tensor.Tensor) error {
		got[name] = t.Clone()
		return inferred(g.Values[name], t)
	}); err != nil {
		return err
	}
	for i, out := range m.Graph.Outputs {
		if out.Name == "" {
			continue
		}
		want, err := v.tensor(path.Join(folder, fmt.Sprintf("output_%d.pb", i)))
		if err != nil {
			return err
		}
		if err := Compare(got[out.Name], want, max(v.RTol, half(out)), v.ATol); err != nil {
			return fmt.Errorf("output %q: %w", out.Name, err)
		}
	}
	return nil
}

// inferred compares a value with what was known of it before the run.
func inferred(v graph.Value, t tensor.Tensor) error {
	if v.DType != tensor.Invalid && v.DType != t.DType() || v.Shape != nil && len(v.Shape) != t.Rank() {
		return fmt.Errorf("output %q: inferred %v %v, is %v", v.Name, v.DType, v.Shape, t)
	}
	for i, d := range v.Shape {
		if d.Size >= 0 && d.Size != t.Dim(i) {
			return fmt.Errorf("output %q: inferred %v, is %v", v.Name, v.Shape, t)
		}
	}
	return nil
}

// half returns what calculating in single precision may change of a half precision result: the last
// place or two of its type, since the vectors round after every step.
func half(v *onnx.ValueInfo) float64 {
	if v.Type == nil {
		return 0
	}
	switch v.Type.Elem {
	case onnx.Float16:
		return 1.0 / 512
	case onnx.BFloat16:
		return 1.0 / 64
	}
	return 0
}

// tensor reads a file that holds one tensor, by making it the only weight of a model.
func (v Vector) tensor(name string) (tensor.Tensor, error) {
	b, err := fs.ReadFile(v.files, name)
	if err != nil {
		return tensor.Tensor{}, err
	}
	field := func(number int, content []byte) []byte {
		return slices.Concat(binary.AppendUvarint(nil, uint64(number<<3|2)), binary.AppendUvarint(nil, uint64(len(content))), content)
	}
	const version = "\x08\x0a"            // IR version 10
	opset := field(8, []byte("\x10\x14")) // opset 20
	model := []byte(version + string(opset) + string(field(7, field(5, b))))
	m, err := onnx.Parse(model, onnx.Limits{})
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("%s: %w", path.Base(name), err)
	}
	w := m.Graph.Initializers[0]
	w.Name = "t"
	m.Graph.Name = "g"
	m.Graph.Outputs = []*onnx.ValueInfo{{Name: "t"}}
	g, err := canonical.Import(context.Background(), m, canonical.Options{Float64: true, KeepBatch: true})
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("%s: %w", path.Base(name), err)
	}
	return g.Weights["t"], nil
}

// Compare returns nil when two tensors have one type and shape and their elements differ by no more
// than atol + rtol*|want|; NaN equals NaN.
func Compare(got, want tensor.Tensor, rtol, atol float64) error {
	if got.DType() != want.DType() || !slices.Equal(got.Shape(), want.Shape()) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	switch want.DType() {
	case tensor.Float32:
		return compareAll(got.Float32s(), want.Float32s(), rtol, atol)
	case tensor.Float64:
		return compareAll(got.Float64s(), want.Float64s(), rtol, atol)
	case tensor.Int64:
		return compareAll(got.Int64s(), want.Int64s(), rtol, atol)
	case tensor.Int32:
		return compareAll(tensor.Data[int32](got), tensor.Data[int32](want), rtol, atol)
	case tensor.Int16:
		return compareAll(tensor.Data[int16](got), tensor.Data[int16](want), rtol, atol)
	case tensor.Int8:
		return compareAll(tensor.Data[int8](got), tensor.Data[int8](want), rtol, atol)
	case tensor.Uint64:
		return compareAll(tensor.Data[uint64](got), tensor.Data[uint64](want), rtol, atol)
	case tensor.Uint32:
		return compareAll(tensor.Data[uint32](got), tensor.Data[uint32](want), rtol, atol)
	case tensor.Uint16:
		return compareAll(tensor.Data[uint16](got), tensor.Data[uint16](want), rtol, atol)
	case tensor.Uint8:
		return compareAll(tensor.Data[uint8](got), tensor.Data[uint8](want), rtol, atol)
	case tensor.Bool:
		if !slices.Equal(tensor.Data[bool](got), tensor.Data[bool](want)) {
			return fmt.Errorf("got %v, want %v", tensor.Data[bool](got), tensor.Data[bool](want))
		}
	case tensor.String:
		if g, w := tensor.Data[string](got), tensor.Data[string](want); !slices.Equal(g, w) {
			return fmt.Errorf("got %q, want %q", strings.Join(g, " "), strings.Join(w, " "))
		}
	}
	return nil
}

func compareAll[T tensor.Number](got, want []T, rtol, atol float64) error {
	for i, w := range want {
		g, w := float64(got[i]), float64(w)
		same := g == w || math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= atol+rtol*math.Abs(w)
		if !same {
			return fmt.Errorf("element %d is %v, want %v", i, g, w)
		}
	}
	return nil
}
