package diagnosis

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
)

func valued(effect float64, null finding.Reference) finding.Measurement {
	return finding.Measurement{Place: finding.Place{Sites: []finding.Site{{Layer: "l", Of: finding.Activation}}}, Effect: effect, Low: effect - 0.01, High: effect + 0.01, Null: null}
}

// healthyValues are what ten healthy networks show: median 0.5, median deviation 0.1.
func healthyValues(d *detector.Detector, n int) Population {
	var out Population
	for _, v := range []float64{0.4, 0.6, 0.4, 0.6, 0.4, 0.6, 0.4, 0.6, 0.5, 0.5}[:n] {
		out = append(out, Member{Outcomes: []detector.Outcome{{Detector: d, Measurements: []finding.Measurement{valued(v, finding.R6)}}}})
	}
	return out
}

// A default of 0.2 cries at what healthy networks show, and not where the population is known; beyond it the finding
// stands, with the population as its reference.
func TestAgainst(t *testing.T) {
	d := &detector.Detector{Code: "REP-04", Anchors: finding.Anchors{Minor: 0.2, Moderate: 0.5, Critical: 0.8}}
	for _, c := range []struct {
		m     finding.Measurement
		n     int
		null  finding.Reference
		state finding.State
	}{
		{valued(0.55, finding.R6), 10, finding.R1, finding.StateClear},
		{valued(0.95, finding.R6), 10, finding.R1, finding.StateClear}, // z = 2.8
		{valued(1.05, finding.R6), 10, finding.R1, finding.Flawed},     // z = 3.5
		{valued(0.55, finding.R6), 7, finding.R6, finding.Flawed},      // too few
		{valued(0.55, finding.R5), 10, finding.R5, finding.Flawed},     // an analytic null
		{valued(0.1, finding.R6), 10, finding.R1, finding.StateClear},
	} {
		got := Against([]detector.Outcome{{Detector: d, Measurements: []finding.Measurement{c.m}}}, healthyValues(d, c.n))
		j := judge(got)[0][0]
		if j.Null != c.null || j.state != c.state {
			t.Errorf("%v against %d: %s %s, want %s %s", c.m.Effect, c.n, j.Null, j.state, c.null, c.state)
		}
	}
}

// What rests on siblings is compared by its own number: the drop is that from the population's median.
func TestAgainstOwn(t *testing.T) {
	d := &detector.Detector{Code: "REP-04", Anchors: finding.Anchors{Minor: 0.2, Moderate: 0.5, Critical: 0.8}}
	m := valued(0.05, finding.R4)
	m.Guard, m.Kin, m.Own = "no further than siblings", true, &finding.Estimate{Value: 1.2, Low: 1.1, High: 1.3}
	got := Against([]detector.Outcome{{Detector: d, Measurements: []finding.Measurement{m}}}, healthyValues(d, 10))[0].Measurements[0]
	z := 0.7 / math.Hypot(1.4826*0.1+0.02*0.5, 0.1/infer.NormalQuantile(0.95))
	if got.Name != ", over the median of healthy networks" || got.Guard != "" || math.Abs(got.Effect-0.7) > 1e-12 || math.Abs(got.Low-0.6) > 1e-12 || math.Abs(got.Details["reference z"]-z) > 1e-9 {
		t.Errorf("%+v, want z %v", got, z)
	}
}

// A member shows of each layer what the evidences look at, and of each link its strength.
func TestMember(t *testing.T) {
	var p Population
	for range 2 {
		c := plant.New(1, plant.Dead("fc3", 0.5)).Case()
		r, err := statistic.Collect(t.Context(), c, CulpritNeeds(), statistic.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p = append(p, NewMember(c, r, nil))
	}
	for name, got := range map[string]struct {
		values    []float64
		low, high float64
	}{
		"dead":       {p.Trait("fc3", "dead"), 0.5, 0.7},
		"reading":    {p.Reading("fc2"), 0.2, 2},
		"fit":        {p.fitting("fc2"), -1.6, 0.7},
		"similarity": {p.Similarity("fc2", "fc3"), 0.5, 1},
		"R2":         {p.R2("fc2", "fc3"), 0.5, 1},
	} {
		if len(got.values) != 2 || got.values[0] < got.low || got.values[0] > got.high || got.values[1] != got.values[0] {
			t.Errorf("%s: %v, want two of %v to %v", name, got.values, got.low, got.high)
		}
	}
	if len(p.Trait("fc9", "dead")) > 0 || len(p.Similarity("fc3", "fc2")) > 0 {
		t.Error("values of what is not there")
	}
}

// A guard that says nothing of siblings holds beside healthy networks, too, and an effect that was cut off at zero is compared
// by the middle of its interval.
func TestAgainstKeeps(t *testing.T) {
	d := &detector.Detector{Code: "REP-07", Anchors: finding.Anchors{Minor: 0.2, Moderate: 0.5, Critical: 0.8}}
	m := valued(1.5, finding.R4)
	m.Guard = "a later layer groups them again"
	got := Against([]detector.Outcome{{Detector: d, Measurements: []finding.Measurement{m}}}, healthyValues(d, 10))[0].Measurements[0]
	if got.Guard != m.Guard || got.Null != finding.R1 {
		t.Errorf("%+v", got)
	}
	m = finding.Measurement{Low: -0.5, High: -0.3}
	if x := compared(m); x.Value != -0.4 {
		t.Errorf("compared by %v, want -0.4", x.Value)
	}
}

// Classes and groups stand at one site: each is compared with its like, and four networks that have both are not eight.
func TestAgainstGroups(t *testing.T) {
	d := &detector.Detector{Code: "FAI-02", Anchors: finding.Anchors{Minor: 0.1, Moderate: 0.2, Critical: 0.4}}
	of := func(classes, groups float64) []finding.Measurement {
		c, g := valued(classes, finding.R6), valued(groups, finding.R6)
		g.Place.Groups = []string{"camera=b"}
		return []finding.Measurement{c, g}
	}
	var healthy Population
	for range 8 {
		healthy = append(healthy, Member{Outcomes: []detector.Outcome{{Detector: d, Measurements: of(0.4, 0.1)}}})
	}
	own := []detector.Outcome{{Detector: d, Measurements: of(0.4, 0.4)}}
	for n, want := range map[int]finding.Reference{4: finding.R6, 8: finding.R1} {
		got := Against(own, healthy[:n])[0].Measurements
		if got[0].Null != want || got[1].Null != want {
			t.Errorf("%d networks: %s and %s, want %s", n, got[0].Null, got[1].Null, want)
		}
		if n == 8 && (got[0].Details["reference median"] != 0.4 || got[1].Details["reference median"] != 0.1) {
			t.Errorf("%+v, %+v", got[0].Details, got[1].Details)
		}
	}
}
