package pairs

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/duplicates"
	"github.com/stratascope/stratascope/statistic/statistictest"
	"github.com/stratascope/stratascope/tensor"
)

// asking collects with three layers that read the input's first values and one that does not; width 0 is a network
// whose input has no fixed size.
func asking(t *testing.T, c statistic.Comparison, width int) (statistic.Case, *statistic.Results) {
	t.Helper()
	g := &statistictest.Given{Of: statistictest.Numbered(n, nil), Rows: map[capture.Request]capture.Matrix{}}
	of := statistic.Case{Source: g, Splits: []dataset.Split{dataset.Val}, Seed: 1, Workers: 2, Comparison: c}
	ms := layers()
	for _, name := range []string{"a", "b", "c", "d"} {
		of.Layers = append(of.Layers, graph.Layer{Name: name, Units: 9})
		g.Rows[capture.Request{View: capture.View{Split: dataset.Val, Reduce: capture.Row}, Site: finding.Site{Layer: name, Of: finding.Activation}}] = ms[name]
	}
	in := capture.Matrix{X: narrowed(statistictest.Uniform(1, n, 4)), N: n, D: 4} // what a, b and c are made of
	in.X[7*4] = float32(math.NaN())                                               // a sample that the layers do not have is not looked at
	ms["a"].X[7*9] = float32(math.NaN())
	g.Rows[capture.Request{View: duplicates.FlatView(dataset.Val), Site: duplicates.Input}] = in
	of.Graph = &graph.Graph{Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1}, {Size: width}}}}}
	r, err := statistic.Collect(t.Context(), of, []statistic.Any{Statistic, Asked}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return of, r
}

func TestLayersWithoutTheInput(t *testing.T) {
	c, r := asking(t, statistic.Comparison{Deconfounded: true, Permutations: 199}, 4)
	got, err := GetAsked(c, r)
	if err != nil {
		t.Fatal(err)
	}
	if got.NoInput != nil || got.N != n-1 || !slices.Equal(got.Layers, []string{"a", "b", "c", "d"}) {
		t.Fatalf("%+v", got)
	}
	usual, err := Get(c, r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Without.Value[1] > 0.6*usual.Value[1] { // a and b are alike by the input, of which they read different mixtures
		t.Errorf("similarity %v, without the input %v", usual.Value[1], got.Without.Value[1])
	}
	clean := func(x []float32, d int) similarity.Matrix {
		return similarity.Matrix{X: append(slices.Clone(x[:7*d]), x[8*d:]...), N: n - 1, D: d}
	}
	want, err := similarity.Deconfounded(clean(layers()["b"].X, 9), clean(layers()["d"].X, 9), clean(narrowed(statistictest.Uniform(1, n, 4)), 4))
	if err != nil || math.Abs(want-got.Without.Value[1*4+3]) > 1e-6 {
		t.Errorf("b and d without the input: %v, want %v, %v", got.Without.Value[1*4+3], want, err)
	}
	if m := got.Permuted; m.Drawn[1] != 0.005 || m.Drawn[3] < 0.01 || m.Adjusted[1] != 0.005 {
		t.Errorf("p of a and b %v, of a and d %v, of the family %v", m.Drawn[1], m.Drawn[3], m.Adjusted[1])
	}
}

// What was not asked for is not computed, and what cannot be computed is said.
func TestNothingIsComparedUnasked(t *testing.T) {
	c, r := asking(t, statistic.Comparison{}, 4)
	if got, err := GetAsked(c, r); err == nil {
		t.Errorf("unasked: %+v", got)
	}
	for width, want := range map[int]string{-1: "no-inputs", WidestInput + 1: "wide-input"} {
		c, r := asking(t, statistic.Comparison{Deconfounded: true}, width)
		got, err := GetAsked(c, r)
		if err != nil {
			t.Fatal(err)
		}
		if code, why := statistic.Reason(got.NoInput); code != want || got.Without != nil || got.Permuted != nil {
			t.Errorf("input of %d values: %s %s, %+v", width, code, why, got)
		}
	}
}

func narrowed(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}
