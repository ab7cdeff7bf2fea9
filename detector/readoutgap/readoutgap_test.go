package readoutgap

import (
	"testing"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic/probe"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.BrokenHead(0.8), Want: "major fc5: a linear reader of an earlier layer is right on 100.0 % of new samples, the network on 16.9 %"},
	}, []plant.Flaw{plant.BrokenHead(0.3), plant.BrokenHead(0.6), plant.BrokenHead(0.95)})
}

// Where the best reader reads the input, the sentence goes on from "in conv1".
func TestBestReaderReadsTheInput(t *testing.T) {
	p := &detector.Pass{Layers: []graph.Layer{{Name: "conv1"}, {Name: "fc"}}}
	x := finding.Measurement{Details: map[string]float64{"best probe": 0.91, "network": 0.6}}
	input := reader{-1, probe.Score{Rows: []int{0}, Right: []bool{true}}}
	worse := reader{0, probe.Score{Rows: []int{0}, Right: []bool{false}}}
	suspect(p, &x, []reader{worse, input}, input, 1, func(int) bool { return true })
	if want := "what a linear reader of the input knows is lost: it is right on 91.0 % of new samples, the network on 60.0 %"; x.Message != want || x.Place.Sites[0].Layer != "conv1" {
		t.Errorf("%v: %s", x.Place.Sites, x.Message)
	}
}
