package oversmoothing

import (
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.RunOn(t, Detector, plant.Tokens(), []detectortest.Planted{
		{Flaw: plant.Uniform("fc5", 0.995), Want: "major fc5: tokens of a sample are alike (1.000 of what differs is common to them) and a linear reader falls from 100.0 to 28.1 %"},
		{Flaw: plant.Uniform("fc5", 0.7), Want: "moderate fc5: tokens of a sample are alike (0.970 of what differs is common to them) and a linear reader falls from 100.0 to 28.1 %"},
		{Flaw: plant.Smooth("fc5", 0.995), Want: ""}, // alike, but nothing is lost
		{Flaw: plant.Uniform("fc5", 0.5), Want: ""},  // not alike enough
		{Flaw: plant.Uniform("fc2", 0.995), Want: "major fc4,fc5: tokens of a sample are alike (1.000 of what differs is common to them) and a linear reader falls from 100.0 to 29.8 %"}, // still so in the last third
	}, []plant.Flaw{plant.Uniform("fc5", 0.5), plant.Uniform("fc5", 0.7), plant.Uniform("fc5", 0.995)})
}
