package stratascope

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/dataset/npz"
	"github.com/stratascope/stratascope/dataset/pickle"
	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/tensor"
)

// Weights are the tensors of a file that holds no network, ready for the rules that need no more.
type Weights struct {
	Case   statistic.Case
	Result finding.Run
}

// WeightsOptions say how weights are read.
type WeightsOptions struct {
	Initial *graph.Graph // the network before training, or its weights
	Seed    uint64
	Memory  int64 // most bytes the weights may take; 0 is no limit
}

// A tensorFile is an open file of named tensors.
type tensorFile interface {
	Names() []string
	Shape(name string) []int
	Tensor(name string) (tensor.Tensor, error)
	Close() error
}

// HoldsWeights reports by its first bytes whether a file holds weights and no network.
func HoldsWeights(head []byte, size int64) bool {
	return safetensors.Is(head, size) || npy.Is(head) || pickle.IsTorch(head)
}

// OpenWeights reads the weights of a safetensors, npz or npy file, or of one that torch.save wrote, as layers
// in the order of their names: such a file does not say how they are connected.
func OpenWeights(path string, o WeightsOptions) (*Weights, error) {
	name := filepath.Base(path)
	f, err := openTensors(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	g := &graph.Graph{Name: name, Weights: map[string]tensor.Tensor{}}
	left, err := takeTensors(g, f, o.Memory)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sum, err := hashFile(path)
	if err != nil {
		return nil, err
	}
	g.Layers = tensorLayers(g.Weights)
	if o.Initial != nil {
		if err := sameTensors(g, o.Initial); err != nil {
			return nil, fmt.Errorf("%s is of another architecture than %s: %w", o.Initial.Name, name, err)
		}
	}
	w := &Weights{Case: statistic.Case{Layers: g.Layers, Graph: g, Initial: o.Initial, Seed: o.Seed, Workers: 1}}
	w.Result = finding.Run{Tool: Tool, Engine: "weights", Seed: o.Seed, Model: finding.Model{Name: name, SHA256: sum},
		Notes: []string{"the file holds no network: layers stand in the order of their names"}}
	for _, l := range g.Layers {
		w.Result.Model.Parameters += l.Parameters
	}
	if left > 0 {
		w.Result.Notes = append(w.Result.Notes, fmt.Sprintf("%d tensors hold no real numbers and were left out", left))
	}
	return w, nil
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// openTensors opens a file by what it begins with. A zip archive is NumPy's or PyTorch's.
func openTensors(path string) (tensorFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 8)
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, errors.Join(err, f.Close())
	}
	switch {
	case npz.Is(head):
		z, err := npz.Open(f)
		if err == nil {
			return arrays{z}, nil
		}
		if f, err2 := os.Open(path); err2 == nil {
			t, err2 := pickle.OpenTorch(f)
			if !errors.Is(err2, pickle.ErrNoProgram) {
				return t, err2
			}
		}
		return nil, err
	case npy.Is(head):
		a, err := npy.Open(f)
		if err != nil {
			return nil, err
		}
		return arrays{single{a}}, nil
	case pickle.IsTorch(head) && !bytes.HasPrefix(head, []byte("PK")):
		return pickle.OpenTorch(f)
	}
	s, err := safetensors.Open(f)
	if err != nil {
		return nil, err
	}
	return arrays{s}, nil
}

// arrays are the tensors of a container of arrays.
type arrays struct {
	container interface {
		Names() []string
		Array(name string) (*array.Array, error)
		Close() error
	}
}

func (a arrays) Names() []string { return a.container.Names() }
func (a arrays) Close() error    { return a.container.Close() }

// Shape returns the dimensions of an array, nil if it cannot be read.
func (a arrays) Shape(name string) []int {
	x, err := a.container.Array(name)
	if err != nil || x == nil {
		return nil
	}
	return x.Shape()
}

// Tensor reads an array.
func (a arrays) Tensor(name string) (tensor.Tensor, error) {
	x, err := a.container.Array(name)
	if err != nil {
		return tensor.Tensor{}, err
	}
	return x.Tensor()
}

// single is a file of one array.
type single struct{ *npy.File }

// Names returns a name for the array.
func (single) Names() []string { return []string{"weight"} }

// Array returns the array.
func (s single) Array(string) (*array.Array, error) { return s.File.Array, nil }

// takeTensors reads the tensors of real numbers into a graph as float32, and counts the others.
func takeTensors(g *graph.Graph, f tensorFile, limit int64) (left int, err error) {
	need := int64(0)
	for _, name := range f.Names() {
		n, err := tensor.Count(f.Shape(name))
		if err != nil {
			return 0, fmt.Errorf("tensor %.80q: %w", name, err)
		}
		if need += 4 * int64(n); limit > 0 && need > limit {
			return 0, &engine.MemoryError{Work: "holding the weights of " + g.Name, Need: need, Limit: limit}
		}
	}
	for _, name := range f.Names() {
		t, err := f.Tensor(name)
		if err != nil {
			return 0, fmt.Errorf("tensor %.80q: %w", name, err)
		}
		switch t.DType() {
		case tensor.Float32:
			g.Weights[name] = t
		case tensor.Float64:
			g.Weights[name] = narrowed(t)
		default:
			left++
		}
	}
	return left, nil
}

// narrowed returns float64 values as float32; those that are finite stay so.
func narrowed(t tensor.Tensor) tensor.Tensor {
	out := make([]float32, t.Len())
	for i, v := range t.Float64s() {
		if v-v == 0 {
			v = min(max(v, -math.MaxFloat32), math.MaxFloat32)
		}
		out[i] = float32(v)
	}
	return tensor.Of(out, t.Shape()...)
}

// Plan says that nothing is run.
func (w *Weights) Plan(context.Context, Options) (Plan, error) { return Plan{}, nil }

// Enough counts the rules that need no more than the weights.
func (w *Weights) Enough(o Options) int {
	n := 0
	for _, d := range o.detectors() {
		if d.Tier == detector.Weights || d.Tier == detector.Checkpoints && w.Case.Initial != nil {
			n++
		}
	}
	return n
}

// Diagnose runs the rules that look at weights; the others are not assessed.
func (w *Weights) Diagnose(_ context.Context, o Options) (finding.Diagnosis, error) {
	for _, d := range o.detectors() {
		if d.Tier != detector.Weights && d.Tier != detector.Checkpoints {
			o.Known = append(o.Known, detector.Outcome{Detector: d, Skipped: []detector.Skipped{{Code: "no-network", Why: "the file holds weights but no network", Needs: "the network as ONNX, and data"}}})
		}
	}
	d := Judge(w.Case, statistic.NewResults(), o)
	d.Run = w.Result
	return d, nil
}

// Describe returns what is known before any rule ran.
func (w *Weights) Describe() finding.Diagnosis {
	d := diagnosis.Diagnose(nil, w.Case.Layers)
	d.Run = w.Result
	return d
}
