package generalisationgap

import (
	"fmt"
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/plant"
)

func TestDetector(t *testing.T) {
	detectortest.Run(t, Detector, []detectortest.Planted{
		{Flaw: plant.Remember("fc4", 30), Want: "moderate fc4: a linear reader knows the class of 100.0 % of training samples and 10.0 % of new ones"},
	}, []plant.Flaw{plant.Remember("fc4", 1), plant.Remember("fc4", 2), plant.Remember("fc4", 4)})
}

// The network knows its training samples by heart and every second new one: that is certain, and its severity
// the highest the rule gives (METHODS 14: 59 without a less fitted network that is better).
func TestOverfit(t *testing.T) {
	n := plant.New(1, plant.Remember("head", 30), plant.WrongLabels(0.5))
	for _, f := range detectortest.Findings(t, Detector, n) {
		if f.Site.Layer != "output" {
			continue
		}
		if f.Verdict != finding.Confirmed || f.Severity.Value != 59 || f.Measure.Low < 0.4 || f.Provenance["seed"] != uint64(1) {
			t.Errorf("%s %+v %+v", f.Verdict, f.Severity, f.Measure)
		}
		if got := fmt.Sprint(f.Provenance["split"]); got != "[train val]" {
			t.Errorf("splits %s", got)
		}
		return
	}
	t.Error("no finding at the output")
}
