package probe

import (
	"encoding/json"
	"errors"
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

// A reference is a case of testdata/probe.py.
type reference struct {
	Name           string
	N, D, Classes  int
	Noise, Penalty float64
	Power          int
	LeaveOneOut    int `json:"power_loo"`
	Weight         [][]float64
	Predicted      []int32
	Right          int
}

func references(t *testing.T) []reference {
	t.Helper()
	b, err := os.ReadFile("testdata/probe.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []reference
	if err := json.Unmarshal(b, &out); err != nil || len(out) == 0 {
		t.Fatalf("%d cases: %v", len(out), err)
	}
	return out
}

// data makes samples as the script does; draw 2 is for fitting, 3 is held out.
func (c reference) data(draw uint64) rows {
	centres, noise := statistictest.Uniform(1, c.Classes, c.D), statistictest.Uniform(draw, c.N, c.D)
	var r rows
	m := capture.Matrix{X: make([]float32, c.N*c.D), N: c.N, D: c.D}
	for i := range c.N {
		x := m.Row(i)
		for j := range x {
			v := float64(float32(centres[i%c.Classes*c.D+j] + c.Noise*noise[i*c.D+j]))
			switch j {
			case 0:
				v = 3
			case 1:
				v = v*100 + 50
			}
			x[j] = float32(v)
		}
		r.label, r.at, r.hash = append(r.label, int32(i%c.Classes)), append(r.at, i), append(r.hash, uint64(i)*0x9e3779b97f4a7c15)
	}
	r.Table = m.Table()
	return r
}

func TestAgainstScikitLearn(t *testing.T) {
	for _, c := range references(t) {
		t.Run(c.Name, func(t *testing.T) {
			m, err := fit(c.data(2), c.Classes)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(m.penalty/c.Penalty-1) > 1e-6 {
				t.Errorf("penalty %g, want %g (power %d; leave-one-out of RidgeCV has %d)", m.penalty, c.Penalty, c.Power, c.LeaveOneOut)
			}
			for k, row := range c.Weight {
				for j, w := range row {
					if g := m.weight[k*c.D+j]; math.Abs(g-w) > 1e-6 {
						t.Errorf("weight of unit %d for class %d: %.8f, want %.8f", j, k, g, w)
					}
				}
			}
			s, err := m.score(c.data(3))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Class, c.Predicted) {
				t.Error("the predictions differ")
			}
			if right, n := s.Accuracy(); right != c.Right || n != c.N {
				t.Errorf("%d of %d right, want %d", right, n, c.Right)
			}
		})
	}
}

// Both forms of the solution are the same regression.
func TestPrimalAndDualAgree(t *testing.T) {
	c := references(t)[0]
	r := c.data(2)
	a, err := fit(r, c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	b := &model{classes: c.Classes, d: c.D}
	y := targets(r.label, c.Classes)
	b.bias = centre(y, c.N, c.Classes)
	if err := errors.Join(b.standardise(r.Table), b.dual(r.Table, y)); err != nil {
		t.Fatal(err)
	}
	if math.Abs(a.penalty/b.penalty-1) > 1e-9 {
		t.Errorf("penalties %g and %g", a.penalty, b.penalty)
	}
	for i := range a.weight {
		if math.Abs(a.weight[i]-b.weight[i]) > 1e-9 {
			t.Fatalf("weight %d: %.12f and %.12f", i, a.weight[i], b.weight[i])
		}
	}
}

// Wide layers of many samples get the regression that its equations ask for, with a penalty of the order that all
// samples would choose, and predict as it does; a unit that follows another makes the equations as stiff as features are.
func TestConjugate(t *testing.T) {
	c := reference{N: 2 * wide, D: wide + 100, Classes: 3, Noise: 3}
	r := c.data(2)
	x, err := r.Matrix()
	if err != nil {
		t.Fatal(err)
	}
	for i := range x.N {
		row := x.Row(i)
		for j := 2; j < x.D; j++ {
			row[j] = 0.9*row[j-1] + 0.1*row[j]
		}
	}
	r.Table = x.Table()
	y := targets(r.label, c.Classes)
	all := &model{classes: c.Classes, d: c.D, bias: centre(y, c.N, c.Classes)}
	if err := errors.Join(all.standardise(r.Table), all.primal(r.Table, y)); err != nil {
		t.Fatal(err)
	}
	m, err := fit(r, c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	if ratio := m.penalty / all.penalty; ratio < 0.05 || ratio > 20 {
		t.Errorf("penalty %g, all samples choose %g", m.penalty, all.penalty)
	}
	z := make([]float64, c.N*c.D)
	m.standard(z, x)
	for k := range c.Classes {
		w := m.weight[k*c.D : (k+1)*c.D]
		right, left := make([]float64, c.D), make([]float64, c.D)
		for i := range c.N {
			row := z[i*c.D : (i+1)*c.D]
			fitted := dot(row, w)
			for j, v := range row {
				right[j] += v * y[i*c.Classes+k]
				left[j] += v * fitted
			}
		}
		var rest float64
		for j := range left {
			rest += math.Pow(right[j]-left[j]-m.penalty*w[j], 2)
		}
		if rest > 4e-12*sumSquares(right) {
			t.Errorf("class %d: the equations are left with %g of %g", k, math.Sqrt(rest), math.Sqrt(sumSquares(right)))
		}
	}
	a, errA := m.score(r)
	b, errB := all.score(r)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	same := 0
	for i := range a.Class {
		if a.Class[i] == b.Class[i] {
			same++
		}
	}
	if same < c.N*95/100 {
		t.Errorf("%d of %d predictions are those of all samples' penalty", same, c.N)
	}
}

func TestHalvesSplitEachClassAndDoNotDependOnOrder(t *testing.T) {
	c := reference{N: 207, D: 3, Classes: 7, Noise: 1}
	r := c.data(2)
	a, b := r.halves(5)
	for k := range int32(7) {
		count := func(r rows) (n int) {
			for _, l := range r.label {
				if l == k {
					n++
				}
			}
			return n
		}
		if d := count(a) - count(b); d < 0 || d > 1 {
			t.Errorf("class %d: %d and %d samples", k, count(a), count(b))
		}
	}
	back := make([]int, r.N)
	for i := range back {
		back[i] = r.N - 1 - i
	}
	a2, _ := r.some(back).halves(5)
	slices.Sort(a2.at)
	if !slices.Equal(a.at, a2.at) {
		t.Error("the halves depend on the order of the samples")
	}
	if a3, _ := r.halves(6); slices.Equal(a.at, a3.at) {
		t.Error("another seed gives the same halves")
	}
}

// collect probes one layer; train and val are nil where there is no such split.
func collect(t *testing.T, labels []int32, train, val *capture.Matrix, classes int) (*Result, error) {
	t.Helper()
	site := finding.Site{Layer: "fc", Of: finding.Activation}
	g := &statistictest.Given{Rows: map[capture.Request]capture.Matrix{}}
	c := statistic.Case{Source: g, Classes: classes, Seed: 1, Task: dataset.Task{Kind: dataset.Classification}, Output: "logits"}
	for split, m := range map[dataset.Split]*capture.Matrix{dataset.Train: train, dataset.Val: val} {
		if m != nil {
			c.Splits = append(c.Splits, split)
			c.Layers = []graph.Layer{{Name: "fc", Units: m.D}}
			g.Of = statistictest.Numbered(m.N, labels)
			g.Rows[capture.Request{View: View(split), Site: site}] = *m
		}
	}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return At(c, r, "fc")
}

func matrix(r rows) *capture.Matrix {
	m, err := r.Matrix()
	if err != nil {
		panic(err)
	}
	return &m
}

func TestCrossFitting(t *testing.T) {
	c := references(t)[0]
	train, val := c.data(2), c.data(3)
	r, err := collect(t, train.label, matrix(train), matrix(val), c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	if _, n := r.Held.Accuracy(); n != c.N {
		t.Errorf("%d samples held out were scored, want %d", n, c.N)
	}
	if _, n := r.Train.Accuracy(); n != c.N/2 {
		t.Errorf("%d training samples were scored, want the %d that were not fitted on", n, c.N/2)
	}
	// Without training samples each half of those held out is read by the probe of the other.
	r, err = collect(t, val.label, nil, matrix(val), c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(r.Held.Rows) || len(r.Held.Rows) != c.N || len(r.Train.Rows) != 0 {
		t.Errorf("%d rows held out and %d of training were scored", len(r.Held.Rows), len(r.Train.Rows))
	}
	for i, row := range r.Held.Rows {
		if r.Held.Label[i] != val.label[row] {
			t.Fatalf("row %d has label %d, want %d", row, r.Held.Label[i], val.label[row])
		}
	}
}

// A probe that saw what it is scored on would find labels that are drawn at random.
func TestRandomLabelsAreNotRead(t *testing.T) {
	c := reference{N: 400, D: 120, Classes: 4, Noise: 1}
	r := c.data(3)
	var labels []int32
	for _, u := range statistictest.Uniform(9, c.N, 1) {
		labels = append(labels, int32((u+0.5)*4))
	}
	got, err := collect(t, labels, nil, matrix(r), c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	if right, n := got.Held.Accuracy(); float64(right) > 0.33*float64(n) {
		t.Errorf("%d of %d labels drawn at random were read", right, n)
	}
}

func TestReasons(t *testing.T) {
	c := reference{N: 120, D: 5, Classes: 6, Noise: 1}
	r := c.data(2)
	bad := matrix(r)
	for i := range bad.X {
		bad.X[i] = float32(math.NaN())
	}
	few := c
	few.N = 114 // 19 a class: 10 in one half, 9 in the other
	f := few.data(2)
	for _, x := range []struct {
		name   string
		labels []int32
		val    *capture.Matrix
		code   string
	}{
		{"no labels", nil, matrix(r), "no-labels"},
		{"not finite", r.label, bad, "too-few-samples"},
		{"9 of a class in a half", f.label, matrix(f), "too-few-samples"},
		{"no samples", []int32{}, &capture.Matrix{D: 5}, "too-few-samples"},
	} {
		if _, err := collect(t, x.labels, nil, x.val, c.Classes); err == nil {
			t.Errorf("%s: no error", x.name)
		} else if code, why := statistic.Reason(err); code != x.code {
			t.Errorf("%s: %s (%s), want %s", x.name, code, why, x.code)
		}
	}
	if _, err := collect(t, r.label, nil, matrix(r), c.Classes); err != nil {
		t.Errorf("20 of each class: %v", err)
	}
}
