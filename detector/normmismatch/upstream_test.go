package normmismatch

import (
	"math"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/internal/plant"
)

// Units of fc2 that died after fc3's statistics were stored shift what fc3 reads; the cause is named, and
// it is none where the statistics themselves were changed.
func TestComesFromTheLayerBefore(t *testing.T) {
	for _, c := range []struct {
		flaw plant.Flaw
		want string
	}{{plant.Dead("fc2", 0.5), "fc2"}, {plant.Stale("fc3", 2), ""}} {
		fs := detectortest.Findings(t, Detector, plant.New(1, c.flaw))
		if len(fs) != 1 || fs[0].Site.Layer != "fc3" {
			t.Fatalf("%s: %+v", c.flaw.Name, fs)
		}
		if got, _ := fs[0].Provenance["from"].(string); got != c.want {
			t.Errorf("%s: from %q, want %q", c.flaw.Name, got, c.want)
		}
		if told := strings.Contains(strings.Join(fs[0].Caveats, " "), "16 units of fc2"); told != (c.want != "") {
			t.Errorf("%s: caveats %q", c.flaw.Name, fs[0].Caveats)
		}
	}
}

// Stale statistics beside dead units that were there before are not the dead units' doing.
func TestStaleBesideDead(t *testing.T) {
	for _, f := range detectortest.Findings(t, Detector, plant.New(1, plant.Dead("fc2", 0.25), plant.Stale("fc3", 3))) {
		if from, ok := f.Provenance["from"]; ok {
			t.Errorf("%s comes from %v", f.Site.Layer, from)
		}
	}
}

// By hand: (1, 1, 0, 0) holds half of the squares of (1, 1, 1, 1); of 4 channels 3 are left: 1 - 1/2 * 4/3.
// A column that repeats another adds nothing and costs nothing.
func TestExplained(t *testing.T) {
	y := []float64{1, 1, 1, 1}
	for _, c := range []struct {
		columns [][]float64
		want    float64
	}{{[][]float64{{1, 1, 0, 0}}, 1.0 / 3}, {[][]float64{{1, 1, 0, 0}, {2, 2, 0, 0}}, 1.0 / 3}, {[][]float64{{1, 1, 0, 0}, {0, 1, 1, 1}}, 1 - (4-2-8.0/5)/4*2}} {
		if got := explained(c.columns, y); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

// A variance that is stored six times too large shifts no mean: ln(6)/2 = 0.90 is between moderate and
// critical.
func TestVariance(t *testing.T) {
	wide := plant.Flaw{Name: "wide", After: func(n *plant.Network) {
		for u := range n.Layer("fc3").Norm.Variance {
			n.Layer("fc3").Norm.Variance[u] *= 6
		}
	}}
	fs := detectortest.Findings(t, Detector, plant.New(1, wide))
	if len(fs) != 1 || math.Abs(fs[0].Measure.Value-math.Log(6)/2) > 0.02 || !strings.Contains(fs[0].Message, "off by a factor of 2.45 in the standard deviation") {
		t.Fatalf("%+v", fs)
	}
	if m := fs[0].Measure; m.Low < 0.7 || m.High > 1.1 {
		t.Errorf("%v to %v", m.Low, m.High)
	}
}
