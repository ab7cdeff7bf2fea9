package links

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

// read are the layers in their order, each with those that it reads.
var read = []graph.Layer{{Name: "a", After: []string{"input"}}, {Name: "b", After: []string{"a"}}, {Name: "c", After: []string{"b"}},
	{Name: "d", After: []string{"c"}}, {Name: "e", After: []string{"a"}}}

// values makes the layers as testdata/links.py does.
func values(n int) map[string]capture.Matrix {
	u := statistictest.Uniform
	a, w, e := u(1, n, 6), u(2, 6, 5), u(3, n, 5)
	b := make([]float64, n*6)
	for i := range n {
		for j := range 5 {
			b[i*6+j] = 0.3 * e[i*5+j]
			for k := range 6 {
				b[i*6+j] += a[i*6+k] * w[k*5+j]
			}
		}
		b[i*6+5] = 7
	}
	w, c := u(4, 6, 150), u(5, n, 150)
	for i := range n {
		for j := range 150 {
			for k := range 6 {
				c[i*150+j] += b[i*6+k] * w[k*150+j]
			}
		}
	}
	d := u(6, n, 4)
	for i := range d {
		d[i] = 0.1*d[i] + 0.2*c[i/4*150+i%4]
	}
	out := map[string]capture.Matrix{}
	for name, x := range map[string][]float64{"a": a, "b": b, "c": c, "d": d, "e": u(7, n, 3)} {
		m := capture.Matrix{N: n, D: len(x) / n}
		for _, v := range x {
			m.X = append(m.X, float32(v))
		}
		out[name] = m
	}
	return out
}

func collect(t *testing.T, ms map[string]capture.Matrix, workers int) (*Result, error) {
	t.Helper()
	g := &statistictest.Given{Of: statistictest.Numbered(ms["a"].N, nil), Rows: map[capture.Request]capture.Matrix{}}
	c := statistic.Case{Source: g, Layers: read, Splits: []dataset.Split{dataset.Val}, Seed: 1, Workers: workers}
	for name, m := range ms {
		g.Rows[capture.Request{View: capture.View{Split: dataset.Val, Reduce: capture.Row}, Site: site(name)}] = m
	}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Get(c, r)
}

// Each layer with what it reads, wide and narrow, with a unit that does not vary, and one that follows from nothing.
func TestAgainstScikitLearn(t *testing.T) {
	raw, err := os.ReadFile("testdata/links.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		N     int
		Links []struct {
			From, To string
			R2, SE   float64
		}
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, values(want.N), 2)
	if err != nil {
		t.Fatal(err)
	}
	if got.N != want.N || len(got.Links) != len(want.Links) || len(got.Links) != 4 {
		t.Fatalf("%d links of %d samples, want %d of %d", len(got.Links), got.N, len(want.Links), want.N)
	}
	for i, w := range want.Links {
		g := got.Links[i]
		if g.From != w.From || g.To != w.To || g.NoR2 != nil || !(math.Abs(g.R2.Value-w.R2) <= 1e-8) || !(math.Abs(g.R2.SE-w.SE) <= 1e-8) {
			t.Errorf("%s to %s: %+v, %v, want %+v", g.From, g.To, g.R2, g.NoR2, w)
		}
	}
	one, err := collect(t, values(want.N), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range one.Links {
		if one.Links[i].R2 != got.Links[i].R2 {
			t.Error("2 workers give other bits")
		}
	}
}

// The similarity of a link, and it without each group of samples, are those of the matrix of all layers.
func TestSimilarityIsThatOfAllPairs(t *testing.T) {
	r, err := collect(t, values(120), 1)
	if err != nil {
		t.Fatal(err)
	}
	near, ok := r.Between("a", "b")
	far, _ := r.Between("a", "e")
	if !ok || near.NoSimilarity != nil || near.Similarity.Value < 0.5 || math.Abs(far.Similarity.Value) > 0.2 || len(near.Without) != 20 {
		t.Errorf("a to b %+v, a to e %+v", near, far)
	}
	if _, ok := r.Between("b", "a"); ok {
		t.Error("a reads b")
	}
}

// What cannot be regressed has a reason, and the other links their numbers.
func TestReasons(t *testing.T) {
	const n = 120
	code := func(ms map[string]capture.Matrix, from, to string) string {
		t.Helper()
		r, err := collect(t, ms, 2)
		if err != nil {
			t.Fatal(err)
		}
		if whole, ok := r.Between("a", "e"); !ok || whole.NoR2 != nil {
			t.Errorf("a to e: %+v", whole)
		}
		k, ok := r.Between(from, to)
		if !ok {
			t.Fatalf("%s to %s is not listed", from, to)
		}
		if k.NoR2 == nil {
			return "none"
		}
		got, _ := statistic.Reason(k.NoR2)
		return got
	}
	ms := values(n)
	ms["d"] = capture.Matrix{X: slices.Repeat([]float32{3}, 4*n), N: n, D: 4}
	if got := code(ms, "c", "d"); got != "constant" {
		t.Errorf("a layer that does not vary: %s", got)
	}
	ms = values(n)
	ms["c"] = capture.Matrix{X: make([]float32, n*(Most+1)), N: n, D: Most + 1}
	for i := range ms["c"].X {
		ms["c"].X[i] = float32(i % 7)
	}
	if got := code(ms, "b", "c"); got != "too-wide" {
		t.Errorf("a layer of %d units: %s", Most+1, got)
	}
	ms = values(n)
	ms["b"].X[0] = float32(math.NaN()) // one sample less for the links of b
	if got := code(ms, "a", "b"); got != "none" {
		t.Errorf("a sample that is not finite: %s", got)
	}
	for i := range 30 {
		ms["b"].X[6*i] = float32(math.Inf(1))
	}
	if r, err := collect(t, ms, 1); err != nil || len(r.Links) != 2 {
		t.Errorf("90 finite samples of b: %v, %v", r, err)
	}
	if _, err := collect(t, values(pairs.Least-1), 1); err == nil {
		t.Error("99 samples are enough")
	} else if got, _ := statistic.Reason(err); got != "too-few-samples" {
		t.Errorf("99 samples: %s", got)
	}
}
