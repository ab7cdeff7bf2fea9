package metric

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// reference holds what scikit-learn, netcal, cleanlab and SciPy say; testdata/reference.py made it.
type reference struct {
	Classes               int
	Labels, Given         []int32
	Logits                []float32
	Precision, Recall, F1 []float64
	Confusion             []int
	MacroF1               float64 `json:"macro_f1"`
	NLL, Brier, AUROC, AP float64
	DeLong                float64
	ECEMass               float64   `json:"ece_mass"`
	ECEWidth              float64   `json:"ece_width"`
	ECEMass7              float64   `json:"ece_mass_7"`
	ECEClass              []float64 `json:"ece_class"`
	Thresholds            []float64
	Counts                []int `json:"joint_counts"`
	Calibrated            []int `json:"joint_calibrated"`
	Issues                []int
	Assign                struct {
		Weight []float64
		Total  float64
	}
}

func load(t *testing.T) (r reference, p []float64) {
	t.Helper()
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Labels) == 0 || len(r.Issues) == 0 || len(r.ECEClass) == 0 {
		t.Fatal("reference.json lacks a part")
	}
	return r, must(SoftmaxRows(r.Logits, r.Classes))
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.12g, want %.12g within %g", what, got, want, tol)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func top(p []float64, classes int, labels []int32) (predicted []int32, confidence []float64, ok []bool) {
	predicted, confidence, err := Top(p, classes)
	if err != nil {
		panic(err)
	}
	return predicted, confidence, must(Correct(labels, predicted))
}

func TestClassScoresAgreeWithScikitLearn(t *testing.T) {
	r, p := load(t)
	predicted, _, _ := top(p, r.Classes, r.Labels)
	c := must(NewConfusion(r.Labels, predicted, r.Classes))
	if !slices.Equal(c.Count, r.Confusion) {
		t.Errorf("confusion %v, want %v", c.Count, r.Confusion)
	}
	for k, s := range c.PerClass() {
		near(t, "precision", must(s.Precision.Value()), r.Precision[k], 1e-12)
		near(t, "recall", must(s.Recall.Value()), r.Recall[k], 1e-12)
		near(t, "F1", must(s.F1.Value()), r.F1[k], 1e-12)
	}
	near(t, "macro F1", must(c.MacroF1()), r.MacroF1, 1e-12)
	near(t, "NLL", must(Mean(must(NLL(r.Labels, must(LogSoftmaxRows(r.Logits, r.Classes)), r.Classes)))), r.NLL, 1e-10)
	near(t, "Brier", must(Mean(must(Brier(r.Labels, p, r.Classes)))), r.Brier, 1e-10)
}

func TestRankingAgreesWithScikitLearn(t *testing.T) {
	r, p := load(t)
	var pos, neg []float64
	for i, l := range r.Labels {
		s := math.RoundToEven(p[i*r.Classes]*100) / 100
		if l == 0 {
			pos = append(pos, s)
		} else {
			neg = append(neg, s)
		}
	}
	e := must(AUROC(pos, neg))
	near(t, "AUROC", e.Value, r.AUROC, 1e-12)
	near(t, "DeLong variance", e.SE*e.SE, r.DeLong, 1e-12)
	near(t, "average precision", must(AveragePrecision(pos, neg)), r.AP, 1e-12)
}

func TestECEAgreesWithNetcal(t *testing.T) {
	r, p := load(t)
	_, confidence, ok := top(p, r.Classes, r.Labels)
	ece := func(b Bins) float64 { return must(ECE(must(Reliability(confidence, ok, b)))) }
	near(t, "equal mass", ece(Bins{}), r.ECEMass, 1e-12)
	near(t, "equal mass, 7 bins", ece(Bins{Count: 7}), r.ECEMass7, 1e-12)
	near(t, "equal width", ece(Bins{Width: true}), r.ECEWidth, 1e-12)
	for c, v := range must(ClasswiseECE(r.Labels, p, r.Classes, Bins{})) {
		near(t, "classwise", v, r.ECEClass[c], 1e-12)
	}
}

func TestConfidentLearningAgreesWithCleanlab(t *testing.T) {
	r, p := load(t)
	n := must(ConfidentLearning(r.Given, p, r.Classes))
	for c, v := range n.Threshold {
		near(t, "threshold", v, r.Thresholds[c], 1e-12)
	}
	if !slices.Equal(n.Count, r.Counts) {
		t.Errorf("counts %v, want %v", n.Count, r.Counts)
	}
	for i := range r.Classes {
		row := roundRow(n.Joint[i*r.Classes : (i+1)*r.Classes])
		if want := r.Calibrated[i*r.Classes : (i+1)*r.Classes]; !slices.Equal(row, want) {
			t.Errorf("joint row %d %v, want %v", i, row, want)
		}
	}
	var got []int
	for _, s := range n.Suspects() {
		got = append(got, s.Sample)
	}
	slices.Sort(got)
	if !slices.Equal(got, r.Issues) {
		t.Errorf("%d suspects, want the %d of cleanlab:\n%v\n%v", len(got), len(r.Issues), got, r.Issues)
	}
	i := must(n.Interval(infer.Bootstrap{Replicates: 500}))
	if !i.Contains(n.Rate) || i.High-i.Low > 0.2 {
		t.Errorf("rate %v with interval %v", n.Rate, i)
	}
}

func TestAssignAgreesWithSciPy(t *testing.T) {
	r, _ := load(t)
	columns, total, err := Assign(r.Assign.Weight, 12)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "total", total, r.Assign.Total, 1e-9)
	slices.Sort(columns)
	for i, c := range columns {
		if i != c {
			t.Fatalf("columns %v are no permutation", columns)
		}
	}
}
