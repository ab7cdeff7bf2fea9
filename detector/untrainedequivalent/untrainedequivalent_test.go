package untrainedequivalent

import (
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
