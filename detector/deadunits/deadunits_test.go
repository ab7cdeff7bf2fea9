package deadunits

import (
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/tensor"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Dead("fc2", 0.75), Want: "major fc2: 24 of 32 units never activate"},
		{Flaw: plant.Dead("fc2", 1), Want: "major fc2: none of 32 units ever activates; what is behind it learns of the input by other paths or not at all; " +
			"moderate fc3: 15 of 32 units never activate; minor fc5: 12 of 32 units never activate; minor fc4: 10 of 32 units never activate"},
		{Flaw: plant.Dead("fc4", 0.10), Want: ""},
	}, []plant.Flaw{plant.Dead("fc2", 0.1), plant.Dead("fc2", 0.3), plant.Dead("fc2", 0.6), plant.Dead("fc2", 0.9)})
}

// Units that carry next to nothing stand in the evidence beside dead ones, and change no measure.
func TestDormantShareIsTold(t *testing.T) {
	values := make([]float32, 4*400)
	for i := range values {
		values[i] = []float32{0, 0.01, 1, 1.5}[i%4]
	}
	var s moments.State
	if err := s.Add(capture.Rows{X: tensor.Of(values, 400, 4), Axis: 1}); err != nil {
		t.Fatal(err)
	}
	x, err := measure(graph.Layer{Name: "fc", Activation: "Relu"}, &s, 2, false)
	if err != nil || x.Effect != 0.25 || x.Details["share"] != 0.25 || x.Details["dormant share"] != 0.5 {
		t.Errorf("effect %v, details %v, want a quarter dead and half dormant: %v", x.Effect, x.Details, err)
	}
}
