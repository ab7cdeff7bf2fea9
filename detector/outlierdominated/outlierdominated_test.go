package outlierdominated

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Spike("fc2", 0.005, 1000), Want: "major fc2: without 7 of 640 samples its similarity to fc3 goes from 0.10 to 0.92; moderate fc3: without 7 of 640 samples its similarity to fc2 goes from 0.10 to 0.41"},
	}, []plant.Flaw{plant.Spike("fc2", 0.005, 50), plant.Spike("fc2", 0.005, 200), plant.Spike("fc2", 0.005, 1000)})
}
