package labelnoise

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.WrongLabels(0.1), Want: "moderate output: about 9.7 % of the labels are probably wrong: the network contradicts 31 of the 320 it is surest of"},
	}, []plant.Flaw{plant.WrongLabels(0.03), plant.WrongLabels(0.1), plant.WrongLabels(0.25)})
}
