package unchanged

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Frozen("fc2", 0), Want: "moderate fc2: the weights are those before training"},
	}, []plant.Flaw{plant.Frozen("fc2", 0.5), plant.Frozen("fc2", 0.04), plant.Frozen("fc2", 0)})
}
