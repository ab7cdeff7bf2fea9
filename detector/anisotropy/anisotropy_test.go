package anisotropy

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic/cosine"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Offset("fc4", 30, 1), Want: "major fc4,fc5: samples point one way (mean cosine 1.000), and without that way vary in 1.0 directions"},
		{Flaw: plant.Offset("fc4", 3, 1), Want: "moderate fc4,fc5: samples point one way (mean cosine 0.969), and without that way vary in 1.1 directions"},
		{Flaw: plant.Offset("fc4", 30, 8), Want: ""}, // one way, but enough directions besides
	}, []plant.Flaw{plant.Offset("fc4", 3, 1), plant.Offset("fc4", 10, 1), plant.Offset("fc4", 30, 1)})
}

func TestFewDirections(t *testing.T) {
	for _, c := range []struct {
		units, n int
		want     float64
	}{{2, 500, 0.5}, {4, 500, 1}, {8, 500, 2}, {50, 500, 2}, {100, 500, 2}, {200, 500, 4}, {4096, 768, 15.34}} {
		if got := few(&cosine.Result{N: c.n, Units: c.units}); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d units: %g, want %g", c.units, got, c.want)
		}
	}
}
