package spectrum

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

// A reference is a case of testdata/spectrum.py.
type reference struct {
	Name                                 string
	N, D, Rank, Classes                  int
	Values, Energy                       []float64
	RankMe, Participation, Stable, First float64
	SELogRankMe                          float64   `json:"se_log_rankme"`
	SEParticipation                      float64   `json:"se_participation"`
	Left                                 []float64 `json:"left_log_rankme"`
	Ratio                                float64
}

// data makes the case's values as the script does.
func (c reference) data() (x []float32, labels []int32) {
	u := statistictest.Uniform
	a, b, m, e := u(1, c.N, c.Rank), u(2, c.Rank, c.D), u(3, c.Classes, c.D), u(4, c.N, c.D)
	for i := range c.N {
		l := i % c.Classes
		labels = append(labels, int32(l))
		for j := range c.D {
			v := 0.4 * m[l*c.D+j]
			for k := range c.Rank {
				v += a[i*c.Rank+k] * b[k*c.D+j] / float64(1+k)
			}
			if c.Name != "low" {
				v += 0.05 * e[i*c.D+j]
			}
			x = append(x, float32(v+5))
		}
	}
	return x, labels
}

func references(t *testing.T) []reference {
	t.Helper()
	b, err := os.ReadFile("testdata/spectrum.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []reference
	if err := json.Unmarshal(b, &out); err != nil || len(out) == 0 {
		t.Fatalf("%d cases: %v", len(out), err)
	}
	return out
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s: %.10g, want %.10g", what, got, want)
	}
}

func TestAgainstNumPy(t *testing.T) {
	for _, c := range references(t) {
		t.Run(c.Name, func(t *testing.T) {
			x, labels := c.data()
			groups := make([]int, c.N)
			for i := range groups {
				groups[i] = i % infer.JackknifeGroups
			}
			var r Result
			if err := r.measure(capture.Matrix{X: x, N: c.N, D: c.D}.Table(), groups); err != nil {
				t.Fatal(err)
			}
			if len(r.Values) != min(c.N, c.D) {
				t.Errorf("%d eigenvalues of %d x %d", len(r.Values), c.N, c.D)
			}
			for i, v := range c.Values {
				if v > 1e-9*c.Values[0] {
					near(t, "eigenvalue", r.Values[i], v, 1e-6)
				}
			}
			near(t, "RankMe", r.RankMe.Value, c.RankMe, 2e-5)
			near(t, "participation", r.Participation.Value, c.Participation, 1e-6)
			near(t, "stable rank", r.StableRank, c.Stable, 1e-6)
			near(t, "first share", r.FirstShare, c.First, 1e-6)
			within := 0.05
			if c.D > c.N { // leaving samples out takes directions away, which the first order does not see
				within = 0.25
			}
			near(t, "error of log RankMe", r.LogRank.SE, c.SELogRankMe, within)
			near(t, "error of participation", r.Participation.SE, c.SEParticipation, within)
			k, err := classes(capture.Matrix{X: x, N: c.N, D: c.D}.Table(), labels, c.Classes)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "ratio of classes", k.Ratio, c.Ratio, 1e-5)
			for i, e := range c.Energy {
				near(t, "energy of a class", k.Energy[i], e, 1e-5)
			}
		})
	}
}

// collect computes the spectrum of one layer's rows.
func collect(t *testing.T, x []float32, n, d int, labels []int32, classes int) (*Result, error) {
	t.Helper()
	q := capture.Request{View: capture.View{Split: dataset.Val, Reduce: capture.Row}, Site: finding.Site{Layer: "fc", Of: finding.Activation}}
	c := statistic.Case{Layers: []graph.Layer{{Name: "fc", Units: d}}, Splits: []dataset.Split{dataset.Val}, Classes: classes, Seed: 1,
		Source: &statistictest.Given{Of: statistictest.Numbered(n, labels), Rows: map[capture.Request]capture.Matrix{q: {X: x, N: n, D: d}}}}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return At(c, r, "fc")
}

func TestRowsThatAreNotFiniteAreLeftOut(t *testing.T) {
	c := references(t)[0]
	x, labels := c.data()
	want, err := collect(t, x[:500*c.D], 500, c.D, labels[:500], c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	for i := 500; i < c.N; i++ {
		x[i*c.D] = float32(math.NaN())
	}
	x[501*c.D] = float32(math.Inf(1))
	got, err := collect(t, x, c.N, c.D, labels, c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	if got.N != 500 || got.RankMe.Value != want.RankMe.Value || got.Classes.Ratio != want.Classes.Ratio {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestReasons(t *testing.T) {
	for _, c := range []struct {
		name string
		x    []float32
		n    int
		code string
	}{
		{"none", nil, 0, "too-few-samples"},
		{"few", make([]float32, 99*4), 99, "too-few-samples"},
		{"constant", slices.Repeat([]float32{1e4}, 200*4), 200, "constant"},
		{"not finite", slices.Repeat([]float32{float32(math.NaN())}, 200*4), 200, "too-few-samples"},
	} {
		if _, err := collect(t, c.x, c.n, 4, nil, 0); err == nil {
			t.Errorf("%s: no error", c.name)
		} else if code, why := statistic.Reason(err); code != c.code {
			t.Errorf("%s: %s (%s), want %s", c.name, code, why, c.code)
		}
	}
}

// Of large problems the samples with the smallest hashes are used, so that sorted samples do no harm.
func TestFewestGoesByHash(t *testing.T) {
	at, hashes := []int{0, 2, 3, 5}, []uint64{9, 0, 1, 4, 0, 3}
	if got := Fewest(at, hashes, 2); !slices.Equal(got, []int{2, 5}) {
		t.Errorf("rows %v, want [2 5]", got)
	}
	if !slices.Equal(at, []int{0, 2, 3, 5}) {
		t.Errorf("the rows themselves were changed to %v", at)
	}
}
