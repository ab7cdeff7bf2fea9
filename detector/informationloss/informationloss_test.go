package informationloss

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Collapse("fc5", 1), Want: "major fc5: a linear reader falls from 100.0 to 25.7 % and no later layer recovers it"},
	}, []plant.Flaw{plant.Collapse("fc5", 6), plant.Collapse("fc5", 3), plant.Collapse("fc5", 1)})
}
