package metric

import (
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// The vectors of METHODS 15.
func TestVectors(t *testing.T) {
	p := []float64{.9, .1, .8, .2, .3, .7, .2, .8, .1, .9, .6, .4}
	n := must(ConfidentLearning([]int32{0, 0, 0, 1, 1, 1}, p, 2))
	near(t, "TV-14 t0", n.Threshold[0], 0.666667, 1e-6)
	near(t, "TV-14 t1", n.Threshold[1], 0.7, 1e-6)
	if n.Count[0] != 2 || n.Count[1] != 1 || n.Count[2] != 0 || n.Count[3] != 2 || n.Uncounted != 1 {
		t.Errorf("TV-14: counts %v, %d uncounted, want [2 1 0 2] and 1", n.Count, n.Uncounted)
	}
	near(t, "TV-14 rate", n.Rate, 1.0/6, 1e-12)
	if s := n.Suspects(); len(s) != 1 || s[0].Sample != 2 || s[0].Likely != 1 {
		t.Errorf("TV-14: suspects %+v, want sample 2 likely 1", s)
	}

	e := must(AUROC([]float64{.9, .8, .35}, []float64{.7, .4, .1}))
	near(t, "TV-26 AUROC", e.Value, 0.777778, 1e-6)
	near(t, "TV-26 variance", e.SE*e.SE, 0.061728, 1e-6)
	near(t, "TV-26 AP", must(AveragePrecision([]float64{.9, .8, .35}, []float64{.7, .4, .1})), 0.866667, 1e-6)

	bins := must(Reliability([]float64{.95, .85, .75, .65}, []bool{true, true, false, true}, Bins{Count: 2}))
	near(t, "TV-28 ECE", must(ECE(bins)), 0.15, 1e-12)
	near(t, "TV-28 debiased square", must(SquaredECE(bins)), -0.1, 1e-12)
	near(t, "TV-28 root", must(DebiasedECE(bins)), 0, 0)
	near(t, "TV-28 signed", must(SignedGap(bins)), 0.8-0.75, 1e-12)
	var plug float64
	for _, b := range bins {
		plug += float64(b.N) / 4 * b.Gap() * b.Gap()
	}
	near(t, "TV-28 plug-in square", plug, 0.025, 1e-12)

	h := must(Hamming([]int8{0, 0, 1, 1}, []int8{1, 1, 0, 0}))
	near(t, "TV-25 distance", float64(h.Hits), 4, 0)
	near(t, "TV-25 normalised", must(h.Value()), 1, 0)

	energy := must(Energy([]float32{2, 0, 0, 0}, 2, 1))
	near(t, "TV-29 (2,0)", energy[0], -2.126928, 1e-6)
	near(t, "TV-29 (0,0)", energy[1], -0.693147, 1e-6)
	near(t, "TV-29 (2,0) at T = .5", must(Energy([]float32{2, 0}, 2, 0.5))[0], -2.009075, 1e-6)

	near(t, "TV-30", must(InceptionScore([]float64{.9, .1, .1, .9}, 2, 1)).Score, 1.444935, 1e-6)
	near(t, "TV-30 one-hot", must(InceptionScore([]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 1)).Score, 3, 1e-12)

	linear := Linear{Weight: []float32{3, 4, 0, 0}, Bias: []float32{5, 0}, Classes: 2, Features: 2}
	near(t, "TV-31", must(linear.Margins([]float32{0, 0}))[0].Distance, 1, 1e-12)

	logp := []float64{math.Log(.9), math.Log(.1)}
	near(t, "TV-39 smoothed", must(SmoothedCrossEntropy([]int32{0}, logp, 2, 0.1))[0], 0.215222, 1e-6)
	near(t, "TV-39 NLL", must(NLL([]int32{0}, logp, 2))[0], 0.105361, 1e-6)

	scores := make([]float64, 60)
	for i := range scores {
		scores[i] = float64((i*37)%60) + 1
	}
	near(t, "TV-37", must(RecallThreshold(scores, 0.8, 0.95)), 7, 0)
	if _, err := RecallThreshold(scores[:5], 0.8, 0.95); !errors.Is(err, infer.ErrTooFew) {
		t.Errorf("TV-37 with 5 positives: %v, want infeasible", err)
	}
}

func TestVectorFairness(t *testing.T) {
	var labels, predicted, groups []int32
	add := func(g int32, n int, label, said int32) {
		for range n {
			labels, predicted, groups = append(labels, label), append(predicted, said), append(groups, g)
		}
	}
	for g, c := range [][4]int{{4, 1, 2, 3}, {2, 3, 1, 4}} { // TP FN FP TN
		add(int32(g), c[0], 1, 1)
		add(int32(g), c[1], 1, 0)
		add(int32(g), c[2], 0, 1)
		add(int32(g), c[3], 0, 0)
	}
	rates := must(ByGroup(labels, predicted, groups, 1))
	of := func(f func(GroupRates) Rate) Spread {
		var r []Rate
		for _, g := range rates {
			r = append(r, f(g))
		}
		return must(SpreadOf(r, 1))
	}
	selection := of(func(g GroupRates) Rate { return g.Selection })
	near(t, "TV-27 parity difference", selection.Gap, 0.3, 1e-12)
	near(t, "TV-27 parity ratio", selection.Ratio, 0.5, 1e-12)
	tpr, fpr := of(func(g GroupRates) Rate { return g.TPR }), of(func(g GroupRates) Rate { return g.FPR })
	near(t, "TV-27 equalised odds", max(tpr.Gap, fpr.Gap), 0.4, 1e-12)
	near(t, "TV-27 accuracy A", must(rates[0].Accuracy.Value()), 0.7, 1e-12)
	near(t, "TV-27 accuracy B", must(rates[1].Accuracy.Value()), 0.6, 1e-12)
}

func TestEveryFunctionGivesAReason(t *testing.T) {
	nan := math.NaN()
	_, accuracy := Accuracy(nil, nil)
	_, confusion := NewConfusion([]int32{3}, []int32{0}, 2)
	_, rate := Rate{}.Value()
	_, nll := NLL([]int32{0}, []float64{math.Inf(-1), 0}, 2)
	_, brier := Brier([]int32{0}, []float64{nan, 1}, 2)
	_, mean := Mean(nil)
	_, bins := Reliability(nil, nil, Bins{})
	_, binsNaN := Reliability([]float64{nan}, []bool{true}, Bins{})
	_, ece := ECE(nil)
	_, classwise := ClasswiseECE([]int32{0}, []float64{1}, 2, Bins{})
	_, _, consistency := Consistency(nil, nil, Bins{}, Resampling{})
	_, interval := ECEInterval([]float64{0.5}, []bool{true}, Bins{}, infer.Bootstrap{})
	_, auroc := AUROC([]float64{1}, []float64{0, 1})
	_, aurocNaN := AUROC([]float64{1, nan}, []float64{0, 1})
	_, ap := AveragePrecision(nil, []float64{1})
	_, logit := LogitInterval(infer.Normal(1, 0.1), 0.95)
	_, byGroup := ByGroup([]int32{0}, []int32{0}, nil, 0)
	_, spread := SpreadOf([]Rate{{1, 2}}, 1)
	_, worst := Worst([]int32{0, 0}, []bool{true, false}, []int32{0, 0}, 1, Resampling{})
	_, _, assign := Assign([]float64{nan}, 1)
	_, learning := ConfidentLearning([]int32{0}, []float64{1}, 1)
	_, softmax := SoftmaxRows([]float32{float32(nan), 0}, 2)
	_, empty := SoftmaxRows([]float32{1, 2, 3}, 2)
	_, _, top := Top([]float64{nan, 0}, 2)
	_, hamming := Hamming([]int32{1}, nil)
	_, nothing := Hamming[int32](nil, nil)
	_, byLabel := HammingByLabel([]bool{true, true}, []bool{true, true}, 3)
	_, energy := Energy([]float32{1, float32(nan)}, 2, 1)
	_, cold := Energy([]float32{1, 2}, 2, 0)
	_, inception := InceptionScore([]float64{1, 0}, 2, 0)
	_, unnormalised := InceptionScore([]float64{1, 1}, 2, 1)
	_, margin := Linear{Weight: []float32{1, 1}, Classes: 2, Features: 1}.Margins([]float32{1})
	_, marginNaN := Linear{Weight: []float32{1, float32(nan)}, Classes: 2, Features: 1}.Margins([]float32{1})
	_, shape := Linear{Weight: []float32{1, 1}, Classes: 2, Features: 2}.Margins([]float32{1})
	for i, c := range []struct{ err, want error }{
		{accuracy, infer.ErrTooFew}, {confusion, infer.ErrRange}, {rate, infer.ErrTooFew}, {nll, infer.ErrNotFinite},
		{brier, infer.ErrNotFinite}, {mean, infer.ErrTooFew}, {bins, infer.ErrTooFew}, {binsNaN, infer.ErrNotFinite},
		{ece, infer.ErrTooFew}, {classwise, infer.ErrRange}, {consistency, infer.ErrTooFew}, {interval, infer.ErrTooFew},
		{auroc, infer.ErrTooFew}, {aurocNaN, infer.ErrNotFinite}, {ap, infer.ErrTooFew}, {logit, infer.ErrRange},
		{byGroup, infer.ErrRange}, {spread, infer.ErrTooFew}, {worst, infer.ErrTooFew}, {assign, infer.ErrNotFinite},
		{learning, infer.ErrTooFew}, {softmax, infer.ErrNotFinite}, {empty, infer.ErrRange}, {top, infer.ErrNotFinite},
		{hamming, infer.ErrRange}, {nothing, infer.ErrTooFew}, {byLabel, infer.ErrRange}, {energy, infer.ErrNotFinite}, {cold, infer.ErrRange},
		{inception, infer.ErrTooFew}, {unnormalised, infer.ErrRange}, {margin, infer.ErrConstant}, {marginNaN, infer.ErrNotFinite}, {shape, infer.ErrRange},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
}
