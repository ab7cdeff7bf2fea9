package untrainedequivalent

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.RunOn(t, Detector, plant.Learnt(), []detectortest.Planted{
		{Flaw: plant.Untrained("fc4", 1), Want: "major fc4: the weights read what they are given as weights drawn at random would: alignment 0.008, that of its siblings 0.338, and no singular value stands out of those of a random matrix"},
		{Flaw: plant.Overwritten("fc4", 1), Want: "major fc4: the weights read what they are given as weights drawn at random would: alignment 0.008, that of its siblings 0.324, and no singular value stands out of those of a random matrix"},
	}, []plant.Flaw{plant.Untrained("fc4", 0), plant.Untrained("fc4", 0.5), plant.Untrained("fc4", 1)})
}

// TestAnotherSignIsNeeded: the layer behind an overwritten one reads what it never learnt to, with weights
// that are not random: that is noted, no finding.
func TestAnotherSignIsNeeded(t *testing.T) {
	noted := map[string]bool{}
	for _, m := range detectortest.Measure(t, Detector, plant.New(1, plant.Overwritten("fc4", 1))).Measurements {
		noted[m.Place.Sites[0].Layer] = m.Noted
	}
	if noted["fc4"] || !noted["fc5"] {
		t.Errorf("noted are %v, want fc5 alone", noted)
	}
}

// TestEdge: the 99 % points of the largest squared singular value of 20,000 normal matrices each, by NumPy 2:
// np.quantile([np.linalg.norm(r.standard_normal((n, d)), 2)**2 ...], 0.99) with r = np.random.default_rng(1).
func TestEdge(t *testing.T) {
	for _, c := range []struct {
		n, d int
		want float64
	}{{10, 10, 48.62}, {32, 32, 142.45}, {64, 32, 202.91}, {12, 108, 209.54}} {
		if got := edge(c.n, c.d); math.Abs(got/c.want-1) > 0.01 {
			t.Errorf("%d x %d: 99 %% point %.2f, want %.2f", c.n, c.d, got, c.want)
		}
	}
}
