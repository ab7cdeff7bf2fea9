package grad_test

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

const golden = "../../internal/golden/testdata/"

// TestPyTorch compares the gradients of a loss, and Hessian-vector products, with PyTorch's
// (internal/golden/make_gradients.py says which versions and how).
func TestPyTorch(t *testing.T) {
	files, err := filepath.Glob(golden + "gradient/*.npz")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files of gradients, want 8: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".npz")
		t.Run(name, func(t *testing.T) {
			family, _, _ := strings.Cut(name, "-")
			g := load(t, golden+"forward/"+name+".onnx")
			feeds := enginetest.Archive(t, golden+"forward/"+family+".input.npz")
			want := enginetest.Archive(t, file)
			compare(t, g, feeds, want, "")
			if _, ok := want["training.loss"]; ok {
				compare(t, g.TrainingNorm(), feeds, want, "training.")
			}
		})
	}
}

// TestFamilies compares with PyTorch's gradients of more networks (internal/golden/make_families.py).
func TestFamilies(t *testing.T) {
	files, err := filepath.Glob(golden + "families/*.npz")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d files of gradients, want 13: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".npz"), func(t *testing.T) {
			feeds, want := map[string]tensor.Tensor{}, enginetest.Archive(t, file)
			for name, x := range want {
				if input, ok := strings.CutPrefix(name, "feed."); ok {
					feeds[input] = x
					delete(want, name)
				}
			}
			g := load(t, strings.TrimSuffix(file, ".npz")+".onnx")
			compare(t, g, feeds, want, "")
			if _, ok := want["training.loss"]; ok {
				compare(t, g.TrainingNorm(), feeds, want, "training.")
			}
		})
	}
}

// compare checks the arrays whose names start with a prefix.
func compare(t *testing.T, g *graph.Graph, feeds, want map[string]tensor.Tensor, prefix string) {
	t.Helper()
	g, feeds = withLoss(t, g, feeds)
	var wrt, weights []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		name, ok := strings.CutPrefix(name, prefix)
		if !ok || name == "loss" || prefix == "" && strings.HasPrefix(name, "training.") || strings.HasPrefix(name, "twice.") {
			continue
		}
		if _, ok := g.Weights[name]; !ok && name == "wpe.weight" { // taken at fixed positions, so folded
			continue
		}
		wrt = append(wrt, name)
		if name != "input" {
			weights = append(weights, name)
		}
	}
	first, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "loss"}}, Values: wrt})
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Independent) > 0 {
		t.Errorf("the loss does not depend on %v", first.Independent)
	}
	for _, double := range []bool{true, false} {
		got := run(t, first.Graph, feeds, append(names(first, wrt), "loss"), double)
		if !double {
			written(t, first, feeds, map[string]tensor.Tensor{first.Names[wrt[0]]: got[first.Names[wrt[0]]], first.Names[wrt[len(wrt)-1]]: got[first.Names[wrt[len(wrt)-1]]]})
		}
		near(t, prefix+"loss", got["loss"], want[prefix+"loss"], 0, within1e5)
		for _, name := range wrt {
			near(t, prefix+name, got[first.Names[name]], want[prefix+name], largest(want, prefix), within1e5)
		}
	}
	if _, ok := want[prefix+"twice."+weights[0]]; !ok {
		return
	}
	seeds, along := []grad.Seed{}, maps.Clone(feeds)
	for _, name := range weights {
		by := name + ".direction"
		v := tensor.New(tensor.Float32, want[prefix+name].Shape()...)
		for i := range v.Float32s() {
			v.Float32s()[i] = float32(math.Sin(float64(i + 1)))
		}
		along[by] = v
		seeds = append(seeds, grad.Seed{Value: first.Names[name], By: by})
	}
	second, err := grad.Of(t.Context(), first.Graph, grad.Request{Seeds: seeds, Values: weights})
	if err != nil {
		t.Fatal(err)
	}
	for _, double := range []bool{true, false} {
		got := run(t, second.Graph, along, names(second, weights), double)
		if !double {
			written(t, second, along, map[string]tensor.Tensor{second.Names[weights[0]]: got[second.Names[weights[0]]]})
		}
		share := within1e5
		if !double && prefix != "" {
			share = rounded
		}
		for _, name := range weights {
			near(t, prefix+"twice."+name, got[second.Names[name]], want[prefix+"twice."+name], largest(want, prefix+"twice."), share)
		}
	}
}

