package patch

import (
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

// Values that follow linearly are found by both alignments: y = 2 x turned by a quarter, less 3; the penalty of the ridge
// shrinks its map by 1/1.01, as X'X is n/12 I.
func TestAlignments(t *testing.T) {
	const n = 4000
	u := statistictest.Uniform(1, n, 2)
	x, y := similarity.Matrix{X: make([]float32, 2*n), N: n, D: 2}, similarity.Matrix{X: make([]float32, 2*n), N: n, D: 2}
	for i := range n {
		a, b := u[2*i], u[2*i+1]
		x.X[2*i], x.X[2*i+1] = float32(a), float32(b)
		y.X[2*i], y.X[2*i+1] = float32(-2*b-3), float32(2*a-3)
	}
	r, err := similarity.Rotate(x, y)
	if err != nil {
		t.Fatal(err)
	}
	m, err := regression(x, y)
	if err != nil {
		t.Fatal(err)
	}
	turn := affine(r.Q, r.Scale, r.MeanX, r.MeanY)
	for i, want := range []float64{0, 2, -2, 0} {
		if got := float64(turn.Matrix[i]); math.Abs(got-want) > 1e-5 {
			t.Errorf("rotation %v", turn.Matrix)
		}
		if got := float64(m.Matrix[i]); math.Abs(got-want/1.01) > 1e-3 {
			t.Errorf("ridge %v", m.Matrix)
		}
	}
	if math.Abs(float64(turn.Offset[0])+3) > 1e-5 || math.Abs(float64(m.Offset[1])+3) > 1e-3 {
		t.Errorf("offsets %v, %v", turn.Offset, m.Offset)
	}
}

// given is a case of 400 samples of class 0 or 1 whose layer l was patched by one reference in two ways: as it is mends
// all, rotated none. The network itself says 0.
func given(t *testing.T) (statistic.Case, *statistic.Results) {
	t.Helper()
	const n = 400
	labels := make([]int32, n)
	for i := range labels {
		labels[i] = int32(i % 2)
	}
	c := statistic.Case{Splits: []dataset.Split{dataset.Val}, Task: dataset.Task{Kind: dataset.Classification}, Classes: 2, Output: "logits", Seed: 1,
		Graph: &graph.Graph{}, References: []*graph.Graph{{}}, Patched: []string{"l"}}
	c.Source = &statistictest.Given{Of: statistictest.Numbered(n, labels)}
	r := statistic.NewResults()
	statistic.PutReplay(r, Ways, ways(c)[0], []Way{{Name: asIs}, {Name: rotated}})
	says := func(network string, class func(i int) int32) {
		p := &prediction.Result{N: n, Label: labels, Predicted: make([]int32, n)}
		for i := range p.Predicted {
			p.Predicted[i] = class(i)
		}
		v := prediction.View(dataset.Val)
		v.Network = network
		statistic.PutReplay(r, Outputs, statistic.At(v, prediction.Site), p)
	}
	says("", func(int) int32 { return 0 })
	says("patched/l/0/as-is", func(i int) int32 { return labels[i] })
	says("patched/l/0/rotated", func(i int) int32 { return 1 - labels[i] })
	says("reference-1", func(i int) int32 { return labels[i] })
	return c, r
}

// The better way is chosen, and half of the samples are measured: of those as many come back as are of class 1.
func TestRecovery(t *testing.T) {
	c, r := given(t)
	x, err := At(c, r, "l")
	if err != nil {
		t.Fatal(err)
	}
	_, at := parted(c.Seed, c.Source.Samples(capture.View{}).Hashes, c.Source.Samples(capture.View{}).Labels)
	ones := 0
	for _, i := range at {
		ones += i % 2
	}
	want := float64(ones) / 200
	if x.Way != asIs || x.N != 200 || x.Gain.Value != want || x.Lost != want || x.Gain.SE > 2*math.Sqrt(0.25/200) || x.Gain.SE < math.Sqrt(0.25/200)/2 {
		t.Errorf("%+v, want %v of 200", x, want)
	}
	if d, err := x.Minus(x); err != nil || d.Value != 0 || d.SE != 0 {
		t.Errorf("less itself %+v, %v", d, err)
	}
}

func TestRecoveryIsNotToBeHad(t *testing.T) {
	c, r := given(t)
	var missing *capture.Unavailable
	if _, err := At(c, r, "other"); !errors.As(err, &missing) || missing.Code != "no-alignment" {
		t.Errorf("got %v", err)
	}
	c.Source = &statistictest.Given{Of: statistictest.Numbered(400, nil)}
	p, err := Outputs.At(r, prediction.View(dataset.Val), prediction.Site)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		p.Label[i] = -1
	}
	if _, err := At(c, r, "l"); !errors.As(err, &missing) || missing.Code != "too-few-samples" {
		t.Errorf("got %v", err)
	}
}
