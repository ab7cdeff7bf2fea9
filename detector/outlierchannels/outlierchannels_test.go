package outlierchannels

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Massive("fc2", 100), Want: "minor fc2: unit 0 varies 158 times as much as the median unit"},
	}, []plant.Flaw{plant.Massive("fc2", 10), plant.Massive("fc2", 50), plant.Massive("fc2", 300)})
}
