package healthy_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/metric"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/renorm"
	"github.com/stratascope/stratascope/statistic/spectrum"
	"github.com/stratascope/stratascope/statistic/twins"
)

// near compares with a reference of eight digits.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: %.8f, the reference has %.8f", what, got, want)
	}
}

// layerOf returns the layer whose output a value of the file is. What a layer adds up before its
// activation is a value of its own in the reference, but not a layer.
func layerOf(x examined, value string) (graph.Layer, bool) {
	for _, l := range x.run.Case.Layers {
		if l.Output == value {
			return l, true
		}
	}
	return graph.Layer{}, false
}

// inside reports whether a value is what a layer has before its activation.
func inside(x examined, value string) bool {
	return slices.ContainsFunc(x.run.Case.Layers, func(l graph.Layer) bool { return l.Before == value || l.Linear == value })
}

// pooled reports whether a layer's rows are what the reference's are: means over positions.
func pooled(x examined, l graph.Layer) bool {
	by := live.RowReduction(x.run.Case.Graph, finding.Site{Layer: l.Name, Of: finding.Activation})
	return by == capture.Mean || by == capture.Flat && len(l.Shape) == 1
}

func outputs(t *testing.T, x examined) {
	t.Helper()
	for split, want := range map[dataset.Split]float64{dataset.Train: x.reference.Train, dataset.Val: x.reference.Val} {
		p, err := prediction.Statistic.At(x.results, prediction.View(split), prediction.Site)
		if err != nil {
			t.Fatal(err)
		}
		right, n := p.Accuracy()
		near(t, "accuracy on "+string(split), float64(right)/float64(n), want, 1e-8)
		if split != dataset.Val {
			continue
		}
		mean, err := metric.Mean(p.Loss)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "loss", mean, x.reference.NLL, 1e-5)
		ok, _ := p.Correct()
		bins, err := metric.Reliability(p.Confidence, ok, metric.Bins{})
		if err != nil {
			t.Fatal(err)
		}
		var ece float64
		for _, b := range bins {
			ece += math.Abs(float64(b.Correct)-float64(b.N)*b.Confidence) / float64(n)
		}
		near(t, "calibration error", ece, x.reference.ECE.Mass, 1e-5)
		near(t, "netcal's calibration error", ece, x.reference.Peers.ECE.Mass, 1e-5)
	}
}

// sites compares moments, dead units, twins and ranks of every layer.
func sites(t *testing.T, x examined) {
	t.Helper()
	c, found, ranks := x.run.Case, 0, 0
	for _, s := range x.reference.Sites {
		l, ok := layerOf(x, s.Value)
		if !ok {
			if !inside(x, s.Value) {
				t.Errorf("no layer gives %s", s.Value)
			}
			continue
		}
		found++
		m, err := moments.Statistic.At(x.results, moments.View(dataset.Val), finding.Site{Layer: l.Name, Of: finding.Activation})
		if err != nil {
			t.Fatal(err)
		}
		dead := 0
		for u, unit := range m.Units {
			near(t, l.Name+" mean", unit.Mean(m.Positions), s.Mean[u], 2e-5)
			near(t, l.Name+" variance", unit.Variance(m.Positions), s.Variance[u], 5e-5)
			if unit.Active == 0 {
				dead++
			}
		}
		if l.Activation == "Relu" && dead != len(s.Dead) {
			t.Errorf("%s: %d units never activate, the reference has %d", l.Name, dead, len(s.Dead))
		}
		if !pooled(x, l) {
			continue
		}
		ranks++
		r, err := spectrum.At(c, x.results, l.Name)
		if err != nil {
			t.Fatal(err)
		}
		near(t, l.Name+" RankMe", r.RankMe.Value, s.RankMe, 1e-5)
		near(t, l.Name+" participation", r.Participation.Value, s.Participation, 1e-5)
		if ci, err := r.RankMe.Interval(0.9); err != nil || !(ci.High > ci.Low) {
			t.Errorf("%s: RankMe has the interval %v (%v)", l.Name, ci, err)
		}
		twin(t, x, l, s.Twins)
	}
	if found == 0 || ranks == 0 {
		t.Errorf("%d layers compared, %d with ranks", found, ranks)
	}
}

// twin compares the share of twins where the layer has one position, as all positions are one then.
func twin(t *testing.T, x examined, l graph.Layer, want float64) {
	if l.Head || len(l.Shape) != 1 {
		return
	}
	held, _ := x.run.Case.Held()
	r, err := twins.Statistic.At(x.results, capture.View{Split: held, Reduce: capture.Spot}, finding.Site{Layer: l.Name, Of: finding.Activation})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, u := range r.Twins {
		if math.Abs(u.R) > twins.Correlation {
			n++
		}
	}
	near(t, l.Name+" twins", float64(n)/float64(r.Live), want, 1e-8)
}

// norms compares the mismatch of stored statistics, which the reference takes from the training samples.
func norms(t *testing.T, x examined) {
	t.Helper()
	seen := 0
	for _, l := range x.run.Case.Layers {
		if l.Norm == nil {
			continue
		}
		seen++
		m, err := moments.Statistic.At(x.results, moments.View(dataset.Train), finding.Site{Layer: l.Name, Of: finding.PreNorm})
		if err != nil {
			t.Fatal(err)
		}
		got, err := renorm.Compare(x.run.Case.Graph, l.Norm, m)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, want := range x.reference.Norms {
			found = found || math.Abs(got.RMS-want.RMS) < 1e-5 && math.Abs(got.Absolute-want.Absolute) < 1e-4
		}
		if !found {
			t.Errorf("%s: mean shift %.8f and spread %.8f are those of no normalisation of the reference", l.Name, got.RMS, got.Absolute)
		}
	}
	if seen != len(x.reference.Norms) {
		t.Errorf("%d normalisations, the reference has %d", seen, len(x.reference.Norms))
	}
}

func similar(t *testing.T, x examined) {
	t.Helper()
	p, err := pairs.Get(x.run.Case, x.results)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, a := range x.reference.Sites {
		for j, b := range x.reference.Sites {
			la, ok := layerOf(x, a.Value)
			lb, ok2 := layerOf(x, b.Value)
			if !ok || !ok2 || !pooled(x, la) || !pooled(x, lb) {
				continue
			}
			compared++
			near(t, "CKA of "+la.Name+" and "+lb.Name, p.Value[p.Index[la.Name]*p.L+p.Index[lb.Name]], x.reference.Debiased[i][j], 1e-5)
		}
	}
	if compared == 0 {
		t.Error("no pair of layers was compared")
	}
}

// probes compares with probes of the same recipe that were fitted on all training samples, where ours are
// fitted on half: within what half the samples cost and the error of 600 samples.
func probes(t *testing.T, x examined) {
	t.Helper()
	compared := 0
	for value, want := range x.reference.Probes {
		l, ok := layerOf(x, value)
		if !ok || !pooled(x, l) {
			continue
		}
		compared++
		r, err := probe.At(x.run.Case, x.results, l.Name)
		if err != nil {
			t.Fatal(err)
		}
		right, n := r.Held.Accuracy()
		ci, err := infer.Wilson(right, n, 0.999)
		if err != nil {
			t.Fatal(err)
		}
		if want.Accuracy < ci.Low-0.01 || want.Accuracy > ci.High+0.03 {
			t.Errorf("%s: probe %d of %d right, the reference %.4f", l.Name, right, n, want.Accuracy)
		}
	}
	if compared == 0 {
		t.Error("no probe was compared")
	}
}
