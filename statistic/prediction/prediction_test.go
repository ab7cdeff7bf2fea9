package prediction

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

// from reads outputs of d values a sample.
func from(t *testing.T, kind string, labels []int32, d int, x ...float32) *Result {
	t.Helper()
	n := len(x) / d
	c := classifier(kind)
	c.Source = &statistictest.Given{Of: statistictest.Numbered(n, labels), Rows: map[capture.Request]capture.Matrix{{View: View(dataset.Val), Site: Site}: {X: x, N: n, D: d}}}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Statistic.At(r, View(dataset.Val), Site)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func classifier(kind string) statistic.Case {
	return statistic.Case{Splits: []dataset.Split{dataset.Val}, Task: dataset.Task{Kind: dataset.Classification}, Classes: 3, Output: kind}
}

// The three kinds of one network's outputs are the same predictions. The values are those of
// scipy.special.softmax (SciPy 1.17.1) of 2, -1, 0.5 and 0, 0, 3.
func TestKindsOfOutput(t *testing.T) {
	want := []float64{0.78559703, 0.03911257, 0.17529039, 0.0452785, 0.0452785, 0.909443}
	var p, l []float32
	for _, v := range want {
		p, l = append(p, float32(v)), append(l, float32(math.Log(v)))
	}
	labels := []int32{0, 1}
	for _, r := range []*Result{
		from(t, "logits", labels, 3, 2, -1, 0.5, 0, 0, 3),
		from(t, "logits", labels, 3, 1002, 999, 1000.5, -500, -500, -497),
		from(t, "probabilities", labels, 3, p...),
		from(t, "log-probabilities", labels, 3, l...),
	} {
		for i, w := range want {
			if math.Abs(r.Probability[i]-w) > 1e-6 {
				t.Errorf("probability %d is %.8f, want %.8f", i, r.Probability[i], w)
			}
		}
		if r.Predicted[0] != 0 || r.Predicted[1] != 2 || math.Abs(r.Confidence[1]-want[5]) > 1e-6 || math.Abs(r.Loss[1]+math.Log(want[4])) > 1e-6 {
			t.Errorf("%+v", r)
		}
		if right, n := r.Accuracy(); right != 1 || n != 2 {
			t.Errorf("%d of %d right, want 1 of 2", right, n)
		}
	}
}

// A single output is the second of two classes.
func TestSingleOutput(t *testing.T) {
	for kind, x := range map[string][]float32{"logits": {2, -2, 0}, "probabilities": {0.880797, 0.119203, 0.5}} {
		r := from(t, kind, []int32{1, 1, 0}, 1, x...)
		if r.Classes != 2 || math.Abs(r.Probability[1]-0.880797) > 1e-6 || math.Abs(r.Probability[2]-0.880797) > 1e-6 {
			t.Errorf("%s: %+v", kind, r)
		}
		if right, n := r.Accuracy(); right != 2 || n != 3 {
			t.Errorf("%s: %d of %d right, want 2 of 3", kind, right, n)
		}
	}
	r := from(t, "log-probabilities", []int32{1, 0, 0}, 1, float32(math.Log(0.75)), float32(math.Log(0.25)), -inf)
	if math.Abs(r.Probability[1]-0.75) > 1e-6 || math.Abs(r.Probability[3]-0.25) > 1e-6 || r.Probability[5] != 0 || !r.Finite[2] {
		t.Errorf("log-probabilities: %+v", r)
	}
}

func TestOutputsThatAreNotFinite(t *testing.T) {
	r := from(t, "logits", []int32{0, 0, 0, 2}, 3, nan, 1, 0, inf, 0, 0, -inf, 0, 0, 0, 0, 5)
	for i, finite := range []bool{false, false, false, true} {
		if r.Finite[i] != finite || !finite && (r.Predicted[i] != -1 || !math.IsNaN(r.Loss[i]) || r.Confidence[i] != 0) {
			t.Errorf("sample %d: finite %v, predicted %d, loss %v", i, r.Finite[i], r.Predicted[i], r.Loss[i])
		}
	}
	if right, n := r.Accuracy(); right != 1 || n != 1 {
		t.Errorf("%d of %d right, want 1 of 1", right, n)
	}
	// The logarithm of an impossible class is minus infinity; nothing else may be infinite.
	r = from(t, "log-probabilities", []int32{1, 0, 0}, 2, 0, -inf, -inf, 0, inf, 0)
	if !r.Finite[0] || !r.Finite[1] || r.Finite[2] || math.IsInf(r.Loss[0], 0) || r.Loss[0] < 690 {
		t.Errorf("%+v", r)
	}
}

func TestSamplesWithoutLabel(t *testing.T) {
	r := from(t, "logits", []int32{-1, 5, 1}, 3, 1, 0, 0, 1, 0, 0, 0, 1, 0)
	if right, n := r.Accuracy(); right != 1 || n != 2 {
		t.Errorf("%d of %d right, want 1 of 2: a label that the network has no class for is wrong", right, n)
	}
	if !math.IsNaN(r.Loss[0]) || !math.IsNaN(r.Loss[1]) || math.IsNaN(r.Loss[2]) {
		t.Errorf("losses %v", r.Loss)
	}
	if r = from(t, "logits", nil, 3, 1, 0, 0); r.Label[0] != -1 || r.Predicted[0] != 0 {
		t.Errorf("%+v", r)
	}
}

func TestReasons(t *testing.T) {
	for code, change := range map[string]func(*statistic.Case){
		"no-labels":    func(c *statistic.Case) { c.Task.Kind = dataset.NoTask },
		"other-task":   func(c *statistic.Case) { c.Task.Kind = dataset.Regression },
		"other-output": func(c *statistic.Case) { c.Output = "sigmoids" },
	} {
		c := classifier("logits")
		change(&c)
		c.Source = &statistictest.Given{}
		r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Statistic.At(r, View(dataset.Val), Site); err == nil {
			t.Errorf("%s: no error", code)
		} else if got, _ := statistic.Reason(err); got != code {
			t.Errorf("reason %s, want %s", got, code)
		}
	}
}
