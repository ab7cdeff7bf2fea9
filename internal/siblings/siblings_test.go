package siblings

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/onnx"
)

const data = "../golden/testdata/healthy/data.npz"

// The same seed gives the same weights, another one others, and what is written can be read.
func TestSiblings(t *testing.T) {
	var weights [][]float32
	for _, seed := range []uint64{1, 1, 2} {
		g, err := Train(t.Context(), data, seed)
		if err != nil {
			t.Fatal(err)
		}
		weights = append(weights, g.Weights["fc3.weight"].Float32s())
		path := filepath.Join(t.TempDir(), "sibling.onnx")
		if err := Write(g, path); err != nil {
			t.Fatal(err)
		}
		if m, err := onnx.Read(path, onnx.Limits{}); err != nil || len(m.Graph.Initializers) < 14 {
			t.Errorf("read again: %v", err)
		}
	}
	if !slices.Equal(weights[0], weights[1]) || slices.Equal(weights[0], weights[2]) {
		t.Error("networks of one seed differ, or those of two are the same")
	}
}
