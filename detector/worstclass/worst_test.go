package worstclass

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/detectortest"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Many bad classes are one finding, which names the worst and counts the rest.
func TestOneFindingForAllClasses(t *testing.T) {
	bad := []plant.Flaw{plant.Forget(1, 40), plant.Forget(3, 8), plant.Forget(4, 10), plant.Forget(7, 10), plant.Forget(8, 10)}
	fs := detectortest.Findings(t, Detector, plant.New(1, bad...))
	if len(fs) != 1 {
		t.Fatalf("%d findings, want 1", len(fs))
	}
	f := fs[0]
	if f.Extent.Classes[0] != 1 || len(f.Extent.Classes) != 5 || !strings.HasPrefix(f.Message, "class b is recognised in ") || !strings.HasSuffix(f.Message, "and 2 others: 10 points or more below all, too") {
		t.Errorf("classes %v: %s", f.Extent.Classes, f.Message)
	}
}

func TestOthers(t *testing.T) {
	p := &detector.Pass{}
	for n, want := range []string{"", "; 0: 10 points or more below all, too", "; 0 and 1: 10 points or more below all, too", "; 0, 1 and 1 other: 10 points or more below all, too", "; 0, 1 and 2 others: 10 points or more below all, too"} {
		if got := others(p, []int{0, 1, 2, 3}[:n]); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// equal are outputs of a network that is right on each of ten classes of 40 samples with the same
// probability, held out alone.
func equal(seed uint64) (*prediction.Result, []bool, []int) {
	r := rand.New(rand.NewPCG(seed, 0))
	out := &prediction.Result{N: 400, Classes: 10}
	var right []bool
	var rows []int
	for i := range out.N {
		out.Label = append(out.Label, int32(i%10))
		right, rows = append(right, r.Float64() < 0.8), append(rows, i)
	}
	return out, right, rows
}

// The worst of ten equally good classes is often 10 points below the mean at 40 samples a class; that is no
// finding.
func TestTheWorstByChanceIsNone(t *testing.T) {
	above, found := 0, 0
	c := plant.New(1).Case()
	for seed := range uint64(40) {
		out, right, rows := equal(seed)
		o := detector.Run(&detector.Detector{Code: "X", Anchors: Detector.Anchors, Detect: func(p *detector.Pass) error { return classes(p, out, right, rows) }}, c, statistic.NewResults(), nil)
		if len(o.Measurements) != 1 {
			t.Fatalf("%d measurements: %+v", len(o.Measurements), o.Skipped)
		}
		if m := o.Measurements[0]; m.Effect >= floor {
			above++
			if !m.Noted {
				found++
			}
		}
	}
	if above < 10 || found > 4 { // a test at 5 % finds 2 of 40; more than 4 have a probability of 5 %
		t.Errorf("%d of 40 are above the floor, %d were found", above, found)
	}
}

// What the class does in training tells a hard class from one that needs more samples.
func TestGapInTraining(t *testing.T) {
	gap := func(flaws ...plant.Flaw) (float64, bool) {
		o := detectortest.Measure(t, Detector, plant.New(1, flaws...))
		i := slices.IndexFunc(o.Measurements, func(m finding.Measurement) bool { return len(m.Place.Classes) > 0 })
		v, ok := o.Measurements[i].Details["gap in training"]
		return v, ok
	}
	if v, ok := gap(plant.Forget(3, 4)); !ok || v < floor {
		t.Errorf("a class forgotten everywhere has a gap of %v in training", v)
	}
	if v, ok := gap(plant.Forget(3, 4), plant.Remember("head", 30)); !ok || v > 0 {
		t.Errorf("a class learnt by heart has a gap of %v in training", v)
	}
}
