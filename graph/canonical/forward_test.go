package canonical

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// forwardData holds networks from PyTorch's two exporters and all values that ONNX Runtime computes
// with them; versions and script are in internal/golden/make_forward.py.
const forwardData = "../../internal/golden/testdata/forward"

func imported(t testing.TB, path string) *graph.Graph {
	t.Helper()
	m, err := onnx.Read(path, onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := Import(context.Background(), m, Options{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return g
}

func forwardModels(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(forwardData + "/*.onnx")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d models in %s, want at least 20: %v", len(files), forwardData, err)
	}
	return files
}

// TestForwardValues runs every imported fixture and compares each value that has kept its name with ONNX
// Runtime's.
func TestForwardValues(t *testing.T) {
	for _, path := range forwardModels(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		g := imported(t, path)
		family, _, _ := strings.Cut(name, "-")
		feeds := arrays(t, filepath.Join(forwardData, family+".input.npz"))
		if strings.Contains(name, "batch1") {
			feeds["input"] = feeds["input"].Rows(0, 1)
		}
		values, err := evaluate(g, feeds)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shapesHold(t, g, values)
		compared, wants := 0, arrays(t, filepath.Join(forwardData, name+".values.npz"))
		for s, want := range wants {
			got, ok := values[s]
			if !ok || want.DType() != tensor.Float32 {
				continue
			}
			compared++
			if d, err := distance(got, want); err != nil || d > 2e-5 {
				t.Errorf("%s: value %q is off by %.2g: %v", name, s, d, err)
			}
		}
		if full := len(wants) > 1; compared < 1 || full && compared < len(g.Nodes)*2/3 {
			t.Errorf("%s: %d values of %d nodes could be compared", name, compared, len(g.Nodes))
		}
		for _, v := range g.Values {
			if v.Shape == nil {
				t.Errorf("%s: the shape of %q is not known", name, v.Name)
			}
		}
	}
}

// outline is what must be equal between exports of one network: all but the names of values and weights.
func outline(g *graph.Graph, parameters bool) []string {
	var lines []string
	for _, l := range g.Layers {
		n := l.Parameters
		if !parameters {
			n = 0
		}
		lines = append(lines, fmt.Sprint(l.Index, l.Name, l.Depth, l.Op, l.Role, l.Stage, l.Kernel, l.Groups, l.Shape, l.Units, l.Axis, l.Batch,
			n, l.After, l.Activation, l.Head))
	}
	return lines
}

// TestSameLayers: the same network gives the same layers, whatever exporter, opset or batch.
func TestSameLayers(t *testing.T) {
	first := map[string]*graph.Graph{}
	checked := 0
	for _, path := range forwardModels(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		family, kind, _ := strings.Cut(name, "-")
		g := imported(t, path)
		if first[family] == nil {
			first[family] = g
			continue
		}
		// Kept normalisations have parameters of their own; PyTorch's new exporter drops a bias that is
		// zero, which those of nn.MultiheadAttention are before training.
		parameters := !strings.HasSuffix(kind, "-bn") && family != "encoder"
		want, got := outline(first[family], parameters), outline(g, parameters)
		if !slices.Equal(got, want) {
			t.Errorf("%s: layers\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		checked++
	}
	if checked < 12 {
		t.Fatalf("%d pairs of exports, want at least 12", checked)
	}
}

// TestLayersOfResNet holds the layers of one network in full, by what its author wrote.
func TestLayersOfResNet(t *testing.T) {
	g := imported(t, forwardData+"/resnet18-old-bn.onnx")
	var got []string
	for _, l := range g.Layers[:11] {
		got = append(got, fmt.Sprint(l.Name, " ", l.Op, " ", l.Role, " ", l.Stage, " ", l.Shape, " ", l.Activation, " ", l.Norm != nil, " ", l.After, " ", l.Parameters))
	}
	want := []string{ // images of 8 x 8; parameters: 3*6*9 + 2*6, 6*6*9 + 2*6, ...
		"conv1 Conv stream stem [6 8 8] Relu true [input] 174",
		"layer1.0.conv1 Conv branch layer1 [6 8 8] Relu true [conv1] 336",
		"layer1.0.conv2 Conv branch layer1 [6 8 8]  true [layer1.0.conv1] 336",
		"layer1.0 Sum stream layer1 [6 8 8] Relu false [conv1 layer1.0.conv2] 0",
		"layer1.1.conv1 Conv branch layer1 [6 8 8] Relu true [layer1.0] 336",
		"layer1.1.conv2 Conv branch layer1 [6 8 8]  true [layer1.1.conv1] 336",
		"layer1.1 Sum stream layer1 [6 8 8] Relu false [layer1.0 layer1.1.conv2] 0",
		"layer2.0.conv1 Conv branch layer2 [8 4 4] Relu true [layer1.1] 448",
		"layer2.0.conv2 Conv branch layer2 [8 4 4]  true [layer2.0.conv1] 592",
		"layer2.0.downsample.0 Conv stream layer2 [8 4 4]  true [layer1.1] 64",
		"layer2.0 Sum stream layer2 [8 4 4] Relu false [layer2.0.conv2 layer2.0.downsample.0] 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("layers\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if head := graph.Head(g); head == nil || head.Name != "fc" || head.Depth != 1 || head.Units != 10 {
		t.Errorf("the head is %+v, want fc", head)
	}
}

// TestFoldedNorm: both exporters fold, and the note names the switch of the one that did.
func TestFoldedNorm(t *testing.T) {
	for name, want := range map[string]string{"resnet18-old": "do_constant_folding=False", "resnet18-new": "optimize=False", "resnet18-old-bn": "", "lenet-new": ""} {
		layers := map[string]bool{}
		for _, n := range imported(t, forwardData+"/"+name+".onnx").Notes {
			if n.Code == "folded-norm" && want != "" && strings.Contains(n.Text, want) {
				layers[n.Layer] = true
			} else if n.Code == "folded-norm" {
				t.Errorf("%s: note %q", name, n)
			}
		}
		if want != "" && (len(layers) != 20 || !layers["layer3.0.downsample.0"]) {
			t.Errorf("%s: %d layers noted, want the 20 convolutions", name, len(layers))
		}
	}
}

// TestFreedBatch: with a batch made variable each sample gets what it gets alone.
func TestFreedBatch(t *testing.T) {
	for _, family := range [...]string{"lenet", "vit"} {
		g := imported(t, forwardData+"/"+family+"-old-batch1.onnx")
		if len(g.Notes) != 1 || g.Notes[0].Code != "freed-batch" || g.Inputs[0].Shape[0].Param != "batch" {
			t.Fatalf("%s: notes %v, input %v", family, g.Notes, g.Inputs)
		}
		x := arrays(t, forwardData+"/"+family+".input.npz")["input"]
		together, err := evaluate(g, map[string]tensor.Tensor{"input": x})
		if err != nil {
			t.Fatal(err)
		}
		for i := range x.Dim(0) {
			alone, err := evaluate(g, map[string]tensor.Tensor{"input": x.Rows(i, i+1)})
			if err != nil {
				t.Fatal(err)
			}
			if d, err := distance(together["logits"].Rows(i, i+1), alone["logits"]); err != nil || d > 1e-6 {
				t.Errorf("%s: sample %d is off by %g: %v", family, i, d, err)
			}
		}
	}
}

// TestReduction: what the head reads of a layer.
func TestReduction(t *testing.T) {
	for name, want := range map[string]map[string]graph.Reduction{
		"vit-old":         {"patch_embed": graph.Gap, "blocks.0": graph.ClassToken, "blocks.1.mlp.0": graph.ClassToken, "head": graph.NoReduction},
		"vit-new":         {"patch_embed": graph.Gap, "blocks.0.attn": graph.ClassToken},
		"encoder-new":     {"embed": graph.TokenMean, "layers.1#2": graph.TokenMean, "head": graph.NoReduction},
		"resnet18-old-bn": {"layer4.1": graph.Gap, "fc": graph.NoReduction},
		"gpt-new":         {"h.0": graph.TokenMean},
	} {
		g := imported(t, forwardData+"/"+name+".onnx")
		for layer, how := range want {
			l, ok := g.Layer(layer)
			if !ok {
				t.Errorf("%s: no layer %q", name, layer)
				continue
			}
			if got := g.Reduction(l); got != how {
				t.Errorf("%s: the head reads %q of %s, want %q", name, got, layer, how)
			}
		}
		if kind := g.OutputKind("logits"); kind != graph.Logits {
			t.Errorf("%s: the output holds %s, want logits", name, kind)
		}
	}
}

// TestTrainingNorm: the batch's mean and variance of a normalisation's input, against sums over it.
func TestTrainingNorm(t *testing.T) {
	g := imported(t, forwardData+"/resnet18-old-bn.onnx")
	train := g.TrainingNorm()
	values, err := evaluate(train, arrays(t, forwardData+"/resnet18.input.npz"))
	if err != nil {
		t.Fatal(err)
	}
	l, _ := g.Layer("layer2.0.conv1")
	mean, variance, ok := g.BatchStatistics(l)
	if !ok {
		t.Fatal("no names of statistics")
	}
	x := values[l.Linear]
	n, c, size := x.Dim(0), x.Dim(1), x.Dim(2)*x.Dim(3)
	for k := range c {
		sum, squares := 0.0, 0.0
		for i := range n {
			for _, v := range x.Float32s()[(i*c+k)*size : (i*c+k+1)*size] {
				sum += float64(v)
				squares += float64(v) * float64(v)
			}
		}
		m := sum / float64(n*size)
		v := squares/float64(n*size) - m*m
		if got := float64(values[mean].Float32s()[k]); got-m > 1e-5 || m-got > 1e-5 {
			t.Errorf("mean of unit %d is %g, want %g", k, got, m)
		}
		if got := float64(values[variance].Float32s()[k]); got-v > 1e-4 || v-got > 1e-4 {
			t.Errorf("variance of unit %d is %g, want %g", k, got, v)
		}
	}
	if g.Nodes[1].Attributes["training_mode"] != nil {
		t.Error("the graph it came from was changed")
	}
}

// TestImportIsDeterministic: the same file gives the same graph, names that were made up included.
func TestImportIsDeterministic(t *testing.T) {
	for _, name := range [...]string{"gpt-old", "vit-old-batch1"} {
		var seen []string
		for range 3 {
			g := imported(t, forwardData+"/"+name+".onnx")
			seen = append(seen, fmt.Sprint(g.Nodes, g.Inputs, g.Values, g.Layers, g.Notes))
		}
		if seen[0] != seen[1] || seen[0] != seen[2] {
			t.Errorf("%s: two imports differ", name)
		}
	}
}
