package leverage

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

func collect(t *testing.T, x, y capture.Matrix, workers int) *Result {
	t.Helper()
	g := &statistictest.Given{Of: statistictest.Numbered(x.N, nil), Rows: map[capture.Request]capture.Matrix{
		{View: view(dataset.Val), Site: site("a")}: x, {View: view(dataset.Val), Site: site("b")}: y,
	}}
	c := statistic.Case{Source: g, Splits: []dataset.Split{dataset.Val}, Seed: 1, Workers: workers, Layers: []graph.Layer{{Name: "a", Units: x.D, After: []string{"input"}}, {Name: "b", Units: y.D, After: []string{"a"}}}}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := At(c, r, "a")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func noise(seed uint64, n, d int) capture.Matrix {
	m := capture.Matrix{N: n, D: d}
	for _, v := range statistictest.Uniform(seed, n, d) {
		m.X = append(m.X, float32(v))
	}
	return m
}

// Five samples far out in both make layers of nothing in common look alike; without them they are what they are.
// One alone would not: the debiased estimate leaves out the products of a sample with itself.
func TestFewSamplesMakeLayersAlike(t *testing.T) {
	x, y := noise(1, 500, 32), noise(2, 500, 32)
	for k := range 5 * 32 {
		x.X[7*32+k] += 100 - float32(k/32)
		y.X[7*32+k] += 100 - float32(k/32)
	}
	r := collect(t, x, y, 1)
	c := r.Links[0]
	if r.N != 500 || !slices.Equal(r.Out, []int{7, 8, 9, 10, 11}) || math.Abs(r.First-0.2) > 0.02 || c.To != "b" {
		t.Errorf("%d samples, left out %v, the first with %.2f, link to %s", r.N, r.Out, r.First, c.To)
	}
	if c.Whole < 0.99 || math.Abs(c.Within) > 0.1 || math.Abs(c.Whole-c.Within-c.Difference.Value) > 1e-12 {
		t.Errorf("similarity %.3f with them, %.3f without, difference %.3f", c.Whole, c.Within, c.Difference.Value)
	}
}

func TestHealthyLayersKeepTheirSimilarity(t *testing.T) {
	x := noise(1, 300, 12)
	y := capture.Matrix{X: slices.Clone(x.X), N: x.N, D: x.D}
	for i, v := range noise(2, 300, 12).X {
		y.X[i] += v
	}
	r := collect(t, x, y, 1)
	if d := r.Links[0].Difference.Value; math.Abs(d) > 0.02 {
		t.Errorf("difference %.3f", d)
	}
	if again := collect(t, x, y, 3); again.Links[0] != r.Links[0] {
		t.Errorf("with three workers %+v, want %+v", again.Links[0], r.Links[0])
	}
}
