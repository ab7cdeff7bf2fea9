package constantunits

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Constant("fc2", 0.5), Want: "major fc2: 16 of 32 units give the same value for every sample"},
	}, []plant.Flaw{plant.Constant("fc2", 0.1), plant.Constant("fc2", 0.3), plant.Constant("fc2", 0.8)})
}
