package normmismatch

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Stale("fc3", 2), Want: "critical fc3: the stored normalisation statistics are off by 2.00 standard deviations; re-estimating them changes accuracy by +49.5 points (90 % range +46.2 to +52.8)"},
	}, []plant.Flaw{plant.Stale("fc3", 0.2), plant.Stale("fc3", 0.6), plant.Stale("fc3", 2)})
}
