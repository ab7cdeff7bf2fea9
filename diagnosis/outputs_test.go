package diagnosis

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// outputsOf sums up predictions of two classes for ten samples: eight of class 0, six of them right; one
// of class 1, right; one without label. Sample 9 is not finite.
func outputsOf(t *testing.T) *finding.Outputs {
	t.Helper()
	p := &prediction.Result{N: 11, Classes: 2,
		Label:      []int32{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, -1},
		Predicted:  []int32{0, 0, 0, 0, 0, 0, 1, 1, 1, -1, 0},
		Confidence: []float64{0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.6, 0.6, 0.8, 0, 0.7},
		Loss:       []float64{1, 1, 1, 1, 1, 1, 2, 2, 1, math.NaN(), math.NaN()},
		Finite:     []bool{true, true, true, true, true, true, true, true, true, false, true},
	}
	c := statistic.Case{Splits: []dataset.Split{dataset.Train, dataset.Val}, Task: dataset.Task{Classes: []string{"cat\u202e", "dog"}}}
	r := statistic.NewResults()
	statistic.PutReplay(r, prediction.Statistic, statistic.At(prediction.View(dataset.Val), prediction.Site), p)
	return Outputs(c, r)
}

// A few samples of large loss among many of nearly none: mean and error would put the bound below 0.
func TestLossBoundIsNotNegative(t *testing.T) {
	p := &prediction.Result{N: 300, Classes: 2}
	for i := range p.N {
		loss := 1e-4
		if i%150 == 0 {
			loss = 9
		}
		p.Label, p.Predicted, p.Confidence, p.Loss, p.Finite = append(p.Label, 0), append(p.Predicted, 0), append(p.Confidence, 1), append(p.Loss, loss), append(p.Finite, true)
	}
	m := metrics(dataset.Val, p, 1)[1]
	if m.Low == nil || !(0 <= *m.Low && *m.Low < m.Value && m.Value < *m.High) {
		t.Errorf("%+v", m)
	}
}

func TestOutputs(t *testing.T) {
	o := outputsOf(t)
	if len(o.Metrics) != 2 || o.Metrics[0].Name != "accuracy" || o.Metrics[1].Name != "cross-entropy" {
		t.Fatalf("metrics %+v", o.Metrics)
	}
	// scipy.stats.binomtest(7, 9).proportion_ci(0.95, "wilson"), SciPy 1.17.1.
	a := o.Metrics[0]
	if a.N != 9 || math.Abs(a.Value-7.0/9) > 1e-12 || math.Abs(*a.Low-0.4525890) > 1e-6 || math.Abs(*a.High-0.9367749) > 1e-6 {
		t.Errorf("accuracy %+v, %v to %v", a, *a.Low, *a.High)
	}
	// Nine losses, seven of 1 and two of 2: no mean of any draw lies outside of 1 to 2.
	l := o.Metrics[1]
	if l.N != 9 || math.Abs(l.Value-11.0/9) > 1e-12 || !(1 <= *l.Low && *l.Low < l.Value && l.Value < *l.High && *l.High < 2) {
		t.Errorf("loss %+v, %v to %v", l, *l.Low, *l.High)
	}
	if c := o.Confusion; c[0][0] != 6 || c[0][1] != 2 || c[1][0] != 0 || c[1][1] != 1 {
		t.Errorf("confusion %v", c)
	}
	k := o.PerClass[0]
	if k.Class != "cat" || k.N != 8 || k.Recall != 0.75 || *k.Precision != 1 || !(k.RecallLow < 0.75 && 0.75 < k.RecallHigh) {
		t.Errorf("class %+v", k)
	}
	if k = o.PerClass[1]; k.N != 1 || k.Recall != 1 || math.Abs(*k.Precision-1.0/3) > 1e-12 {
		t.Errorf("class %+v", k)
	}
	n := 0
	for _, b := range o.Reliability {
		n += b.Count
		if !(b.Low <= b.Accuracy && b.Accuracy <= b.High) {
			t.Errorf("bin %+v", b)
		}
	}
	if n != 9 {
		t.Errorf("the diagram shows %d samples, want 9", n)
	}
}

func TestNoOutputs(t *testing.T) {
	if o := Outputs(statistic.Case{Splits: []dataset.Split{dataset.Val}}, statistic.NewResults()); o != nil {
		t.Errorf("%+v", o)
	}
}

func TestSimilarityLeavesOutLayersWithoutValue(t *testing.T) {
	p := &pairs.Result{Layers: []string{"a", "b", "c"}, Pairs: &similarity.Pairs{L: 3, N: 200, Exact: true, Reason: []error{nil, errors.New("constant"), nil},
		Value: []float64{1, 0, 0.5, 0, 0, 0, 0.5, 0, 1}, Low: make([]float64, 9), High: make([]float64, 9)}}
	s := Similarity(p, nil)
	if s.N != 200 || len(s.Layers) != 2 || s.Layers[1] != "c" || s.Form != "exact" {
		t.Errorf("%+v", s)
	}
	b, err := base64.StdEncoding.DecodeString(s.Matrix)
	if err != nil {
		t.Fatal(err)
	}
	var got []float32
	for i := 0; i+4 <= len(b); i += 4 {
		got = append(got, math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
	}
	if len(got) != 3 || got[0] != 1 || got[1] != 0.5 || got[2] != 1 {
		t.Errorf("upper triangle %v", got)
	}
	p.Exact, p.Units = false, 20
	if s := Similarity(p, nil); s.Form != "20 blocks of samples" {
		t.Errorf("form %q", s.Form)
	}
}
