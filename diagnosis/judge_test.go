package diagnosis

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
)

func rule(code string, exact bool) *detector.Detector {
	return &detector.Detector{Code: code, Name: code, Title: "Title", Family: "units", Version: 3, Anchors: anchors, Exact: exact}
}

// The floor is 0.25.
func TestLadder(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		m     finding.Measurement
		exact bool
		state finding.State
		sure  finding.Certainty
	}{
		{"the whole interval above", finding.Measurement{Effect: 0.4, Low: 0.3, High: 0.5, P: nan}, true, finding.Flawed, finding.Confirmed},
		{"the same, by a rule that is not calibrated", finding.Measurement{Effect: 0.4, Low: 0.3, High: 0.5, P: nan}, false, finding.Flawed, finding.Suspected},
		{"the same, with an intervention", finding.Measurement{Effect: 0.4, Low: 0.3, High: 0.5, P: nan, Causal: true}, true, finding.Flawed, finding.Causal},
		{"an intervention by a rule that is not calibrated", finding.Measurement{Effect: 0.4, Low: 0.3, High: 0.5, P: nan, Causal: true}, false, finding.Flawed, finding.Suspected},
		{"the lower bound below", finding.Measurement{Effect: 0.4, Low: 0.2, High: 0.6, P: 0.001}, true, finding.Flawed, finding.Suspected},
		{"the p too large", finding.Measurement{Effect: 0.4, Low: 0.3, High: 0.5, P: 0.051}, true, finding.Flawed, finding.Suspected},
		{"counted, above", finding.Measurement{Effect: 0.4, Low: 0.4, High: 0.4, Decided: true}, true, finding.Flawed, finding.Confirmed},
		{"counted, on the floor", finding.Measurement{Effect: 0.25, Low: 0.25, High: 0.25, Decided: true}, true, finding.Flawed, finding.Confirmed},
		{"counted, below", finding.Measurement{Effect: 0.1, Low: 0.1, High: 0.1, Decided: true}, true, finding.StateClear, ""},
		{"no interval", finding.Measurement{Effect: 0.4, Low: nan, High: nan, P: nan}, true, finding.Flawed, finding.Suspected},
		{"the whole interval below", finding.Measurement{Effect: 0.1, Low: 0.05, High: 0.2, P: nan}, true, finding.StateClear, ""},
		{"different, but small", finding.Measurement{Effect: 0.2, Low: 0.1, High: 0.3, P: nan}, true, finding.StateNoted, ""},
		{"anything may be", finding.Measurement{Effect: 0.1, Low: -0.2, High: 0.4, P: nan}, true, finding.Inconclusive, ""},
		{"no interval, below", finding.Measurement{Effect: 0.1, Low: nan, High: nan, P: nan}, true, finding.Inconclusive, ""},
		{"guarded", finding.Measurement{Effect: 0.9, Low: 0.8, High: 1, P: nan, Guard: "neural collapse"}, true, finding.StateClear, ""},
		{"at most noted", finding.Measurement{Effect: 0.9, Low: 0.8, High: 1, P: nan, Noted: true}, true, finding.StateNoted, ""},
		{"no number", finding.Measurement{Effect: nan, Low: nan, High: nan, P: nan}, true, finding.NotAssessed, ""},
		{"no finite number", finding.Measurement{Effect: math.Inf(1), Low: 1, High: math.Inf(1), P: nan}, true, finding.NotAssessed, ""},
		{"an interval that leaves the value out", finding.Measurement{Effect: 0.1, Low: 0.2, High: 0.05, P: nan}, true, finding.StateClear, ""},
	} {
		js := judge([]detector.Outcome{{Detector: rule("X-01", c.exact), Measurements: []finding.Measurement{c.m}}})
		if j := js[0][0]; j.state != c.state || j.sure != c.sure {
			t.Errorf("%s: %s %s, want %s %s", c.name, j.state, j.sure, c.state, c.sure)
		}
	}
}

