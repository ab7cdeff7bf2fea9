package duplicates

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
	"github.com/stratascope/stratascope/tensor"
)

const n, d = 300, 16

// stored is a source that knows its samples' bytes.
type stored struct{ *statistictest.Given }

func (s stored) Fingerprint(v capture.View, row int) ([32]byte, error) {
	m, err := capture.All(s.Table(v, Input))
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(fmt.Append(nil, m.Row(row))), nil
}

func (s stored) Samples(v capture.View) capture.Samples {
	out := statistictest.Numbered(n, nil)
	for i := range out.IDs {
		out.IDs[i] = string(v.Split) + "/" + out.IDs[i]
	}
	return out
}

// planted is a case with a sample that is in both splits, one that is nearly, and one of the same
// direction but another length.
func planted() (statistic.Case, stored) {
	x, y := statistictest.Uniform(1, n, d), statistictest.Uniform(2, n, d)
	for j := range d {
		x[10*d+j] = y[20*d+j]
		x[11*d+j] = y[21*d+j] + 1e-3*x[11*d+j]
		x[12*d+j] = 3 * y[22*d+j]
		x[13*d+j], y[23*d+j] = 0, 0 // zeros have no direction
	}
	y[23*d] = 1
	s := stored{&statistictest.Given{Of: statistictest.Numbered(n, nil), Rows: map[capture.Request]capture.Matrix{
		{View: FlatView(dataset.Val), Site: Input}:   matrix(x),
		{View: FlatView(dataset.Train), Site: Input}: matrix(y),
	}}}
	g := &graph.Graph{Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "n"}, {Size: d}}}}}
	return statistic.Case{Source: s, Graph: g, Splits: []dataset.Split{dataset.Train, dataset.Val}, Workers: 2}, s
}

func matrix(x []float64) capture.Matrix {
	m := capture.Matrix{N: n, D: d}
	for _, v := range x {
		m.X = append(m.X, float32(v))
	}
	return m
}

func collect(t *testing.T, c statistic.Case) (*Result, error) {
	t.Helper()
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Get(c, r)
}

func TestSameAndClose(t *testing.T) {
	c, _ := planted()
	r, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Pair{{"val/0010", "train/0020"}}; !slices.Equal(r.Same, want) {
		t.Errorf("the same: %v, want %v", r.Same, want)
	}
	if want := []Pair{{"val/0011", "train/0021"}, {"val/0012", "train/0022"}}; !slices.Equal(r.Close, want) {
		t.Errorf("close: %v, want %v", r.Close, want)
	}
	if !r.Compared || r.N != n || r.Train != n {
		t.Errorf("%+v", r)
	}
}

// Inputs too wide to keep are compared by their bytes alone.
func TestWideInputs(t *testing.T) {
	c, _ := planted()
	c.Graph.Inputs[0].Shape[1].Size = Widest + 1
	r, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Compared || len(r.Same) != 1 || len(r.Close) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestNarrow(t *testing.T) {
	c, _ := planted()
	if !Narrow(c) {
		t.Error("16 values are wide")
	}
	c.Graph.Inputs[0].Shape[1].Size = 0
	if Narrow(c) {
		t.Error("an open size is narrow")
	}
	c.Graph.Inputs[0] = graph.Value{DType: tensor.Int64, Shape: []graph.Dim{{}, {Size: 8}}}
	if Narrow(c) {
		t.Error("tokens are narrow")
	}
	if Narrow(statistic.Case{}) {
		t.Error("a recording is narrow")
	}
}

func TestReasons(t *testing.T) {
	one, _ := planted()
	one.Splits = one.Splits[1:]
	recording, s := planted()
	recording.Source = s.Given
	none, _ := planted()
	none.Splits = nil
	for code, c := range map[string]statistic.Case{"one-split": one, "no-inputs": recording, "no-samples": none} {
		if _, err := collect(t, c); err == nil {
			t.Errorf("%s: no error", code)
		} else if got, _ := statistic.Reason(err); got != code {
			t.Errorf("reason %s, want %s", got, code)
		}
	}
}
