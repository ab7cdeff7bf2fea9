package clusters

import (
	"encoding/json"
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

// collect parts one layer's rows; shape is that of one sample.
func collect(t *testing.T, x capture.Matrix, labels []int32, classes int, shape ...int) (*Result, error) {
	t.Helper()
	rows := map[capture.Request]capture.Matrix{}
	for _, by := range []capture.Reduction{capture.Row, capture.Spot} {
		rows[capture.Request{View: capture.View{Split: dataset.Val, Reduce: by}, Site: finding.Site{Layer: "fc", Of: finding.Activation}}] = x
	}
	c := statistic.Case{Layers: []graph.Layer{{Name: "fc", Units: x.D, Shape: append(shape, x.D), Axis: len(shape) + 1}}, Splits: []dataset.Split{dataset.Val}, Classes: classes, Seed: 1,
		Source: &statistictest.Given{Of: statistictest.Numbered(x.N, labels), Rows: rows}}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return At(c, r, "fc")
}

// groups are n samples of d values in k groups, as testdata/clusters.py makes them, and labels of which every
// seventh is another group's.
func groups(n, d, k int) (x capture.Matrix, labels []int32) {
	centre, noise := statistictest.Uniform(1, k, d), statistictest.Uniform(2, n, d)
	x = capture.Matrix{N: n, D: d}
	for i := range n {
		for j := range d {
			x.X = append(x.X, float32(6*centre[i%k*d+j]+1.5*noise[i*d+j]+2))
		}
		l := i % k
		if i%7 == 0 {
			l = (l + 1) % k
		}
		labels = append(labels, int32(l))
	}
	return x, labels
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %.8g, want %.8g", what, got, want)
	}
}

