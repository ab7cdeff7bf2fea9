package numericfaults

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.BadWeight("fc3"), Want: "critical fc3,fc4,fc5,head: 1 of 1184 weights is not finite (fc3.weight); it spreads to 3 more layers"},
		{Flaw: plant.BadWeight("head"), Want: "critical head: 1 of 330 weights is not finite (head.weight)"},
		{Flaw: plant.BadSamples(0.02), Want: "moderate input: the input holds NaN or infinity in 12 of 640 val samples (first: val/0000)"},
	}, []plant.Flaw{plant.BadSamples(0.01), plant.BadSamples(0.05), plant.BadSamples(0.2)})
}
