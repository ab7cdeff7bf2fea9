package duplicateunits

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Twins("fc3", 0.5), Want: "moderate fc3: 16 of 32 units say the same as another"},
		{Flaw: plant.Twins("fc2", 0.125), Want: ""},
	}, []plant.Flaw{plant.Twins("fc2", 0.125), plant.Twins("fc2", 0.5), plant.Twins("fc2", 1)})
}
