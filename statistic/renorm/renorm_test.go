package renorm

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/tensor"
)

// two are the moments of values with means 1 and -2 and variances 4 and 1.
func two(t *testing.T) *moments.State {
	t.Helper()
	m := &moments.State{}
	if err := m.Add(capture.Rows{X: tensor.Of([]float32{-1, -3, 3, -1}, 2, 2), Axis: 1}); err != nil {
		t.Fatal(err)
	}
	return m
}

func stored2(mean, variance []float32) (*graph.Graph, *graph.Norm) {
	g := &graph.Graph{Weights: map[string]tensor.Tensor{"m": tensor.Of(mean, len(mean)), "v": tensor.Of(variance, len(variance))}}
	return g, &graph.Norm{Node: "bn", Mean: "m", Variance: "v"}
}

// By hand: (1-0)/1 = 1 and (-2-1)/2 = -1.5; ln(2/1) and ln(1/2).
func TestCompare(t *testing.T) {
	g, n := stored2([]float32{0, 1}, []float32{1, 4})
	x, err := Compare(g, n, two(t))
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	near("mean", x.Mean[0], 1)
	near("mean", x.Mean[1], -1.5)
	near("spread", x.Spread[0], math.Ln2)
	near("spread", x.Spread[1], -math.Ln2)
	near("rms", x.RMS, math.Sqrt((1+2.25)/2))
	near("absolute", x.Absolute, math.Ln2)
	if x.Samples != 2 {
		t.Errorf("%d samples", x.Samples)
	}
}

func TestCompareRefuses(t *testing.T) {
	m := two(t)
	g, n := stored2([]float32{0}, []float32{1})
	if _, err := Compare(g, n, m); err == nil {
		t.Error("one stored mean for two units")
	}
	g, n = stored2([]float32{0, 1}, []float32{1, 4})
	n.Mean = "absent"
	if _, err := Compare(g, n, m); err == nil {
		t.Error("no stored mean")
	}
	n.Mean = "m"
	if _, err := Compare(g, n, &moments.State{Units: make([]moments.Unit, 2)}); err == nil {
		t.Error("no samples")
	} else if code, _ := statistic.Reason(err); code != "too-few-samples" {
		t.Errorf("reason %s", code)
	}
	// What does not vary, stored or read, may not become infinite.
	for _, c := range [][]float32{{0, 0}, {1, 1}, {float32(math.NaN()), 1}, {float32(math.Inf(1)), 1}} {
		g, n = stored2([]float32{0, 1}, c)
		x, err := Compare(g, n, m)
		if err == nil && (math.IsNaN(x.RMS) || math.IsInf(x.RMS, 0) || math.IsNaN(x.Absolute) || math.IsInf(x.Absolute, 0)) {
			t.Errorf("variances %v: %+v", c, x)
		}
	}
}

func collect(t *testing.T, c statistic.Case) *statistic.Results {
	t.Helper()
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Outputs}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHealthyStatisticsAreNotReestimated(t *testing.T) {
	c := plant.New(1).Case()
	r := collect(t, c)
	if ks := r.Keys(Corrected); len(ks) != 0 {
		t.Errorf("the network was run again for %v", ks)
	}
	if _, err := Gain(c, r); err == nil {
		t.Error("a gain without a second run")
	} else if code, _ := statistic.Reason(err); code != "not-needed" {
		t.Errorf("reason %s", code)
	}
}

// With stale statistics the renormalised network says what the healthy one says, and the gain is the
// difference of the two accuracies.
func TestGain(t *testing.T) {
	healthy := plant.New(1).Case()
	before := collect(t, healthy)
	c := plant.New(1, plant.Stale("fc3", 3)).Case()
	r := collect(t, c)
	get := func(r *statistic.Results) *prediction.Result {
		p, err := prediction.Statistic.At(r, prediction.View(dataset.Val), prediction.Site)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	good, bad := get(before), get(r)
	mended, err := Outputs.At(r, OutputsView(dataset.Val), prediction.Site)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good.Predicted {
		if mended.Predicted[i] != good.Predicted[i] {
			t.Fatalf("sample %d: %d, the healthy network says %d", i, mended.Predicted[i], good.Predicted[i])
		}
	}
	g, _ := good.Accuracy()
	b, n := bad.Accuracy()
	gain, err := Gain(c, r)
	if err != nil {
		t.Fatal(err)
	}
	if want := 100 * float64(g-b) / float64(n); math.Abs(gain.Value-want) > 1e-9 || !(gain.Low < want && want < gain.High && gain.Low > 0) {
		t.Errorf("gain %+v, want %v", gain, want)
	}
	m, err := Corrected.At(r, CorrectedView(dataset.Train), finding.Site{Layer: "fc3", Of: finding.PreNorm})
	if err != nil || m.Samples == 0 {
		t.Errorf("corrected moments: %v", err)
	}
}
