package miscalibration

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Sharpen(0.4), Want: "major output: its confidence is 18.6 points less than its accuracy (calibration error 0.186, 0.045 by chance)"},
	}, []plant.Flaw{plant.Sharpen(0.7), plant.Sharpen(0.5), plant.Sharpen(0.2)})
}
