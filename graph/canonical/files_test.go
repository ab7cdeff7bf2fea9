package canonical

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
)

// habitData holds one small file for each habit of exporters, with ONNX Runtime's output; script and
// versions are in internal/golden/make_habits.py.
const habitData = "../../internal/golden/testdata/habits"

// TestHabitFiles runs each file, and compares the layers of all ways to write one network.
func TestHabitFiles(t *testing.T) {
	files, err := filepath.Glob(habitData + "/*.onnx")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files in %s, want at least 15: %v", len(files), habitData, err)
	}
	plain := map[string][]string{}
	for _, family := range [...]string{"gemm.plain", "reshape.flatten"} {
		name, _, _ := strings.Cut(family, ".")
		plain[name] = common(imported(t, filepath.Join(habitData, family+".onnx")))
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		g := imported(t, path)
		data := arrays(t, strings.TrimSuffix(path, ".onnx")+".npz")
		want := data["logits"]
		delete(data, "logits")
		got, err := evaluate(g, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		limit := 1e-5
		if strings.HasPrefix(name, "float16.whole") { // computed in half precision there
			limit = 5e-3
		}
		if d, err := distance(got["logits"], want); err != nil || d > limit {
			t.Errorf("%s: the output is off by %.2g: %v", name, d, err)
		}
		shapesHold(t, g, got)
		family, _, _ := strings.Cut(name, ".")
		if layers := common(g); plain[family] != nil && !slices.Equal(layers, plain[family]) {
			t.Errorf("%s: layers %v, want %v", name, layers, plain[family])
		}
	}
	g := imported(t, filepath.Join(habitData, "norm.mul-add.onnx"))
	if l := g.Layers[0]; l.Activation != "Relu" || l.Linear != "c" || l.Before != "n" || l.Parameters != 72+8 {
		t.Errorf("a normalisation written as factor and offset: layer %+v", l)
	}
	if l := imported(t, filepath.Join(habitData, "norm.kept.onnx")).Layers[0]; l.Norm == nil || l.Norm.Mean != "bn1.running_mean" || l.Linear != "c" {
		t.Errorf("a normalisation that was kept: layer %+v", l)
	}
}

// common is what all ways to write a layer have in common: not where a 1x1 convolution has two axes more.
func common(g *graph.Graph) []string {
	var out []string
	for _, l := range g.Layers {
		out = append(out, fmt.Sprint(l.Name, l.Op, l.Units, l.Axis, l.Parameters, l.After, l.Activation, l.Head))
	}
	return out
}
