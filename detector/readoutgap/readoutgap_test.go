package readoutgap

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.BrokenHead(0.8), Want: "major fc5: a linear reader of an earlier layer is right on 100.0 % of new samples, the network on 16.9 %"},
	}, []plant.Flaw{plant.BrokenHead(0.3), plant.BrokenHead(0.6), plant.BrokenHead(0.95)})
}