func TestAgainstScikitLearn(t *testing.T) {
	type summed struct {
		Mean, Within, Between float64
		Quantiles, Matrix     []float64
	}
	type parted struct{ Silhouette, Rand, Information float64 }
	var want struct {
		N, D, K      int
		Raw, Centred summed
		KMeans       parted `json:"k_means"`
		Spectral     parted
		Units        []float64
	}
	b, err := os.ReadFile("testdata/clusters.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	x, labels := groups(want.N, want.D, want.K)
	got, err := collect(t, x, labels, want.K)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != want.N || !got.Asked || got.Classes != want.K || got.KMeans.K != want.K || got.Tokens != nil {
		t.Fatalf("%d rows, asked %v, %d classes, %d parts, tokens %v", len(got.Rows), got.Asked, got.Classes, got.KMeans.K, got.Tokens)
	}
	near(t, "mean", got.Cosine.Raw.Value, want.Raw.Mean, 1e-6)
	near(t, "centred mean", got.Cosine.Centred.Value, want.Centred.Mean, 1e-6)
	for _, c := range []struct {
		name string
		got  *Summary
		want summed
	}{{"raw", got.Raw, want.Raw}, {"centred", got.Centred, want.Centred}} {
		near(t, c.name+" within", *c.got.Within, c.want.Within, 1e-6)
		near(t, c.name+" between", *c.got.Between, c.want.Between, 1e-6)
		for i, v := range c.want.Matrix {
			near(t, c.name+" matrix", c.got.Matrix[i], v, 1e-6)
		}
		for i, v := range c.want.Quantiles {
			near(t, c.name+" quantile", c.got.Quantiles[i], v, 3e-4) // NumPy's stand between two pairs
		}
	}
	for _, c := range []struct {
		name string
		got  *Parts
		want parted
	}{{"k-means", got.KMeans, want.KMeans}, {"spectral", got.Spectral, want.Spectral}} {
		near(t, c.name+" silhouette", *c.got.Silhouette, c.want.Silhouette, 1e-5)
		near(t, c.name+" Rand", c.got.Agreement.Rand.Value, c.want.Rand, 1e-9)
		near(t, c.name+" information", c.got.Agreement.Information.Value, c.want.Information, 1e-9)
		if a := c.got.Agreement; a.P != 0.001 || !(a.Rand.SE > 0.005 && a.Rand.SE < 0.08) {
			t.Errorf("%s: p %g, error %g", c.name, a.P, a.Rand.SE)
		}
	}
	if s, ok := got.KMeans.Stability(); !ok || s < 0.99 || *got.Both != 1 {
		t.Errorf("stability %g, both %g: groups far apart come again", s, *got.Both)
	}
	for i, v := range want.Units {
		near(t, "quantile of units", got.Units.Quantiles[i], v, 0.03) // of 66 pairs
	}
}

// Without labels the values say how many parts there are; noise has none.
func TestWithoutLabels(t *testing.T) {
	x, _ := groups(240, 12, 4)
	r, err := collect(t, x, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if r.Asked || r.KMeans == nil || r.KMeans.K != 4 || r.KMeans.Agreement != nil {
		t.Errorf("%+v", r)
	}
	// The clusters stand for classes, in both matrices.
	for _, s := range []*Summary{r.Raw, r.Centred} {
		if !s.Clusters || !slices.Equal(s.Classes, []int{0, 1, 2, 3}) || len(s.Matrix) != 10 || !(*s.Within > *s.Between+0.2) {
			t.Errorf("%+v", s)
		}
	}
	noise := capture.Matrix{N: 240, D: 12}
	for _, v := range statistictest.Uniform(7, 240, 12) {
		noise.X = append(noise.X, float32(v))
	}
	if r, err = collect(t, noise, nil, 0); err != nil {
		t.Fatal(err)
	}
	if r.KMeans != nil {
		t.Errorf("noise has %d parts", r.KMeans.K)
	}
}

// Labels that say nothing about the groups agree with them no more than chance.
func TestLabelsOfChance(t *testing.T) {
	x, _ := groups(240, 12, 4)
	labels := make([]int32, x.N)
	for i := range labels {
		labels[i] = int32(i / 4 % 4)
	}
	r, err := collect(t, x, labels, 4)
	if err != nil {
		t.Fatal(err)
	}
	if a := r.KMeans.Agreement; math.Abs(a.Rand.Value) > 0.02 || a.P < 0.05 {
		t.Errorf("agreement %g, p %g", a.Rand.Value, a.P)
	}
}

// Tokens are parted as samples are; samples without a label, or not finite, are left out.
func TestTokensAndWhatIsLeftOut(t *testing.T) {
	x, labels := groups(240, 12, 4)
	labels[3] = -1
	x.X[5*x.D] = float32(math.NaN())
	r, err := collect(t, x, labels, 4, 9)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(r.Rows, 3) || slices.Contains(r.Rows, 5) || len(r.Rows) != 238 {
		t.Errorf("%d rows", len(r.Rows))
	}
	if r.Tokens == nil || !slices.Equal(r.Tokens.Labels, r.KMeans.Labels) {
		t.Errorf("tokens %+v", r.Tokens)
	}
}

// Of many samples those with the smallest hashes are parted, of many units a hashed choice.
func TestMostAreChosenByHash(t *testing.T) {
	x, labels := groups(900, 600, 4)
	r, err := collect(t, x, labels, 4)
	if err != nil {
		t.Fatal(err)
	}
	all := statistictest.Numbered(900, nil).Hashes
	worst := uint64(0)
	for _, row := range r.Rows {
		worst = max(worst, all[row])
	}
	below := 0
	for _, h := range all {
		if h <= worst {
			below++
		}
	}
	if len(r.Rows) != 768 || below != 768 || len(r.Units.Numbers) != mostUnits || !slices.IsSorted(r.Units.Numbers) {
		t.Errorf("%d rows, %d hashes at most their largest, %d units", len(r.Rows), below, len(r.Units.Numbers))
	}
}

// Units that are copies, or opposites, of one another are joined.
func TestParallelUnits(t *testing.T) {
	x, labels := groups(240, 16, 4)
	for i := range x.N {
		row := x.Row(i)
		row[3], row[7], row[11] = row[1], -row[1], 5
	}
	r, err := collect(t, x, labels, 4)
	if err != nil {
		t.Fatal(err)
	}
	if u := r.Units; len(u.Numbers) != 15 || u.Parallel != 3 || u.Largest != 3 || u.KMeans == nil || u.Both == nil {
		t.Errorf("%+v", u)
	}
}

func TestReasons(t *testing.T) {
	few, labels := groups(99, 12, 4)
	if _, err := collect(t, few, labels, 4); err == nil {
		t.Error("99 samples are parted")
	} else if code, _ := statistic.Reason(err); code != "too-few-samples" {
		t.Error(err)
	}
	if _, err := collect(t, capture.Matrix{X: slices.Repeat([]float32{1e4}, 800), N: 200, D: 4}, nil, 0); err == nil {
		t.Error("constants are parted")
	} else if code, _ := statistic.Reason(err); code != "constant" {
		t.Error(err)
	}
}
