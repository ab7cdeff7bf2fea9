package generalisationgap

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Remember("fc4", 30), Want: "moderate fc4: a linear reader knows the class of 100.0 % of training samples and 10.0 % of new ones"},
	}, []plant.Flaw{plant.Remember("fc4", 1), plant.Remember("fc4", 2), plant.Remember("fc4", 4)})
}
