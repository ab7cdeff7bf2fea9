package brokeninterface

import (
	"testing"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
)

func TestDetector(t *testing.T) {
	detectortest.RunOn(t, Detector, plant.Learnt(), []detectortest.Planted{
		{Flaw: plant.Reordered("fc4", 1), Want: "major fc5: the weights have learnt to read something else than what fc4 gives: alignment -0.027, that of siblings 0.324; a linear reader before it is right on 99.2 % of new samples, the network on 3.3 %"},
		{Flaw: plant.Overwritten("fc4", 1), Want: "major fc5: the weights have learnt to read something else than what fc4 gives: alignment 0.016, that of siblings 0.324; a linear reader before it is right on 99.5 % of new samples, the network on 16.1 %"},
		{Flaw: plant.Untrained("fc4", 1), Want: ""},
	}, []plant.Flaw{plant.Reordered("fc4", 0), plant.Reordered("fc4", 0.5), plant.Reordered("fc4", 1)})
}

// Whether weights are random is not known of those that were not decomposed: the layer is not assessed, not clear.
func TestWithoutASpectrumNothingIsTold(t *testing.T) {
	d := &alignment.Deficit{Result: &alignment.Result{Layers: []string{"fc"}, N: 200}, Siblings: 0.3, Value: 1, Low: 0.9, High: 1, Null: true}
	if x, err := measure(&detector.Pass{Results: new(statistic.Results)}, graph.Layer{Name: "fc"}, d); err == nil {
		t.Errorf("measured: %s", x.Message)
	}
}
