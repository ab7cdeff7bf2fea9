package leakage

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Leak(0.1), Want: "major input: 64 of 640 samples held out are also in training (same bytes)"},
	}, []plant.Flaw{plant.Leak(0.01), plant.Leak(0.1), plant.Leak(0.5)})
}
