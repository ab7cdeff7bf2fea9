package train_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// A trained network written into its file is the file's nodes and names with other weights, and what is read of
// it gives the same outputs. What STRATASCOPE_TRAINED names is filled for check_onnxruntime.py.
func TestPatch(t *testing.T) {
	x := garments(t)["input"].Rows(0, 8)
	const golden = "../internal/golden/testdata/"
	for _, c := range []struct{ file, input string }{
		{"testdata/lenet.onnx", ""}, {"testdata/resnet.onnx", ""},
		{golden + "forward/gpt-new.onnx", golden + "forward/gpt.input.npz"},
		{golden + "forward/vit-old.onnx", golden + "forward/vit.input.npz"},
		{golden + "habits/gemm.constant.onnx", golden + "habits/gemm.constant.npz"},
		{golden + "habits/gemm.transpose.onnx", golden + "habits/gemm.transpose.npz"},
		{golden + "habits/gemm.identity.onnx", golden + "habits/gemm.identity.npz"},
		{golden + "habits/gemm.external.onnx", golden + "habits/gemm.external.npz"},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {

			m, err := onnx.Read(c.file, onnx.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			g := imported(t, m)
			feeds := map[string]tensor.Tensor{"input": x}
			if c.input != "" {
				feeds["input"] = arrays(t, c.input)["input"]
			}
			data := train.Tensors(feeds)
			r := trained(t, g, data, train.Options{Losses: []train.Term{{Loss: train.Mean{}}}, Schedule: train.Constant(0.1), Steps: 2, Batch: data.Len()})
			p, err := train.Patch(m, g, r.Graph)
			if err != nil {
				t.Fatal(err)
			}
			folder := os.Getenv("STRATASCOPE_TRAINED")
			if folder == "" {
				folder = t.TempDir()
			}
			path := filepath.Join(folder, filepath.Base(c.file))
			if err := p.WriteFile(path, onnx.WriteOptions{Overwrite: true}); err != nil {
				t.Fatal(err)
			}
			if err := onnx.Check(p); err != nil {
				t.Error(err)
			}
			for _, w := range p.Graph.Initializers {
				if !slices.ContainsFunc(p.Graph.Nodes, func(n *onnx.Node) bool { return slices.Contains(n.Inputs, w.Name) }) {
					t.Errorf("initializer %q is left, and nothing reads it", w.Name)
				}
			}
			back, err := onnx.Read(path, onnx.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := output(t, r.Graph, feeds)
			if got := output(t, imported(t, back), feeds); !slices.Equal(got, want) {
				t.Errorf("outputs are %g from those of the network that was trained", apart(got, want))
			}
			if apart(output(t, g, feeds), want) == 0 {
				t.Error("the training changed nothing")
			}
			keep(t, path, feeds["input"], want)
		})
	}
}

func imported(t *testing.T, m *onnx.Model) *graph.Graph {
	t.Helper()
	g, err := canonical.Import(context.Background(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// keep writes what a network is fed and gives, for ONNX Runtime to be compared with.
func keep(t *testing.T, path string, in tensor.Tensor, out []float32) {
	t.Helper()
	for name, v := range map[string]tensor.Tensor{"input": in, "logits": tensor.Of(out, len(out))} {
		f, err := os.Create(strings.TrimSuffix(path, ".onnx") + "." + name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if err := npy.Write(f, v); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}