// largest is the largest element of all arrays of a prefix.
func largest(arrays map[string]tensor.Tensor, prefix string) (top float64) {
	for name, x := range arrays {
		if strings.HasPrefix(name, prefix) {
			for _, v := range x.Float32s() {
				top = max(top, math.Abs(float64(v)))
			}
		}
	}
	return top
}

// within1e5 and rounded are shares of an array's largest element. The second is for the one case in which
// single precision does not suffice: second derivatives through 20 normalisations by a batch of two.
const (
	within1e5 = 1e-5
	rounded   = 5e-4
)

// near allows a share of an array's largest element. Some gradients are sums that cancel, to nothing but
// rounding for the keys' biases of an attention: those are measured by the largest of the network.
func near(t *testing.T, name string, got, want tensor.Tensor, all, share float64) {
	t.Helper()
	if !got.Valid() || !want.Valid() || !slices.Equal(got.Shape(), want.Shape()) {
		t.Errorf("%s is %v, want %v", name, got, want)
		return
	}
	top, apart := 0.01*all, 0.0
	for i, w := range want.Float32s() {
		g := 0.0
		if got.DType() == tensor.Float64 {
			g = got.Float64s()[i]
		} else {
			g = float64(got.Float32s()[i])
		}
		top = max(top, math.Abs(float64(w)))
		if d := math.Abs(g - float64(w)); d > apart || d != d {
			apart = d
		}
	}
	if !(apart <= share*top) {
		t.Errorf("%s in %v: %.1e of the largest element from PyTorch", name, got.DType(), apart/top)
	}
}

// withLoss appends the mean cross-entropy of the rows of the logits, the label of row i being 7i modulo
// the number of classes.
func withLoss(t *testing.T, g *graph.Graph, feeds map[string]tensor.Tensor) (*graph.Graph, map[string]tensor.Tensor) {
	t.Helper()
	s := run(t, g, feeds, nil, false)["logits"].Shape()
	classes := s[len(s)-1]
	labels := make([]int64, tensor.New(tensor.Bool, s...).Len()/classes)
	for i := range labels {
		labels[i] = int64(7 * i % classes)
	}
	h := *g
	h.Inputs = append(slices.Clone(g.Inputs), graph.Value{Name: "labels", DType: tensor.Int64, Shape: []graph.Dim{{Size: -1, Param: "rows"}}})
	if len(s) == 2 {
		h.Inputs[len(h.Inputs)-1].Shape[0] = g.Inputs[0].Shape[0]
	}
	h.Weights = maps.Clone(g.Weights)
	h.Weights["rows"] = ints(-1, int64(classes))
	h.Nodes = append(slices.Clone(g.Nodes),
		graph.Node{Op: "Reshape", Inputs: []string{"logits", "rows"}, Outputs: []string{"scores"}},
		graph.Node{Op: "SoftmaxCrossEntropyLoss", Inputs: []string{"scores", "labels"}, Outputs: []string{"loss"}, Attributes: op.Attributes{}})
	h.Values = shape.Infer(&h)
	feeds = maps.Clone(feeds)
	feeds["labels"] = tensor.Of(labels, len(labels))
	return &h, feeds
}

func load(t *testing.T, path string) *graph.Graph {
	t.Helper()
	m, err := onnx.Read(path, onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(t.Context(), m, canonical.Options{KeepBatch: true})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
