package alignment

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/tensor"
)

// TestGiven: with a layer's own weights, the moments are those of what its normalisation reads.
func TestGiven(t *testing.T) {
	c := plant.New(1).Case()
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Patches, moments.Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mean, variance, err := Given(c, r, c.Graph, "fc3")
	if err != nil {
		t.Fatal(err)
	}
	m, err := moments.Statistic.At(r, moments.View(dataset.Val), finding.Site{Layer: "fc3", Of: finding.PreNorm})
	if err != nil {
		t.Fatal(err)
	}
	for u, x := range m.Units {
		if math.Abs(mean[u]-x.Mean(m.Positions)) > 1e-5 || math.Abs(variance[u]/x.Variance(m.Positions)-1) > 1e-5 {
			t.Errorf("unit %d: mean %v, variance %v, want %v and %v", u, mean[u], variance[u], x.Mean(m.Positions), x.Variance(m.Positions))
		}
	}
	if _, _, err := Given(c, r, c.Graph, "nowhere"); err == nil {
		t.Error("a layer that is not there gives something")
	}
}

// TestGivenOfGroups: two units read the first channel and two the second, which holds ten times as much.
func TestGivenOfGroups(t *testing.T) {
	seen := &Seen{}
	for i := range 2 * Least {
		x := float32(i%2*2 - 1)
		if err := seen.put(i, uint64(i), []float32{1 + x, 10 + 10*x}); err != nil {
			t.Fatal(err)
		}
	}
	l := graph.Layer{Name: "l", Op: "Conv", Weight: "w", Bias: "b", Groups: 2, Units: 4}
	g := &graph.Graph{Layers: []graph.Layer{l}, Weights: map[string]tensor.Tensor{"w": tensor.Of([]float32{1, 2, 1, -3}, 4, 1, 1), "b": tensor.Of([]float32{0, 5, 0, 0}, 4)}}
	mean, variance, err := (&reader{layers: g.Layers, groups: 2, width: 1}).given(g, seen)
	if err != nil {
		t.Fatal(err)
	}
	for u, want := range [][2]float64{{1, 1}, {7, 4}, {10, 100}, {-30, 900}} {
		if math.Abs(mean[u]-want[0]) > 1e-5 || math.Abs(variance[u]-want[1]) > 1e-3 {
			t.Errorf("unit %d: mean %v, variance %v, want %v", u, mean[u], variance[u], want)
		}
	}
}
