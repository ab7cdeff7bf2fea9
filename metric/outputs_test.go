package metric

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// Against scikit-learn and SciPy; testdata/outputs.py made the values.
func TestOutputsAgreeWithScikitLearnAndSciPy(t *testing.T) {
	raw, err := os.ReadFile("testdata/outputs.json")
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Labels, Classes, Features int
		A, B                      []int8
		Hamming                   float64
		ByLabel                   []float64 `json:"by_label"`
		Logits                    []float32
		Energy                    []struct {
			T      float64
			Values []float64
		}
		Inception             struct{ Score, Mean, SD float64 }
		Weight, Bias, Samples []float32
		Margins               [][3]float64
	}
	if err := json.Unmarshal(raw, &r); err != nil || len(r.ByLabel) != r.Labels || len(r.Energy) != 3 || len(r.Margins) != 12 {
		t.Fatalf("outputs.json lacks a part: %v", err)
	}
	near(t, "Hamming loss", must(must(Hamming(r.A, r.B)).Value()), r.Hamming, 1e-15)
	for k, v := range must(HammingByLabel(r.A, r.B, r.Labels)) {
		near(t, "Hamming of a label", must(v.Value()), r.ByLabel[k], 1e-15)
	}
	for _, e := range r.Energy {
		for i, v := range must(Energy(r.Logits, r.Classes, e.T)) {
			near(t, "energy", v, e.Values[i], 1e-12)
		}
	}
	is := must(InceptionScore(must(SoftmaxRows(r.Logits, r.Classes)), r.Classes, 0))
	near(t, "inception score", is.Score, r.Inception.Score, 1e-12)
	near(t, "inception score of parts", is.Mean, r.Inception.Mean, 1e-12)
	near(t, "inception score's sd", is.SD, r.Inception.SD, 1e-12)
	margins := must(Linear{Weight: r.Weight, Bias: r.Bias, Classes: r.Classes, Features: r.Features}.Margins(r.Samples))
	for i, m := range margins {
		near(t, "predicted class", float64(m.Class), r.Margins[i][0], 0)
		near(t, "class at the boundary", float64(m.Other), r.Margins[i][1], 0)
		near(t, "margin", m.Distance, r.Margins[i][2], 1e-6)
	}
}

func TestHammingIsADistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		draw := func(what string) []int32 { return rapid.SliceOfN(rapid.Int32Range(0, 2), n, n).Draw(t, what) }
		d := func(a, b []int32) int { return must(Hamming(a, b)).Hits }
		a, b, c := draw("a"), draw("b"), draw("c")
		if d(a, a) != 0 || d(a, b) != d(b, a) || d(a, c) > d(a, b)+d(b, c) || d(a, b) > n {
			t.Fatalf("distances %d, %d, %d, %d of %d", d(a, a), d(a, b), d(b, c), d(a, c), n)
		}
		hits := 0
		for _, r := range must(HammingByLabel(a, b, 1)) {
			hits += r.Hits
		}
		if hits != d(a, b) {
			t.Fatalf("%d by label, %d of all", hits, d(a, b))
		}
	})
}

// A constant added to all logits lowers the energy by it, and the energy lies between -max and -max - T ln C.
func TestEnergyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SliceOfN(rapid.Float32Range(-100, 100), 5, 5).Draw(t, "logits")
		temperature := rapid.Float64Range(0.1, 50).Draw(t, "T")
		top, up := float32(math.Inf(-1)), make([]float32, 5)
		for c, v := range z {
			top, up[c] = max(top, v), v+256
		}
		e := must(Energy(z, 5, temperature))[0]
		if slack := -float64(top) - e; slack < -1e-9 || slack > temperature*math.Log(5)+1e-9 {
			t.Fatalf("energy %v with a largest logit of %v", e, top)
		}
		if e2 := must(Energy(up, 5, temperature))[0]; math.Abs(e2-e+256) > 1e-4 {
			t.Fatalf("energy %v, with logits higher by 256 %v", e, e2)
		}
	})
}

// Copies change nothing, one class told of all is 1, and classes bound the score.
func TestInceptionScoreLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SliceOfN(rapid.Float32Range(-20, 20), 12, 12).Draw(t, "logits")
		p := must(SoftmaxRows(z, 3))
		s := must(InceptionScore(p, 3, 1))
		if s.Score < 1 || s.Score > 3+1e-12 || s.SD != 0 || s.Mean != s.Score {
			t.Fatalf("score %+v of 3 classes", s)
		}
		if twice := must(InceptionScore(append(p, p...), 3, 2)); math.Abs(twice.Score-s.Score) > 1e-12 || math.Abs(twice.Mean-s.Score) > 1e-12 || twice.SD > 1e-12 {
			t.Fatalf("score %+v, of two copies %+v", s, twice)
		}
		if one := must(InceptionScore(append(p[:3:3], p[:3]...), 3, 1)); math.Abs(one.Score-1) > 1e-12 {
			t.Fatalf("score %v of one input twice", one.Score)
		}
	})
}

// The margin is the length of the step that ends at the boundary, and nothing shorter changes the prediction.
func TestMarginEndsAtTheBoundary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string, n int) []float32 {
			return rapid.SliceOfN(rapid.Float32Range(-3, 3), n, n).Draw(t, what)
		}
		l := Linear{Weight: draw("weights", 12), Bias: draw("biases", 4), Classes: 4, Features: 3}
		x := draw("sample", 3)
		m, err := l.Margins(x)
		if err != nil {
			t.Skip("all weights are equal")
		}
		step := make([]float64, 3)
		var length float64
		for k := range step {
			step[k] = float64(l.Weight[int(m[0].Other)*3+k]) - float64(l.Weight[int(m[0].Class)*3+k])
			length = math.Hypot(length, step[k])
		}
		if length < 1e-3 || m[0].Distance > 1e3 {
			t.Skip("the boundary is beyond what float32 tells apart")
		}
		moved, z := make([]float32, 3), make([]float64, 4)
		for k := range moved {
			moved[k] = x[k] + float32(step[k]/length*m[0].Distance)
		}
		if l.scores(z, moved); math.Abs(z[m[0].Class]-z[m[0].Other]) > 1e-4*(1+m[0].Distance) {
			t.Fatalf("scores %v at the boundary of %+v", z, m[0])
		}
		for _, direction := range []float32{1, -1} {
			for k := range x {
				copy(moved, x)
				moved[k] += direction * float32(m[0].Distance*0.999)
				l.scores(z, moved)
				for c, v := range z {
					if v > z[m[0].Class]+1e-4*(1+m[0].Distance) {
						t.Fatalf("class %d within the margin %+v: %v", c, m[0], z)
					}
				}
			}
		}
	})
}
