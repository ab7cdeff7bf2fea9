package clusterdisorder

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic/clusters"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Swamp("fc5", 8), Want: "major fc5: clusters agree with the classes by 0.84 in fc4 and by 0.33 here"},
		{Flaw: plant.Swamp("fc5", 3), Want: "moderate fc5: clusters agree with the classes by 0.84 in fc4 and by 0.48 here"},
		{Flaw: plant.Swamp("fc4", 3), Want: "major fc4: clusters agree with the classes by 0.97 in fc3 and by 0.52 here"},
	}, []plant.Flaw{plant.Swamp("fc5", 1), plant.Swamp("fc5", 3), plant.Swamp("fc5", 8)})
}

// parted is a layer whose k-means and graph agree that far with the classes, and whose clusters are that stable.
func parted(kMeans, graph, stability float64) *clusters.Result {
	of := func(v float64) *clusters.Parts {
		return &clusters.Parts{K: 2, Halves: []float64{stability, stability}, HalfInformation: []float64{v - 0.01, v + 0.01},
			Agreement: &clusters.Agreement{Rand: infer.Normal(v, 0.01), Information: infer.Normal(v, 0.01)}}
	}
	return &clusters.Result{Rows: []int{1, 2, 3}, KMeans: of(kMeans), Spectral: of(graph)}
}

// A sum reads a stream and a branch. What a later layer finds again, and what the graph still finds, is clear; what is
// not stable is no reference.
func TestGuardsAndReferences(t *testing.T) {
	layers := []graph.Layer{{Name: "a"}, {Name: "b", After: []string{"a"}}, {Name: "sum", After: []string{"a", "b"}}, {Name: "c", After: []string{"sum"}}}
	for _, c := range []struct {
		name  string
		all   profile
		best  int // of those the sum reads
		guard string
	}{
		{"lost", profile{parted(0.9, 0.9, 1), parted(0.8, 0.8, 1), parted(0.5, 0.5, 1), parted(0.6, 0.6, 1)}, 0, ""},
		{"found again", profile{parted(0.9, 0.9, 1), parted(0.8, 0.8, 1), parted(0.5, 0.5, 1), parted(0.8, 0.8, 1)}, 0, "a later layer groups them again"},
		{"another shape", profile{parted(0.9, 0.9, 1), parted(0.8, 0.8, 1), parted(0.5, 0.8, 1), parted(0.6, 0.6, 1)}, 0, "spectral clustering still finds the classes"},
		{"not stable", profile{parted(0.9, 0.9, 0.5), parted(0.8, 0.8, 1), parted(0.5, 0.5, 1), nil}, 1, ""},
		{"none", profile{parted(0.9, 0.9, 0.5), nil, parted(0.5, 0.5, 1), nil}, -1, ""},
	} {
		best := c.all.reads(layers, 2)
		if best != c.best {
			t.Errorf("%s: layer %d is read, want %d", c.name, best, c.best)
		}
		if best < 0 {
			continue
		}
		x, err := c.all.measure(layers, best, 2)
		if err != nil {
			t.Fatal(err)
		}
		if want := information(c.all[best]) - 0.5; x.Guard != c.guard || math.Abs(x.Effect-want) > 1e-12 || x.Low != x.Effect || x.High != x.Effect {
			t.Errorf("%s: %+v", c.name, x)
		}
	}
}
