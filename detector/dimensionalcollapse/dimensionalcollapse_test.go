package dimensionalcollapse

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Collapse("fc3", 1), Want: "moderate fc3,fc4: 32 units span 1.9 directions, the task needs 8.0"},
	}, []plant.Flaw{plant.Collapse("fc3", 6), plant.Collapse("fc3", 2), plant.Collapse("fc3", 1)})
}
