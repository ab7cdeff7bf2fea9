package labelnoise

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.WrongLabels(0.1), Want: "moderate output: the labels of about 11.1 % of 640 samples are probably wrong (66 to look at)"},
	}, []plant.Flaw{plant.WrongLabels(0.03), plant.WrongLabels(0.1), plant.WrongLabels(0.25)})
}
