package redundantblock

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Passing("fc4", "fc5"), Want: "moderate fc4,fc5: 2 layers in a row give what fc3 gives, and a linear reader gains nothing (99.2 \u2192 99.2 %)"},
		{Flaw: plant.Passing("fc5"), Want: ""}, // one link is no block
	}, []plant.Flaw{plant.Passing("fc5"), plant.Passing("fc4", "fc5"), plant.Passing("fc3", "fc4", "fc5")})
}

// A sum, a branch beside its stream and an output end a row.
func TestChains(t *testing.T) {
	layers := []graph.Layer{
		{Name: "a", Role: graph.Stream, After: []string{"input"}}, {Name: "b", Role: graph.Stream, After: []string{"a"}},
		{Name: "c", Role: graph.Branch, After: []string{"b"}}, {Name: "d", Role: graph.Branch, After: []string{"c"}},
		{Name: "e", Role: graph.Stream, After: []string{"b", "d"}}, {Name: "f", Role: graph.Stream, After: []string{"e"}},
		{Name: "g", Role: graph.Stream, After: []string{"f"}, Head: true},
	}
	got := ""
	for _, row := range chains(layers) {
		for _, l := range row {
			got += l.Name
		}
		got += " "
	}
	if want := "ab cd ef "; got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
}
