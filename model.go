package stratascope

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
)

// A Model is a network that was read from an ONNX file.
type Model struct {
	Name   string // the file's name without its folder
	SHA256 string // of the file, and of the tensors that lie beside it
	Opset  int
	Graph  *graph.Graph
	Output string     // name of the value that is the network's answer
	Kind   graph.Kind // what that output holds
}

// OpenModel reads an ONNX file into its canonical form.
func OpenModel(ctx context.Context, path string) (*Model, error) {
	return OpenModelWithin(ctx, path, 0)
}

// large are so many bytes of weights that what is left of reading them is given back at once.
const large = 64 << 20

// OpenModelWithin is OpenModel of a network whose weights may take that many bytes of memory, 0 is no limit. One
// that needs more is an *engine.MemoryError, before any of them is read.
func OpenModelWithin(ctx context.Context, path string, memory int64) (*Model, error) {
	file, err := onnx.Read(path, onnx.Limits{})
	if err != nil {
		return nil, err
	}
	need := held(file)
	if memory > 0 && need > memory {
		return nil, &engine.MemoryError{Work: "holding the weights of " + filepath.Base(path), Need: need, Limit: memory}
	}
	sum, err := hashModel(path, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	g, err := canonical.Import(ctx, file, canonical.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	m := &Model{Name: filepath.Base(path), SHA256: sum, Opset: int(file.Opset(""))}
	if file = nil; need > large { // its bytes are copied; an engine is about to pack the weights
		debug.FreeOSMemory()
	}
	return m, m.set(g)
}

// held is how many bytes the constants of a file take in memory, where real numbers are float32.
func held(file *onnx.Model) int64 {
	var sum int64
	for t := range file.Tensors() {
		n, err := t.Len() // of a shape that is wrong reading tells more
		if err != nil {
			continue
		}
		width := 4
		if !t.DataType.Floating() {
			width = (t.DataType.Bits() + 7) / 8
		}
		if sum += int64(n) * int64(width); sum < 0 {
			return math.MaxInt64
		}
	}
	return sum
}

// set puts a graph in and finds its output.
func (m *Model) set(g *graph.Graph) error {
	m.Graph = g
	out, ok := g.FindOutput()
	if !ok {
		return fmt.Errorf("%s: the network has no output", m.Name)
	}
	m.Output, m.Kind = out.Name, g.OutputKind(out.Name)
	return nil
}

// hashModel hashes the file's bytes, then those of tensors beside it in the file's order.
func hashModel(path string, file *onnx.Model) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	if err := hashExternal(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashExternal(h hash.Hash, file *onnx.Model) error {
	for t := range file.Tensors() {
		if !t.IsExternal() {
			continue
		}
		if err := t.CopyTo(h); err != nil {
			return fmt.Errorf("tensor %s: %w", t.Name, err)
		}
	}
	return nil
}

// Inputs describes what the network wants to be fed.
func (m *Model) Inputs() []dataset.Input {
	var out []dataset.Input
	for _, v := range m.Graph.Inputs {
		in := dataset.Input{Name: v.Name, DType: v.DType}
		for _, d := range v.Shape {
			size := d.Size
			if size <= 0 {
				size = -1
			}
			in.Shape = append(in.Shape, size)
		}
		if len(in.Shape) > 0 {
			in.Shape[0] = -1 // the batch
		}
		out = append(out, in)
	}
	return out
}

// classes returns how many classes the network's answer tells apart, 0 where it is none of classes.
func (m *Model) classes() int {
	shape := m.Graph.Values[m.Output].Shape
	if len(shape) != 2 {
		return 0
	}
	switch n := shape[1].Size; {
	case n == 1 && m.Kind == graph.Sigmoids:
		return 2 // the probability of the second
	case n > 1 && m.Kind != graph.Sigmoids && m.Kind != graph.Values:
		return n
	}
	return 0
}

// Parameters counts the weights, biases and normalisations of all layers.
func (m *Model) Parameters() int {
	n := 0
	for _, l := range m.Graph.Layers {
		n += l.Parameters
	}
	return n
}

// Choose makes another output the network's answer, or says what it holds; an empty name or kind leaves
// what was found.
func (m *Model) Choose(output string, kind graph.Kind) error {
	if output != "" {
		if !slices.Contains(m.Graph.Outputs, output) {
			return fmt.Errorf("%s: no output %q, want one of %q", m.Name, output, m.Graph.Outputs)
		}
		m.Output, m.Kind = output, m.Graph.OutputKind(output)
	}
	if kind != "" {
		m.Kind = kind
	}
	return nil
}

// Until returns the network up to a layer, whose output is then the network's.
func (m *Model) Until(layer string) (*Model, error) {
	l, ok := m.Graph.Layer(layer)
	if !ok {
		return nil, fmt.Errorf("%s: the network has no layer %q", m.Name, layer)
	}
	g := *m.Graph
	g.Outputs = []string{l.Output}
	g.Nodes = m.Graph.Needed(l.Output)
	g.Layers = graph.Layers(&g)
	out := *m
	return &out, out.set(&g)
}

// reads lists the values a node reads, those of graphs inside it included.
func reads(n *graph.Node) []string {
	all := slices.Clone(n.Inputs)
	for _, g := range n.Subgraphs {
		for i := range g.Nodes {
			all = append(all, reads(&g.Nodes[i])...)
		}
		all = append(all, g.Outputs...)
	}
	return all
}

// A Gap is the first operator of a network that an engine cannot run.
type Gap struct {
	Op, Domain string
	Opset      int    // of the domain
	Layer      int    // number of the first layer that needs it
	Last       string // last layer before that one; "" if none is left
	Before     int    // its number
}

// Unsupported returns the first operator that an engine cannot run, nil if it can run all.
func (m *Model) Unsupported(ctx context.Context, e engine.Engine) (*Gap, error) {
	p, err := e.Compile(ctx, m.Graph, engine.Options{})
	if err == nil {
		return nil, p.Close()
	}
	var u *engine.UnsupportedError
	if !errors.As(err, &u) || u.Index < 1 || u.Index > len(m.Graph.Nodes) {
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	bad := map[string]bool{} // values that cannot be had
	for i := u.Index - 1; i < len(m.Graph.Nodes); i++ {
		n := &m.Graph.Nodes[i]
		if i == u.Index-1 || slices.ContainsFunc(reads(n), func(s string) bool { return bad[s] }) {
			for _, s := range n.Outputs {
				bad[s] = true
			}
		}
	}
	gap := &Gap{Op: u.Op, Domain: u.Domain, Opset: u.Opset, Layer: len(m.Graph.Layers) + 1}
	for _, l := range m.Graph.Layers {
		if bad[l.Output] {
			gap.Layer = l.Index
			break
		}
		gap.Last, gap.Before = l.Name, l.Index
	}
	return gap, nil
}
