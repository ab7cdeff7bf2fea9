package main

import (
	"fmt"
	"math"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

// of is a network whose only layer has an effective rank that many halvings below what the task needs.
func of(seed uint64, damage string, deficit float64) record {
	return record{Architecture: "one", Seed: seed, Damage: damage, Layer: "l",
		Rules: map[string][]finding.Measurement{"REP-04": {{Place: finding.Place{Sites: []finding.Site{{Layer: "l", Of: finding.Activation}}},
			Effect: math.Max(0, deficit), Low: deficit - 0.1, High: deficit + 0.1, Null: finding.R6, Own: &finding.Estimate{Value: deficit, Low: deficit - 0.1, High: deficit + 0.1}}}}}
}

// Ten healthy networks lie around 1.5, where the default finds something in all: beside the others none is found. The one
// that lies far off is found either way, at the layer that was damaged.
func TestRates(t *testing.T) {
	var all []record
	for i := range 10 {
		all = append(all, of(uint64(i+1), "", 1.5+0.1*float64(i%3-1)))
	}
	ws := worlds(append(all, of(1, "rank-cut", 4)))
	if len(ws) != 1 || len(ws[0].healthy) != 10 || len(ws[0].damaged) != 1 {
		t.Fatalf("%+v", ws)
	}
	for k, places := range map[int]int{8: 10 * draws, 9: 10} {
		got := ws[0].quiet(k)
		if len(got) != 2 || got[0].name != "REP-04 dimensional-collapse" || got[1].name != "any of them" {
			t.Fatalf("%+v", got)
		}
		for _, x := range got {
			if x.five.of != places || x.beyond.hits > 0 || x.by != (rate{0, places}) || x.alone != (rate{places, places}) {
				t.Errorf("%d references: %+v", k, x)
			}
		}
	}
	for _, x := range ws[0].loud(8) {
		if one := (rate{1, 1}); x.by != one || x.byHere != one || x.alone != one || x.aloneHere != one {
			t.Errorf("%+v", x)
		}
	}
	if p := ws[0].population(all[3], 8, 0); len(p) != 8 || fmt.Sprint(p) != fmt.Sprint(ws[0].population(all[3], 8, 0)) {
		t.Error("another population each time")
	}
	if s := (rate{1, 8}).String(); s != "0.125" {
		t.Errorf("rate %s", s)
	}
}

// Of three damages that cost accuracy the layer is named first in two and borne out in one; what costs nothing is not asked.
func TestTallyCauses(t *testing.T) {
	w := world{name: "one", healthy: []record{{Seed: 1, Accuracy: 0.8}}}
	told := func(layer, first string, causal bool, accuracy float64) naming {
		return naming{Architecture: "one", Seed: 1, Beside: others, Layer: layer, First: first, Causal: causal, Accuracy: accuracy}
	}
	got := w.tallyCauses([]naming{told("a", "a", true, 0.1), told("a", "a", false, 0.2), told("a", "b", true, 0.3), told("a", "b", true, 0.79)}, others)
	if want := (causes{rate{2, 3}, rate{1, 3}, rate{1, 3}}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
