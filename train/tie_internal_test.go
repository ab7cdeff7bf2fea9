package train

import (
	"slices"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A copy of an embedding is tied to it; layers that start as copies of each other, and zeros, are not.
func TestTies(t *testing.T) {
	w := tensor.New(tensor.Float32, 5, 4)
	for i := range w.Float32s() {
		w.Float32s()[i] = float32(i)
	}
	zeros := tensor.New(tensor.Float32, 4, 4)
	g := &graph.Graph{
		Weights: map[string]tensor.Tensor{"embedding": w, "head": transpose(w), "other head": w.Clone(), "layer1": transpose(w), "bias": tensor.New(tensor.Float32, 20),
			"zeros": zeros, "more zeros": zeros, "fc1": tensor.Of(slices.Clone(w.Float32s()), 4, 5), "fc2": tensor.Of(slices.Clone(w.Float32s()), 4, 5)},
		Nodes: []graph.Node{{Op: "Gather", Inputs: []string{"embedding", "ids"}, Outputs: []string{"x"}}, {Op: "Gather", Inputs: []string{"zeros", "ids"}, Outputs: []string{"y"}}},
	}
	got := ties(g, []string{"bias", "embedding", "fc1", "fc2", "head", "more zeros", "other head", "zeros"})
	if want := []tie{{"head", "embedding", true}, {"other head", "embedding", false}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
