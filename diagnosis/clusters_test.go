package diagnosis

import (
	"slices"
	"testing"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/clusters"
	"github.com/stratascope/stratascope/statistic/cosine"
)

// Layers stand in their order, the output's left out; one without parts says why.
func TestClusters(t *testing.T) {
	c := statistic.Case{Splits: []dataset.Split{dataset.Val}, Layers: []graph.Layer{{Name: "a"}, {Name: "b"}, {Name: "head", Head: true}}}
	r := statistic.NewResults()
	if got := Clusters(c, r); got != nil {
		t.Fatalf("%+v of nothing", got)
	}
	within := 0.5
	parts := &clusters.Parts{K: 2, Labels: []int{0, 0, 1, 2}, Isolated: 1, Halves: []float64{0.5, 1},
		Agreement: &clusters.Agreement{Rand: infer.Normal(0.4, 0.1), Information: infer.Normal(0.3, 0.1), P: 0.001}}
	statistic.PutReplay(r, clusters.Statistic, statistic.At(clusters.View(dataset.Val), finding.Site{Layer: "b", Of: finding.Activation}), &clusters.Result{
		Rows: []int{3, 5, 8, 9}, Classes: 3, Asked: true, Cosine: &cosine.Result{Raw: infer.Normal(0.9, 0.01), Participation: infer.Normal(2, 0.1)},
		Raw: &clusters.Summary{Quantiles: []float64{0.123456}, Within: &within, Classes: []int{0, 1}, Matrix: []float64{0.98765, 0.5, 1}}, Centred: &clusters.Summary{}, KMeans: parts,
	})
	got := Clusters(c, r)
	if got == nil || got.Classes != 3 || got.Level != 0.9 || len(got.Layers) != 2 || got.Layers[0].Layer != "a" || got.Layers[0].Reason == "" {
		t.Fatalf("%+v", got)
	}
	b := got.Layers[1]
	if b.N != 4 || b.Raw.Mean.Value != 0.9 || !(b.Raw.Mean.Low < 0.9 && b.Raw.Mean.High > 0.9) || *b.Raw.Within != within || b.Raw.Quantiles[0] != 0.1235 || b.Raw.Matrix[0] != 0.9877 {
		t.Errorf("%+v", b.Raw)
	}
	if k := b.KMeans; !slices.Equal(k.Sizes, []int{2, 1}) || k.Isolated != 1 || *k.Stability != 0.75 || *k.Rand.P != 0.001 || k.Information.P != nil || k.Silhouette != nil {
		t.Errorf("%+v", k)
	}
	if b.Spectral != nil || b.Units != nil || b.Tokens != nil || b.Both != nil {
		t.Errorf("what is not to be had is there: %+v", b)
	}
}
