package weaklink

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Collapse("fc4", 1), Want: "major fc3,fc4: what fc4 gives resembles what it reads by 0.43, the other links by 0.92"},
		{Flaw: plant.Collapse("fc3", 1), Want: "major fc2,fc3: what fc3 gives resembles what it reads by 0.23, the other links by 0.98"},
		{Flaw: plant.Massive("fc5", 300), Want: "major fc4,fc5: what fc5 gives resembles what it reads by 0.08, the other links by 0.87"},
	}, []plant.Flaw{plant.Collapse("fc4", 6), plant.Collapse("fc4", 2), plant.Collapse("fc4", 1)})
}
