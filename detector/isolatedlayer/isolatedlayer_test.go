package isolatedlayer

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Massive("fc2", 300), Want: "major fc2: its neighbours are more alike (0.82) than either is to it (0.39)"},
	}, []plant.Flaw{plant.Massive("fc2", 10), plant.Massive("fc2", 30), plant.Massive("fc2", 300)})
}
