package labelnoise

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.WrongLabels(0.1), Want: "moderate output: about 9.7 % of the val labels are probably wrong: the network contradicts 31 of the 320 it is surest of"},
	}, []plant.Flaw{plant.WrongLabels(0.03), plant.WrongLabels(0.1), plant.WrongLabels(0.25)})
}

// Training labels are there and not examined, which the result says.
func TestTrainingLabelsAreNoted(t *testing.T) {
	o := detectortest.Measure(t, Detector, plant.New(1))
	if len(o.Notes) != 1 || o.Notes[0] != trainingLabels {
		t.Errorf("notes %q", o.Notes)
	}
}
