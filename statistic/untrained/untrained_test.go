package untrained

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/probe"
)

// TestCompare holds gain, interval and p against SciPy's.
func TestCompare(t *testing.T) {
	b, err := os.ReadFile("testdata/compare.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name                       string
		N, Own                     int
		Twins                      []int
		Gain, SE, DF, Low, High, P float64
	}
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		answers := func(k, share int) (s probe.Score) {
			for i := range c.N {
				s.Rows, s.Right = append(s.Rows, i), append(s.Right, (i*37+3*k)%100 < share)
			}
			return s
		}
		var twins []probe.Score
		for k, share := range c.Twins {
			twins = append(twins, answers(k, share))
		}
		r, err := compare(answers(0, c.Own), twins)
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Same()
		if err != nil {
			t.Fatal(err)
		}
		for what, v := range map[string][2]float64{"gain": {r.Gain.Value, c.Gain}, "error": {r.Gain.SE, c.SE}, "freedom": {r.Gain.DF / c.DF, 1},
			"low": {r.Low, c.Low}, "high": {r.High, c.High}, "p": {p, c.P}} {
			if !(math.Abs(v[0]-v[1]) < 1e-9) {
				t.Errorf("%s: %s is %.12f, SciPy has %.12f", c.Name, what, v[0], v[1])
			}
		}
	}
}

// TestComparePairs: a sample that one probe did not answer counts for none.
func TestComparePairs(t *testing.T) {
	full := probe.Score{}
	for i := range 400 {
		full.Rows, full.Right = append(full.Rows, i), append(full.Right, i%2 == 0)
	}
	part := probe.Score{Rows: full.Rows[50:], Right: slices.Repeat([]bool{true}, 350)}
	r, err := compare(full, []probe.Score{full, part})
	if err != nil {
		t.Fatal(err)
	}
	if r.N != 350 || r.Accuracy != 0.5 || r.Twins[0] != 0.5 && math.Abs(r.Twins[0]-0.5) > 1e-12 || math.Abs(r.Twins[1]-1) > 1e-12 || math.Abs(r.Gain.Value+0.25) > 1e-12 {
		t.Errorf("%+v", r)
	}
	if _, err := compare(probe.Score{Rows: full.Rows[:299], Right: full.Right[:299]}, []probe.Score{full, full}); err == nil {
		t.Error("299 samples are enough")
	}
}

func collect(t *testing.T, c statistic.Case) *statistic.Results {
	t.Helper()
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func planted(seed uint64, flaws ...plant.Flaw) statistic.Case {
	c := plant.New(seed, flaws...).Case()
	c.Networks = Networks(c.Graph, c)
	return c
}

// TestRedrawnLayers: what says no more than twins is said to, of a layer with a normalisation, too.
func TestRedrawnLayers(t *testing.T) {
	for _, layer := range []string{"fc2", "fc3", "fc4"} {
		c := planted(1, plant.Untrained(layer, 1))
		r := collect(t, c)
		if keys := r.Keys(Statistic); len(keys) != 1 || keys[0].A.Layer != layer {
			t.Fatalf("%s redrawn: compared are %v", layer, keys)
		}
		x, err := At(c, r, layer)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := x.Same(); err != nil || p > 0.05 || len(x.Twins) != Twins || x.N != 640 {
			t.Errorf("%s: p %.3f (%v), %+v", layer, p, err, x)
		}
	}
}

// TestHealthyNetworkIsNotRunAgain: nothing is suspected, so no twin is drawn.
func TestHealthyNetworkIsNotRunAgain(t *testing.T) {
	c := planted(1, plant.Learnt())
	r := collect(t, c)
	if _, err := At(c, r, "fc4"); err == nil {
		t.Error("a healthy layer is compared")
	} else if code, _ := statistic.Reason(err); code != "not-needed" {
		t.Errorf("reason %s", code)
	}
}

func TestReasons(t *testing.T) {
	flaw := plant.Untrained("fc4", 1)
	still := planted(1, flaw)
	still.Networks = nil
	shared := planted(1, flaw)
	shared.Graph.Layers = slices.Clone(shared.Graph.Layers)
	shared.Graph.Layers[4].Weight = "fc4.weight"
	few := planted(1, flaw)
	few.Source.(*plant.Network).Data[dataset.Val].Labels = slices.Repeat([]int32{-1}, 640)
	for _, x := range []struct {
		c    statistic.Case
		code string
	}{{still, "no-execution"}, {shared, "shared-weight"}, {few, "too-few-samples"}} {
		r := collect(t, x.c)
		if _, err := At(x.c, r, "fc4"); err == nil {
			t.Errorf("want %s, got twins", x.code)
		} else if code, why := statistic.Reason(err); code != x.code {
			t.Errorf("%s (%s), want %s", code, why, x.code)
		}
	}
}

// TestSameForAnyWorkers: the twins, and so what is said, do not depend on how many work.
func TestSameForAnyWorkers(t *testing.T) {
	var first *Result
	for _, workers := range []int{1, 3} {
		c := planted(2, plant.Untrained("fc3", 1))
		c.Workers = workers
		x, err := At(c, collect(t, c), "fc3")
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = x
		}
		if first.Gain != x.Gain || !slices.Equal(first.Twins, x.Twins) {
			t.Errorf("%d workers: %+v, one has %+v", workers, x, first)
		}
	}
}
