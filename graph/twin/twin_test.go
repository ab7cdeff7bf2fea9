package twin

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// A spread is what testdata/laws.py prints of weights or biases.
type spread struct{ SD, Largest, Kurtosis float64 }

func of(v []float32) spread {
	var s spread
	var two, four float64
	for _, x := range v {
		f := float64(x)
		two += f * f
		four += f * f * f * f
		s.Largest = max(s.Largest, math.Abs(f))
	}
	n := float64(len(v))
	s.SD, s.Kurtosis = math.Sqrt(two/n), four*n/(two*two)
	return s
}

func (s spread) near(t *testing.T, what string, v []float32) {
	t.Helper()
	got := of(v)
	if math.Abs(got.SD/s.SD-1) > 0.01+3/math.Sqrt(float64(len(v))) {
		t.Errorf("%s: sd %.5f, PyTorch's is %.5f", what, got.SD, s.SD)
	}
	if uniform := s.Kurtosis < 2; uniform && (got.Largest > s.SD*math.Sqrt(3)*1.01 || got.Kurtosis > 2) || !uniform && math.Abs(got.Kurtosis-3) > 0.15 {
		t.Errorf("%s: largest %.5f, kurtosis %.2f, PyTorch has %.5f and %.2f", what, got.Largest, got.Kurtosis, s.Largest, s.Kurtosis)
	}
}

// TestAgainstPyTorch draws what PyTorch 2.15.0 draws; the script lies beside its numbers.
func TestAgainstPyTorch(t *testing.T) {
	b, err := os.ReadFile("testdata/laws.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Laws []struct {
			Module, Law  string
			Shape        []int
			Weight, Bias spread
		}
	}
	if err := json.Unmarshal(b, &reference); err != nil || len(reference.Laws) < 20 {
		t.Fatalf("%d laws: %v", len(reference.Laws), err)
	}
	for _, c := range reference.Laws {
		op, _, grouped := strings.Cut(c.Module, " ")
		l := graph.Layer{Name: "l", Op: op, Weight: "w", Bias: "b"}
		shape, node := c.Shape, graph.Node{}
		switch op {
		case "ConvTranspose":
			l.Transpose = true
		case "LSTM", "GRU":
			node = graph.Node{Op: op, Inputs: []string{"x", "w", "r", "b"}}
			l.Op, shape = "Recurrent", append([]int{1}, shape...)
		}
		if grouped {
			l.Groups = 12
		}
		g := &graph.Graph{Layers: []graph.Layer{l}, Nodes: []graph.Node{node}, Weights: map[string]tensor.Tensor{
			"w": tensor.New(tensor.Float32, shape...), "b": tensor.New(tensor.Float32, 5000), "r": tensor.New(tensor.Float32, 1, 600, 200)}}
		law := Law{}
		for _, x := range candidates(l.Op) {
			if x.Name == c.Law {
				law = x
			}
		}
		x, err := Of(g, 1, 0, Options{Laws: map[string]Law{l.Op: law}})
		if err != nil {
			t.Fatal(err)
		}
		c.Weight.near(t, c.Module+" "+c.Law, x.Weights["w"].Float32s())
		switch {
		case l.Op == "Recurrent":
			c.Weight.near(t, c.Module+" recurrent", x.Weights["r"].Float32s())
			c.Weight.near(t, c.Module+" bias", x.Weights["b"].Float32s())
		case law.Biased:
			c.Bias.near(t, c.Module+" bias", x.Weights["b"].Float32s())
		default:
			if s := of(x.Weights["b"].Float32s()); s.Largest != 0 {
				t.Errorf("%s %s: bias up to %v", c.Module, c.Law, s.Largest)
			}
		}
	}
}