// 90 % of a normal distribution lie within 1.644854 errors: by hand (0.4 - 0.25) / (0.1 / 1.644854) =
// 2.467281, whose upper tail is 0.006807 (scipy.stats.norm.sf, SciPy 1.17.1).
func TestMinimumEffect(t *testing.T) {
	for _, c := range []struct {
		name string
		m    finding.Measurement
		want float64
	}{
		{"from the interval", finding.Measurement{Effect: 0.4, Low: 0.3, High: 0.5, P: math.NaN()}, 0.006807},
		{"at the floor", finding.Measurement{Effect: 0.25, Low: 0.2, High: 0.3, P: math.NaN()}, 0.5},
		{"the rule's own", finding.Measurement{Effect: 0.4, Low: 0.3, High: 0.5, P: 0.02}, 0.02},
		{"no interval, above", finding.Measurement{Effect: 0.4, Low: 0.4, High: 0.4, P: math.NaN()}, 0},
		{"no interval, below", finding.Measurement{Effect: 0.1, Low: 0.1, High: 0.1, P: math.NaN()}, 1},
		{"counted", finding.Measurement{Effect: 0.3, Low: 0.3, High: 0.3, P: 0.9, Decided: true}, 0},
	} {
		if got := minimumEffect(c.m, 0.25); math.Abs(got-c.want) > 1e-5 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func outcome(d *detector.Detector, ps ...float64) detector.Outcome {
	o := detector.Outcome{Detector: d}
	for _, p := range ps {
		o.Measurements = append(o.Measurements, finding.Measurement{Effect: 0.5, Low: 0.3, High: 0.7, P: p})
	}
	return o
}

// TV-23 of METHODS 15.
func TestPlacesOfARuleAreCorrectedForOneAnother(t *testing.T) {
	js := judge([]detector.Outcome{outcome(rule("X-01", true), 0.001, 0.012, 0.021, 0.04, 0.2)})[0]
	for i, want := range []float64{0.005, 0.03, 0.035, 0.05, 0.2} {
		if math.Abs(js[i].q-want) > 1e-12 {
			t.Errorf("q of place %d is %v, want %v", i, js[i].q, want)
		}
		if confirmed := js[i].sure == finding.Confirmed; confirmed != (i < 4) {
			t.Errorf("place %d is %s", i, js[i].sure)
		}
		if js[i].tests != 5 || js[i].rules != 1 || js[i].selected != 1 {
			t.Errorf("place %d: %d tests, %d of %d rules", i, js[i].tests, js[i].selected, js[i].rules)
		}
	}
}

// By hand: Simes p of the rules are 0.005, 0.04, 0.6; over three rules 0.015, 0.06, 0.6. One of three is
// selected, so its q are tripled: 0.015, 0.09, 0.105, 0.15, 0.6.
func TestRulesAreCorrectedForOneAnother(t *testing.T) {
	outcomes := []detector.Outcome{
		outcome(rule("X-01", true), 0.001, 0.012, 0.021, 0.04, 0.2),
		outcome(rule("X-02", true)), // measured nothing: does not count
		outcome(rule("X-03", true), 0.04),
		outcome(rule("X-04", true), 0.6, 0.5),
	}
	js := judge(outcomes)
	for i, want := range []float64{0.015, 0.09, 0.105, 0.15, 0.6} {
		if math.Abs(js[0][i].q-want) > 1e-12 {
			t.Errorf("q of place %d is %v, want %v", i, js[0][i].q, want)
		}
	}
	if js[0][0].sure != finding.Confirmed || js[0][1].sure != finding.Suspected || js[2][0].sure != finding.Suspected {
		t.Errorf("%s, %s and %s", js[0][0].sure, js[0][1].sure, js[2][0].sure)
	}
	if js[0][0].rules != 3 || js[0][0].selected != 1 {
		t.Errorf("%d of %d rules selected, want 1 of 3", js[0][0].selected, js[0][0].rules)
	}
}

// More evidence against other rules never takes a confirmation away.
func TestConfirmationsDoNotDependOnWorseNews(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(1e-6, 1), 1, 6)
		a, b := p.Draw(t, "a"), p.Draw(t, "b")
		worse := slices.Clone(b)
		for i := range worse {
			worse[i] *= rapid.Float64Range(0.01, 1).Draw(t, "factor")
		}
		before := judge([]detector.Outcome{outcome(rule("A", true), a...), outcome(rule("B", true), b...)})[0]
		after := judge([]detector.Outcome{outcome(rule("A", true), a...), outcome(rule("B", true), worse...)})[0]
		for i := range before {
			if before[i].sure == finding.Confirmed && after[i].sure != finding.Confirmed {
				t.Fatalf("place %d is no longer confirmed: q %v, then %v", i, before[i].q, after[i].q)
			}
		}
	})
}
