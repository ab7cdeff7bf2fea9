package metric

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"pgregory.net/rapid"
)

// A calibrated model of 400 samples shows an error of about 0.02 and is not blamed; an
// over-confident one is.
func TestConsistencyKnowsTheCalibratedModel(t *testing.T) {
	r := infer.Rand(11)
	confidence, ok, wrong := make([]float64, 400), make([]bool, 400), make([]bool, 400)
	for i := range confidence {
		confidence[i] = 0.5 + 0.5*math.Sqrt(r.Float64())
		u := r.Float64()
		ok[i], wrong[i] = u < confidence[i], u < confidence[i]-0.15
	}
	ece, null, err := Consistency(confidence, ok, Bins{}, Resampling{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if null.P < 0.05 || ece > null.Quantile || !(null.Expected > 0.01 && null.Expected < null.Quantile) {
		t.Errorf("calibrated: ECE %v, null %+v", ece, null)
	}
	if ece, null, err = Consistency(confidence, wrong, Bins{}, Resampling{Seed: 1}); err != nil || null.P != 0.001 || ece < null.Quantile {
		t.Errorf("over-confident: ECE %v, null %+v, error %v", ece, null, err)
	}
	i := must(ECEInterval(confidence, wrong, Bins{}, infer.Bootstrap{Replicates: 300}))
	if !(i.Low > 0.08 && i.High < 0.25) {
		t.Errorf("over-confident: interval %v, want about 0.15", i)
	}
}

func TestConsistencyOfOneBinIsBinomial(t *testing.T) {
	// One bin of confidence 1/2: the error is |Bin(n, 1/2)/n - 1/2|. With 7 of 8 correct
	// P(|X - 4| >= 3) = 18/256.
	confidence, ok := make([]float64, 8), make([]bool, 8)
	for i := range ok {
		confidence[i], ok[i] = 0.5, i < 7
	}
	_, null, err := Consistency(confidence, ok, Bins{Count: 1}, Resampling{Draws: 20000})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", null.P, 18.0/256, 0.006)
}

func TestCalibrationLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		// Few distinct values, so that ties meet bin edges.
		c := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 8), func(k int) float64 { return float64(k) / 8 }), n, n).Draw(t, "confidence")
		ok := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "correct")
		bins := Bins{Count: rapid.IntRange(1, 20).Draw(t, "bins"), Width: rapid.Bool().Draw(t, "width")}
		a := must(Reliability(c, ok, bins))
		ece := must(ECE(a))
		if !(ece >= 0 && ece <= 1) {
			t.Fatalf("ECE %v", ece)
		}
		total := 0
		for _, b := range a {
			total += b.N
			if b.N == 0 || b.Confidence < b.Low-1e-12 || b.Confidence > b.High+1e-12 {
				t.Fatalf("bin %+v", b)
			}
		}
		if total != n {
			t.Fatalf("%d samples in bins, want %d", total, n)
		}
		slices.Reverse(c)
		slices.Reverse(ok)
		if back := must(ECE(must(Reliability(c, ok, bins)))); back != ece {
			t.Fatalf("ECE %v, in another order %v", ece, back)
		}
	})
}

func TestConfusionMergesAndAccuracyAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 50).Draw(t, "n")
		label := rapid.SliceOfN(rapid.Int32Range(0, 3), n, n).Draw(t, "labels")
		said := rapid.SliceOfN(rapid.Int32Range(0, 3), n, n).Draw(t, "predictions")
		cut := rapid.IntRange(1, n-1).Draw(t, "cut")
		whole := must(NewConfusion(label, said, 4))
		part := must(NewConfusion(label[cut:], said[cut:], 4))
		if err := part.Merge(must(NewConfusion(label[:cut], said[:cut], 4))); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(whole.Count, part.Count) {
			t.Fatalf("merged %v, want %v", part.Count, whole.Count)
		}
		hits := 0
		for _, s := range whole.PerClass() {
			hits += s.Recall.Hits
		}
		if a := must(Accuracy(label, said)); a.Hits != hits || a.Of != n {
			t.Fatalf("accuracy %+v, %d on the diagonal", a, hits)
		}
	})
}

