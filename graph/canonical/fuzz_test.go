package canonical

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/onnx"
)

// FuzzImport imports whatever the reader accepts: it may refuse, it may not panic, hang or ask for much.
func FuzzImport(f *testing.F) {
	for _, pattern := range [...]string{forwardData + "/perceptron-*.onnx", habitData + "/*.onnx",
		debianData + "/node/test_if/model.onnx", debianData + "/node/test_loop11/model.onnx", debianData + "/node/test_softmax_axis_0_expanded/model.onnx",
		debianData + "/node/test_slice/model.onnx", debianData + "/node/test_layer_normalization_2d_axis0_expanded/model.onnx"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	for _, m := range habits() {
		b, err := written(m.prepared().model)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := onnx.Parse(b, onnx.Limits{Nodes: 2000})
		if err != nil {
			return
		}
		g, err := Import(context.Background(), m, Options{MaxFoldBytes: 1 << 20, MaxSteps: 1 << 22, MaxNodes: 4000})
		if err != nil {
			return
		}
		for i := range g.Layers {
			g.Reduction(&g.Layers[i])
			if g.Layers[i].Name == "" || len(g.Layers[i].After) == 0 {
				t.Fatalf("layer %+v", g.Layers[i])
			}
		}
		if v, ok := g.FindOutput(); ok {
			g.OutputKind(v.Name)
		}
		g.TrainingNorm()
	})
}
