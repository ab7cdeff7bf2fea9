package diagnosis

import (
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/patch"
)

// recovers is a layer whose replacement brings a share of the samples back, give or take 0.02.
func recovers(layer string, gain float64) *patch.Recovery {
	x := &patch.Recovery{Layer: layer, Gain: infer.Estimate{Value: gain, SE: 0.02, DF: 19}, N: 200}
	for g := range infer.JackknifeGroups {
		x.Without = append(x.Without, gain+0.004*float64(g%2)-0.002)
	}
	return x
}

// chain is a network of layers that each read the one before, with what each recovers. Nothing more can be collected.
func chain(gains map[string]float64) *patching {
	p := &patching{known: map[string]*patch.Recovery{}, collect: func([]string) (statistic.Case, *statistic.Results, error) {
		return statistic.Case{}, statistic.NewResults(), nil
	}}
	before := "input"
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		p.layers = append(p.layers, graph.Layer{Name: name, After: []string{before}, Head: name == "e"})
		if g, ok := gains[name]; ok {
			p.known[name] = recovers(name, g)
		}
		before = name
	}
	return p
}

// From wherever one starts behind it, the first layer that recovers is the cause.
func TestPatchingGoesBack(t *testing.T) {
	for _, c := range []struct {
		from, cause string
		gains       map[string]float64
	}{
		{"d", "b", map[string]float64{"a": 0, "b": 0.4, "c": 0.4, "d": 0.4}},
		{"e", "b", map[string]float64{"a": 0.01, "b": 0.4, "c": 0.41, "d": 0.42}},
		{"b", "b", map[string]float64{"a": 0, "b": 0.4}},
		{"a", "a", map[string]float64{"a": 0.3}},                                   // it reads the input, which is the same
		{"b", "", map[string]float64{"a": 0, "b": 0.01}},                           // too little
		{"c", "", map[string]float64{"b": 0.24, "a": 0.13, "c": 0.25}},             // more and more: no one layer
		{"d", "", map[string]float64{"a": -0.1, "b": -0.1, "c": -0.1, "d": -0.05}}, // what is put there does not fit
	} {
		x, err := chain(c.gains).cause(c.from)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if x != nil && x.decided {
			got = x.Layer
		}
		if got != c.cause {
			t.Errorf("from %s with %v: %q, want %q", c.from, c.gains, got, c.cause)
		}
	}
}

// A cause that was not among the suspects takes their head, with what is known of it.
func TestConfirmSettles(t *testing.T) {
	p := chain(map[string]float64{"a": 0, "b": 0.4, "c": 0.4})
	x, err := p.cause("c")
	if err != nil {
		t.Fatal(err)
	}
	c := Culprit{Suspects: []finding.Suspect{{Layer: "c", Share: 0.95}}, Named: true, shares: map[string]float64{"b": 0.05},
		evidence: map[string]map[string]float64{"b": {"e1": 0.2}}, told: map[string][]string{"b": {"its units are dead"}}}
	c.settle(*x)
	s := c.Suspects[0]
	if len(c.Suspects) != 2 || s.Layer != "b" || s.Share != 0.05 || s.Verdict != finding.Causal || s.Evidence["e1"] != 0.2 || s.Evidence["e10"] > 1e-6 {
		t.Errorf("%+v", c.Suspects)
	}
	want := "The cause is layer b: its units are dead; with a reference network's values in its place accuracy rises by 40.0 points (36.5 to 43.5)."
	if c.Sentence() != want {
		t.Errorf("%q, want %q", c.Sentence(), want)
	}
}

// Where nothing comes back the suspects stay, and the verdict says so.
func TestConfirmRefutes(t *testing.T) {
	c := Culprit{Suspects: []finding.Suspect{{Layer: "b", Share: 1}}, Named: true, Repeats: 20}
	p := chain(map[string]float64{"a": -0.1, "b": -0.1})
	if err := c.confirm(p); err != nil {
		t.Fatal(err)
	}
	var d finding.Diagnosis
	c.Tell(&d)
	if d.Suspects[0].Verdict != "" || !strings.HasSuffix(d.Verdict.Detail, "do not bring accuracy back.") {
		t.Errorf("%+v, %q", d.Suspects, d.Verdict.Detail)
	}
}

// What brings back less than half of what the reference has over the network makes no layer the cause.
func TestPatchingWantsHalf(t *testing.T) {
	for lost, want := range map[float64]bool{0.7: false, 0.5: true, -0.1: true} {
		x := recovers("a", 0.3)
		x.Lost = lost
		got, err := judgeRecovery(x, nil)
		if err != nil || got.decided != want {
			t.Errorf("0.3 of %v: decided %v, %v, want %v", lost, got.decided, err, want)
		}
	}
}
