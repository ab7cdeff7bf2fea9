package worstclass

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Forget(3, 4), Want: "major output: class d is recognised in 57.8 % of 64 samples, all classes in 93.4 %"},
	}, []plant.Flaw{plant.Forget(3, 1), plant.Forget(3, 2.5), plant.Forget(3, 6)})
}
