package diagnosis

import (
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
)

// culpritOf asks for the culprit of a planted network.
func culpritOf(t *testing.T, seed uint64, flaws ...plant.Flaw) Culprit {
	t.Helper()
	c := plant.New(seed, flaws...).Case()
	r, err := statistic.Collect(t.Context(), c, CulpritNeeds(), statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return NameCulprit(c, r, nil)
}

func TestCulprit(t *testing.T) {
	for _, c := range []struct {
		flaw  plant.Flaw
		layer string
		why   string
	}{
		{plant.Dead("fc3", 0.9), "fc3", "its units are dead"},
		{plant.Twins("fc2", 1), "fc2", "its units say the same"},
		{plant.Collapse("fc4", 2), "fc4", "its weight has lost directions"},
		{plant.Massive("fc2", 300), "fc2", "one unit's weights are far larger than the others'"},
	} {
		x := culpritOf(t, 1, c.flaw)
		if len(x.Suspects) == 0 || !x.Named || x.Suspects[0].Layer != c.layer || !strings.Contains(x.Sentence(), c.why) {
			t.Errorf("%s in %s: %q", c.flaw.Name, c.layer, x.Sentence())
		}
	}
	x := culpritOf(t, 1)
	if len(x.Suspects) > 0 || x.Sentence() != "" {
		t.Errorf("a healthy network: %q", x.Sentence())
	}
}

// Stored statistics that are off are seen where they are off, by the layer's own state.
func TestCulpritStaleNorm(t *testing.T) {
	c := plant.New(1, plant.Stale("fc3", 3)).Case()
	r, err := statistic.Collect(t.Context(), c, CulpritNeeds(), statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWitness(c, r, nil)
	for i, l := range w.layers {
		if p, ok := w.marks[i]["normalisation"]; ok != (l.Name == "fc3") || ok && p > localLevel {
			t.Errorf("layer %s: p %v (%v)", l.Name, p, ok)
		}
	}
}

// Read alignment alone does not accuse a layer of a network that works.
func TestReadingAlone(t *testing.T) {
	for _, c := range []struct {
		p    map[string]float64
		q    float64
		want bool
	}{
		{map[string]float64{"e1": 0.5, "e3": 1e-4, "e7": 1e-4}, 0.01, true},
		{map[string]float64{"e1": 1e-3, "e7": 1e-4}, 0.01, false},
		{map[string]float64{"e7": 1e-4, "e9": 1e-3}, 0.01, false},
		{map[string]float64{"e7": 1e-4}, 0.2, false}, // nothing of its own stands
	} {
		if got := (testimony{p: []map[string]float64{c.p}, ownQ: []float64{c.q}}).readingAlone(0); got != c.want {
			t.Errorf("%v at %v: %v, want %v", c.p, c.q, got, c.want)
		}
	}
}

// A layer that never learnt ranks first, and is not suspected in a network that works.
func TestCulpritReading(t *testing.T) {
	x := culpritOf(t, 1, plant.Untrained("fc4", 1))
	if len(x.Ranking) == 0 || x.Ranking[0] != "fc4" || len(x.Suspects) > 0 {
		t.Errorf("untrained, in a network that works: ranking %v, suspects %v", x.Ranking, x.Suspects)
	}
}

// A p-value near 1 says nothing against the others.
func TestJoined(t *testing.T) {
	if p, err := joined([]float64{1e-6, 1 - 1e-12, 0.5}); err != nil || p > 1e-5 {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := joined([]float64{0.01, 0.04, 0.2}); err != nil || p < 0.023185 || p > 0.023187 { // METHODS, TV-24
		t.Errorf("%v, %v; want 0.023186", p, err)
	}
}

func TestCulpritSentence(t *testing.T) {
	two := []finding.Suspect{{Layer: "a", Share: 0.55}, {Layer: "b", Share: 0.45}}
	for want, c := range map[string]Culprit{
		"": {},
		"The cause is most likely layer a: its units are dead; it ranks first in 19 of 20 repeats.": {Suspects: []finding.Suspect{{Layer: "a", Share: 0.95}}, Named: true, Repeats: 20, traits: []string{"its units are dead"}},
		"Something breaks between x and a; which of the layers is the cause cannot be named.":       {Suspects: two, From: "x", To: "a", Repeats: 20},
		"Something breaks on the way to a; which of the layers is the cause cannot be named.":       {Suspects: two, To: "a", Repeats: 20},
		"The cause cannot be pinned to one layer: a (11 of 20 repeats), b (9 of 20 repeats).":       {Suspects: two, Repeats: 20},
		"The cause cannot be named: a ranks first in 11 of 20 repeats only.":                        {Suspects: two[:1], Repeats: 20},
	} {
		if got := c.Sentence(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Healthy networks win over a layer's siblings: what is usual there is no trait, however unusual among the siblings.
func TestTraitBesideHealthy(t *testing.T) {
	x := trait{spread: 0.1}
	values := []float64{0, 0, 1, 0}
	healthy := []float64{0.9, 1, 1.1, 1, 1, 0.9, 1.1, 1}
	for _, c := range []struct {
		healthy []float64
		low     bool
	}{{nil, true}, {healthy[:7], true}, {healthy, false}} {
		if p, ok := x.p(values, 2, c.healthy); !ok || (p < 0.001) != c.low {
			t.Errorf("beside %d: p %v (%v)", len(c.healthy), p, ok)
		}
	}
	if p, ok := x.p(values, 0, healthy); !ok || p < 0.9 {
		t.Errorf("less than healthy networks have: p %v (%v)", p, ok)
	}
	if p, ok := belowHealthy(0, 0.01, healthy); !ok || p > 0.005 {
		t.Errorf("far below them: p %v (%v)", p, ok)
	}
	if p, ok := belowHealthy(1, 0.01, healthy); !ok || p < 0.4 {
		t.Errorf("as they are: p %v (%v)", p, ok)
	}
	if _, ok := belowHealthy(0, 0.01, healthy[:7]); ok {
		t.Error("beside seven: a p")
	}
}
