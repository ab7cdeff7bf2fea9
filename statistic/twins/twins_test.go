package twins

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
	"github.com/stratascope/stratascope/statistic/statistictest"
)

// reference is what testdata/twins.py prints.
type reference struct {
	N, D, Live, Surely, Maybe int
	Twins                     []struct {
		Unit, Of int
		R        float64
	}
	Bounds []struct {
		R, Low, High float64
		N            int
	}
}

func read(t *testing.T) (r reference) {
	t.Helper()
	b, err := os.ReadFile("testdata/twins.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// values makes the units as the script does.
func values(n, d int) []float32 {
	u := statistictest.Uniform
	x, a, b, c := u(1, n, d), u(2, n, 1), u(3, n, 1), u(4, n, 1)
	out := make([]float32, n*d)
	for i := range n {
		r := x[i*d : (i+1)*d]
		r[3] = 2*r[7] + 1
		r[5] = -r[9] + 0.05*a[i]
		r[11] = r[12] + 0.2*b[i]
		r[13] = r[14] + 0.3*c[i]
		r[15] = 4
		r[16] += 1e4
		for j, v := range r {
			out[i*d+j] = float32(v)
		}
	}
	return out
}

func collect(t *testing.T, x []float32, n, d int) (*Result, error) {
	t.Helper()
	q := capture.Request{View: capture.View{Split: dataset.Val, Reduce: capture.Spot}, Site: finding.Site{Layer: "fc", Of: finding.Activation}}
	c := statistic.Case{Layers: []graph.Layer{{Name: "fc", Units: d}, {Name: "head", Units: 3, Head: true}}, Splits: []dataset.Split{dataset.Val}, Seed: 1,
		Source: &statistictest.Given{Of: statistictest.Numbered(n, nil), Rows: map[capture.Request]capture.Matrix{q: {X: x, N: n, D: d}}}}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ks := r.Keys(Statistic); len(ks) > 1 {
		t.Errorf("%v: the head was compared", ks)
	}
	return Statistic.At(r, q.View, q.Site)
}

func TestAgainstNumPy(t *testing.T) {
	want := read(t)
	got, err := collect(t, values(want.N, want.D), want.N, want.D)
	if err != nil {
		t.Fatal(err)
	}
	if got.N != want.N || got.Units != want.D || got.Live != want.Live || len(got.Twins) != want.Maybe {
		t.Fatalf("%+v, want %+v", got, want)
	}
	surely, at := 0, 0
	for _, g := range got.Twins {
		if g.Low > Correlation {
			surely++
		}
		if math.Abs(g.R) <= Correlation {
			continue
		}
		if w := want.Twins[at]; g.Unit != w.Unit || g.Of != w.Of || math.Abs(g.R-w.R) > 1e-5 {
			t.Errorf("%+v, want %+v", g, w)
		}
		at++
	}
	if surely != want.Surely || at != len(want.Twins) {
		t.Errorf("%d surely and %d by their value, want %d and %d", surely, at, want.Surely, len(want.Twins))
	}
}

func TestBoundsAgainstSciPy(t *testing.T) {
	for _, b := range read(t).Bounds {
		if low, high := bounds(b.R, b.N); math.Abs(low-b.Low) > 1e-12 || math.Abs(high-b.High) > 1e-12 {
			t.Errorf("r %v of %d samples: %v to %v, want %v to %v", b.R, b.N, low, high, b.Low, b.High)
		}
	}
	if low, high := bounds(1, 400); low != 1 || high != 1 {
		t.Errorf("r 1: %v to %v", low, high)
	}
}

func TestRowsThatAreNotFiniteAreLeftOut(t *testing.T) {
	w := read(t)
	x := values(w.N, w.D)
	x[5] = float32(math.NaN())
	x[w.D+5] = float32(math.Inf(-1))
	r, err := collect(t, x, w.N, w.D)
	if err != nil {
		t.Fatal(err)
	}
	if r.N != w.N-2 || len(r.Twins) != w.Maybe {
		t.Errorf("%d samples and %d twins, want %d and %d", r.N, len(r.Twins), w.N-2, w.Maybe)
	}
}

func TestReasons(t *testing.T) {
	if _, err := collect(t, make([]float32, 299*4), 299, 4); err == nil {
		t.Error("299 samples were enough")
	} else if code, _ := statistic.Reason(err); code != "too-few-samples" {
		t.Errorf("reason %s", code)
	}
	r, err := collect(t, slices.Repeat([]float32{0.1}, 400*4), 400, 4)
	if err != nil || r.Live != 0 || len(r.Twins) != 0 {
		t.Errorf("units that do not vary: %+v, %v", r, err)
	}
}

func TestSubsetOfWideLayers(t *testing.T) {
	const units = 3*Most + 7
	a, b := subset(1, "fc", units), subset(1, "fc", units)
	if !slices.Equal(a, b) || !slices.IsSorted(a) {
		t.Error("the subset changes from call to call, or is not in order")
	}
	if len(a) > Most || len(a) < Most*3/4 || len(slices.Compact(slices.Clone(a))) != len(a) {
		t.Errorf("%d units of %d, want nearly %d", len(a), units, Most)
	}
	if slices.Equal(a, subset(2, "fc", units)) {
		t.Error("another seed gives the same subset")
	}
}
