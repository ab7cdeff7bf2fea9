// Package detectortest is the suite that every rule passes: silent on a healthy network, right about
// place and severity on a planted flaw, and a measure that rises with the dose.
package detectortest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/untrained"
)

// A Planted flaw and the finding it must give, as "word layer: message", such as
// "moderate fc2: 16 of 32 units never activate". An empty Want says that there must be none.
type Planted struct {
	Flaw plant.Flaw
	Want string
}

// Healthy are the seeds of the healthy networks a rule must be silent on.
var Healthy = []uint64{1, 2, 3}

// Run tests a rule: nothing on healthy networks, each planted flaw found where it is, and the effect at
// the planted layer rising from one dose to the next.
func Run(t *testing.T, d *detector.Detector, planted []Planted, doses []plant.Flaw) {
	t.Helper()
	RunOn(t, d, plant.Flaw{}, planted, doses)
}

// RunOn tests a rule as Run does, on healthy networks to which something was done that is no flaw.
func RunOn(t *testing.T, d *detector.Detector, healthy plant.Flaw, planted []Planted, doses []plant.Flaw) {
	t.Helper()
	contract(t, d)
	for _, seed := range Healthy {
		t.Run(fmt.Sprintf("healthy-%d", seed), func(t *testing.T) {
			for _, f := range Findings(t, d, plant.New(seed, healthy)) {
				t.Errorf("finding on a healthy network: %s", Line(f))
			}
		})
	}
	for _, p := range planted {
		t.Run("planted-"+p.Flaw.Name, func(t *testing.T) {
			fs := Findings(t, d, plant.New(1, p.Flaw))
			var lines []string
			for _, f := range fs {
				lines = append(lines, Line(f))
			}
			if got := strings.Join(lines, "; "); got != p.Want {
				t.Errorf("got  %q\nwant %q", got, p.Want)
			}
		})
	}
	t.Run("dose", func(t *testing.T) {
		last := -1.0
		for i, dose := range doses {
			top := 0.0
			for _, m := range Measure(t, d, plant.New(1, dose)).Measurements {
				top = max(top, m.Effect)
			}
			if top <= last {
				t.Errorf("dose %d: effect %.4f, not above %.4f of the dose before", i, top, last)
			}
			last = top
		}
	})
	t.Run("nothing", func(t *testing.T) { onNothing(t, d) })
}

// contract checks what every rule must say of itself.
func contract(t *testing.T, d *detector.Detector) {
	t.Helper()
	a := d.Anchors
	switch {
	case d.Code == "" || d.Name == "" || d.Title == "" || d.Version < 1:
		t.Errorf("%q lacks code, name, title or version", d.Code)
	case len(d.Doc) < 400:
		t.Errorf("%s: the manual has %d characters", d.Code, len(d.Doc))
	case !(0 < a.Minor && a.Minor < a.Moderate && a.Moderate < a.Critical):
		t.Errorf("%s: anchors %v do not rise", d.Code, a)
	}
}

// onNothing checks that a rule without any result and without a network's weights says why, instead of
// giving a number.
func onNothing(t *testing.T, d *detector.Detector) {
	c := plant.New(1).Case()
	c.Graph, c.Initial = nil, nil
	out := detector.Run(d, c, statistic.NewResults(), nil)
	if len(out.Measurements) != 0 {
		t.Errorf("%d measurements from no statistics", len(out.Measurements))
	}
	if len(out.Skipped) == 0 {
		t.Error("no reason given for measuring nothing")
	}
}

// Measure runs a rule on a planted network.
func Measure(t *testing.T, d *detector.Detector, n *plant.Network) detector.Outcome {
	t.Helper()
	c := n.Case()
	c.Networks = untrained.Networks(c.Graph, c)
	r, err := statistic.Collect(context.Background(), c, d.Needs, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return detector.Run(d, c, r, nil)
}

// Findings returns what the diagnosis makes of a rule alone on a planted network.
func Findings(t *testing.T, d *detector.Detector, n *plant.Network) []finding.Finding {
	t.Helper()
	o := Measure(t, d, n)
	if len(o.Measurements) == 0 {
		t.Fatalf("%s measured nothing: %+v", d.Code, o.Skipped)
	}
	return diagnosis.Diagnose([]detector.Outcome{o}, n.Layers("")).Findings
}

// Line is a finding in one line: its severity's word, the layers, the message.
func Line(f finding.Finding) string {
	return fmt.Sprintf("%s %s: %s", f.Severity.Word, strings.Join(f.Extent.Layers, ","), f.Message)
}
