package untrainedequivalent

import (
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/untrained"
)

func TestDetector(t *testing.T) {
	const twins = ", and no singular value stands out of those of a random matrix, and a probe reads no more of it than of 5 twins drawn at random"
	detectortest.RunOn(t, Detector, plant.Learnt(), []detectortest.Planted{
		{Flaw: plant.Untrained("fc4", 1), Want: "major fc4: the weights read what they are given as weights drawn at random would: alignment 0.008, that of its siblings 0.338" + twins},
		{Flaw: plant.Overwritten("fc4", 1), Want: "major fc4: the weights read what they are given as weights drawn at random would: alignment 0.008, that of its siblings 0.324" + twins},
	}, []plant.Flaw{plant.Untrained("fc4", 0), plant.Untrained("fc4", 0.5), plant.Untrained("fc4", 1)})
}

// TestAnotherSignIsNeeded: the layer behind an overwritten one reads what it never learnt to, with weights
// that are not random: that is noted, no finding.
func TestAnotherSignIsNeeded(t *testing.T) {
	noted := map[string]bool{}
	for _, m := range detectortest.Measure(t, Detector, plant.New(1, plant.Overwritten("fc4", 1))).Measurements {
		noted[m.Place.Sites[0].Layer] = m.Noted
	}
	if noted["fc4"] || !noted["fc5"] {
		t.Errorf("noted are %v, want fc5 alone", noted)
	}
}

// TestReference: what was compared with twins says so; what needed none was compared with its siblings.
func TestReference(t *testing.T) {
	for _, m := range detectortest.Measure(t, Detector, plant.New(1, plant.Untrained("fc4", 1))).Measurements {
		want := finding.R4
		if m.Place.Sites[0].Layer == "fc4" {
			want = finding.R3
			if gain := m.Details["gain over twins"]; math.Abs(gain) > untrained.Margin || m.Details["twins"] != 5 {
				t.Errorf("%.0f twins, gain %.4f", m.Details["twins"], gain)
			}
		}
		if m.Null != want || m.Own == nil || m.Own.Value < m.Effect {
			t.Errorf("%s is compared by %s, want %s; its deficit for other networks is %+v, here %v", m.Place.Sites[0].Layer, m.Null, want, m.Own, m.Effect)
		}
	}
}

// TestTwinsDecideWithoutASpectrum: of weights too large to decompose twins are the second sign, if they are
// alike.
func TestTwinsDecideWithoutASpectrum(t *testing.T) {
	c := plant.New(1, plant.Untrained("fc4", 1)).Case()
	c.Networks = untrained.Networks(c.Graph, c)
	r, err := statistic.Collect(t.Context(), c, Detector.Needs, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := alignment.DeficitOf(c, r, "fc4")
	if err != nil {
		t.Fatal(err)
	}
	own, err := untrained.At(c, r, "fc4")
	if err != nil {
		t.Fatal(err)
	}
	other := *own
	other.Gain.Value += 0.05
	for _, x := range []struct {
		name   string
		result *untrained.Result
		noted  bool
	}{{"alike", own, false}, {"better", &other, true}} {
		p := &detector.Pass{Case: c, Layers: c.Layers, Results: r}
		statistic.PutReplay(r, untrained.Statistic, statistic.At(probe.View(dataset.Val), finding.Site{Layer: "fc4", Of: finding.Activation}), x.result)
		m := finding.Measurement{Details: map[string]float64{}}
		compare(p, d, &m, errors.New("too wide"))
		if m.Noted != x.noted || m.Null != finding.R3 || len(m.Caveats) == 0 == x.noted {
			t.Errorf("%s: noted %v, reference %s, caveats %q", x.name, m.Noted, m.Null, m.Caveats)
		}
	}
}
