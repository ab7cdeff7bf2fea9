package inputmismatch

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Renumbered(), Want: "major output: accuracy is 0.0 %; with the labels in the order b=0, c=1, d=2, ... it is 95.9 %"},
	}, []plant.Flaw{plant.Rescaled(0.5), plant.Rescaled(0.1), plant.Rescaled(-1)})
}
