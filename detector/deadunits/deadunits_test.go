package deadunits

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Dead("fc2", 0.75), Want: "major fc2: 24 of 32 units never activate"},
		{Flaw: plant.Dead("fc2", 1), Want: "major fc2: none of 32 units ever activates; what is behind it learns of the input by other paths or not at all; " +
			"moderate fc3: 15 of 32 units never activate; minor fc5: 12 of 32 units never activate; minor fc4: 10 of 32 units never activate"},
		{Flaw: plant.Dead("fc4", 0.10), Want: ""},
	}, []plant.Flaw{plant.Dead("fc2", 0.1), plant.Dead("fc2", 0.3), plant.Dead("fc2", 0.6), plant.Dead("fc2", 0.9)})
}