func imported(t *testing.T, path string) *graph.Graph {
	t.Helper()
	m, err := onnx.Read("../../internal/golden/testdata/"+path, onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(t.Context(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestRecognise: networks that PyTorch made and nobody trained have its law, whatever the operator.
func TestRecognise(t *testing.T) {
	for path, want := range map[string]map[string]string{
		"forward/perceptron-old.onnx":   {"Linear": PyTorch.Name},
		"forward/lenet-old.onnx":        {"Conv": PyTorch.Name, "Linear": PyTorch.Name},
		"forward/resnet18-old-bn.onnx":  {"Conv": PyTorch.Name, "Linear": PyTorch.Name},
		"forward/mobilenet-old-bn.onnx": {"Conv": PyTorch.Name, "Linear": PyTorch.Name},
		"forward/gpt-old.onnx":          {"Embedding": Normal1.Name},
		"families/lstm.onnx":            {"Recurrent": PyTorch.Name},
		"families/unet.onnx":            {"Conv": PyTorch.Name, "ConvTranspose": PyTorch.Name},
	} {
		laws := Recognise(imported(t, path))
		for op, name := range want {
			if laws[op].Name != name {
				t.Errorf("%s: %s is %s, want %s", path, op, laws[op].Name, name)
			}
		}
	}
	// A twin shows the law it was drawn by, where layers differ enough in their fans to tell laws apart.
	g := imported(t, "forward/lenet-old.onnx")
	for _, law := range candidates("Conv") {
		x, err := Of(g, 1, 0, Options{Laws: map[string]Law{"Conv": law, "Linear": law}})
		if err != nil {
			t.Fatal(err)
		}
		if got := Recognise(x)["Linear"]; got.Name != law.Name {
			t.Errorf("drawn by %s, recognised as %s", law.Name, got.Name)
		}
	}
}

// TestTrainedNetworks: training hides the law, in few and narrow layers first; of the ResNets it is still the
// nearest.
func TestTrainedNetworks(t *testing.T) {
	for _, name := range []string{"resnet-1", "resnet-2", "resnet-3"} {
		if got := Recognise(imported(t, "healthy/"+name+".onnx"))["Conv"]; got.Name != PyTorch.Name {
			t.Errorf("%s: %s, it began with %s", name, got.Name, PyTorch.Name)
		}
	}
}

func TestWithoutFiniteWeights(t *testing.T) {
	g := imported(t, "forward/perceptron-old.onnx")
	bad := map[string]tensor.Tensor{}
	for _, l := range g.Layers {
		w := g.Weights[l.Weight].Clone()
		for i := range w.Float32s() {
			w.Float32s()[i] = float32(math.NaN())
		}
		bad[l.Weight] = w
	}
	g, err := g.ReplaceWeights(bad)
	if err != nil {
		t.Fatal(err)
	}
	if got := Recognise(g)["Linear"]; got.Name != PyTorch.Name {
		t.Errorf("weights that are not finite: %s", got.Name)
	}
}

// TestTwin: seed and number fix every byte; other seeds, numbers and layers draw anew; normalisations are at
// their beginning.
func TestTwin(t *testing.T) {
	g := imported(t, "forward/resnet18-old-bn.onnx")
	draw := func(seed uint64, k int, o Options) *graph.Graph {
		x, err := Of(g, seed, k, o)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	a, b := draw(1, 2, Options{}), draw(1, 2, Options{})
	same := func(a, b *graph.Graph, name string) bool {
		return slices.Equal(a.Weights[name].Float32s(), b.Weights[name].Float32s())
	}
	for _, l := range g.Layers {
		if l.Weight == "" {
			continue
		}
		if !same(a, b, l.Weight) || same(a, g, l.Weight) || same(a, draw(2, 2, Options{}), l.Weight) || same(a, draw(1, 3, Options{}), l.Weight) {
			t.Errorf("layer %s is not drawn by seed and number", l.Name)
		}
		if n := l.Norm; n != nil {
			for i, name := range []string{n.Scale, n.Bias, n.Mean, n.Variance} {
				if v := a.Weights[name].Float32s(); slices.Min(v) != slices.Max(v) || v[0] != [...]float32{1, 0, 0, 1}[i] {
					t.Errorf("layer %s: %s begins at %v", l.Name, name, v[0])
				}
			}
		}
	}
	if kept := Kept(g); len(kept) != 0 {
		t.Errorf("a ResNet keeps %v", kept)
	}
	one := draw(1, 2, Options{Layers: []string{g.Layers[2].Name}})
	for i, l := range g.Layers {
		if l.Weight != "" && same(one, g, l.Weight) == (i == 2) {
			t.Errorf("layer %s with %s drawn anew", l.Name, g.Layers[2].Name)
		}
	}
	if !same(one, a, g.Layers[2].Weight) {
		t.Error("a layer alone is drawn as among all")
	}
	first := draw(3, 0, Options{Laws: map[string]Law{"Conv": XavierNormal, "Linear": XavierNormal}})
	begun := draw(1, 2, Options{Initial: first})
	head := g.Layers[len(g.Layers)-1]
	if s := of(begun.Weights[g.Layers[2].Weight].Float32s()); math.Abs(s.Kurtosis-3) > 0.2 || same(begun, first, head.Weight) || !same(begun, first, head.Bias) {
		t.Error("a twin does not begin as the network before training")
	}
	if _, err := Of(g, 1, 0, Options{Layers: []string{"nowhere"}}); err == nil {
		t.Error("an unknown layer was drawn")
	}
}

// TestTransformer: layer normalisations begin at 1 and 0, positions stay.
func TestTransformer(t *testing.T) {
	g := imported(t, "healthy/vit-1.onnx")
	x, err := Of(g, 1, 0, Options{})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, n := range x.Nodes {
		if n.Op != "LayerNormalization" {
			continue
		}
		for k, name := range n.Inputs[1:] {
			found++
			if v := x.Weights[name].Float32s(); slices.Min(v) != slices.Max(v) || v[0] != float32(1-k) {
				t.Errorf("%s begins at %v", name, v[0])
			}
		}
	}
	if found < 4 {
		t.Errorf("%d scales and offsets", found)
	}
	for _, name := range Kept(g) {
		if w := g.Weights[name]; w.Len() > 4096 {
			t.Errorf("%s %v stays as it was trained", name, w)
		}
	}
	if kept := Kept(g); len(kept) == 0 {
		t.Error("positions are drawn")
	}
	// The other weights differ from layer to layer, as streams of their own do.
	var drawn []float64
	for _, l := range x.Layers {
		if w := x.Weights[l.Weight]; w.Valid() {
			drawn = append(drawn, float64(w.Float32s()[0]))
		}
	}
	slices.Sort(drawn)
	if len(slices.Compact(drawn)) != len(drawn) || infer.Finite(drawn) != nil {
		t.Errorf("first weights %v", drawn)
	}
}