// Against the definition: every pair compared.
func TestAUROCIsMannWhitney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 6), func(k int) float64 { return float64(k) }), 2, 20)
		pos, neg := score.Draw(t, "positives"), score.Draw(t, "negatives")
		var s float64
		for _, p := range pos {
			for _, n := range neg {
				if p > n {
					s++
				} else if p == n {
					s += 0.5
				}
			}
		}
		s /= float64(len(pos) * len(neg))
		if e := must(AUROC(pos, neg)); math.Abs(e.Value-s) > 1e-12 {
			t.Fatalf("AUROC %v, pairs %v", e.Value, s)
		}
		if e := must(AUROC(neg, pos)); math.Abs(e.Value-1+s) > 1e-12 {
			t.Fatalf("turned round %v, want %v", e.Value, 1-s)
		}
	})
}

// Against all permutations of five.
func TestAssignIsBestOfAllPermutations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 5
		w := rapid.SliceOfN(rapid.Float64Range(-10, 10), n*n, n*n).Draw(t, "weights")
		best := math.Inf(-1)
		var try func(i int, used int, sum float64)
		try = func(i, used int, sum float64) {
			if i == n {
				best = max(best, sum)
				return
			}
			for j := range n {
				if used>>j&1 == 0 {
					try(i+1, used|1<<j, sum+w[i*n+j])
				}
			}
		}
		try(0, 0, 0)
		if _, total, err := Assign(w, n); err != nil || math.Abs(total-best) > 1e-9 {
			t.Fatalf("total %v, best %v, error %v", total, best, err)
		}
	})
}

func TestBestNamingFindsPermutedOutputs(t *testing.T) {
	var label, said []int32
	swap := []int32{2, 0, 1, 3}
	for i := range 200 {
		c := int32(i % 4)
		label, said = append(label, c), append(said, swap[c])
		if i%10 == 0 {
			said[i] = 3
		}
	}
	names, hits, err := must(NewConfusion(label, said, 4)).BestNaming()
	if err != nil || !slices.Equal(names, []int{1, 2, 0, 3}) || hits != 180 {
		t.Errorf("naming %v with %d hits, error %v; want [1 2 0 3] with 180", names, hits, err)
	}
	same, _, _ := must(NewConfusion([]int32{0, 1}, []int32{0, 0}, 3)).BestNaming()
	if !slices.Equal(same, []int{0, 1, 2}) {
		t.Errorf("naming without need: %v", same)
	}
}

// A group that only holds the hard class is not blamed; a group that does worse in every class is.
func TestWorstGroupKnowsHardClasses(t *testing.T) {
	r := infer.Rand(2)
	var label, mixed, even []int32
	var hard, bad []bool
	for i := range 1200 {
		c := int32(i % 2)
		g := int32(r.IntN(6))
		if c == 1 && r.Float64() < 0.7 {
			g = 5
		}
		label, mixed, even = append(label, c), append(mixed, g), append(even, int32(i/2%6))
		ok := r.Float64() < 0.95-0.4*float64(c)
		hard = append(hard, ok)
		bad = append(bad, ok && (even[i] != 2 || i/12%3 > 0))
	}
	w := must(Worst(label, hard, mixed, 30, Resampling{}))
	if w.Group != 5 || w.Gap < 0.1 || w.Null.P < 0.05 {
		t.Errorf("hard class only: %+v, want group 5 with a gap and no evidence", w)
	}
	w = must(Worst(label, bad, even, 30, Resampling{}))
	if w.Group != 2 || w.Null.P > 0.01 || w.Groups != 6 {
		t.Errorf("bad group: %+v, want group 2 of 6 with evidence", w)
	}
	if w = must(Worst(label[:70], bad[:70], append(make([]int32, 35), slices.Repeat([]int32{1}, 35)...), 30, Resampling{Draws: 99})); w.Left != 0 {
		t.Errorf("two groups of 35: %+v", w)
	}
	if _, err := Worst(label[:70], bad[:70], append(make([]int32, 45), slices.Repeat([]int32{1}, 25)...), 30, Resampling{}); err == nil {
		t.Error("one group of 30 is compared with nothing, want a reason")
	}
}

func TestSoftmaxSurvivesExtremes(t *testing.T) {
	p := make([]float64, 3)
	if err := Softmax(p, []float32{3e38, -3e38, 3e38}); err != nil || p[0] != 0.5 || p[1] != 0 {
		t.Errorf("softmax %v, error %v", p, err)
	}
	if err := LogSoftmax(p, []float32{0, -800, 0}); err != nil || math.Abs(p[1]+800+math.Ln2) > 1e-9 {
		t.Errorf("log-softmax %v, error %v: small probabilities are lost", p, err)
	}
}
