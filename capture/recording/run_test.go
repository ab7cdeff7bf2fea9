package recording

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A run is a source with made-up values: maps of a convolution, tokens, one row a sample.
type run struct {
	layers []graph.Layer
	n      map[dataset.Split]int
	fail   int // block whose reading fails, 0 for none
}

func newRun() *run {
	return &run{n: map[dataset.Split]int{dataset.Val: 150, dataset.Train: 300}, layers: []graph.Layer{
		{Name: "stem.conv", Index: 1, Depth: 0.25, Op: "Conv", Role: graph.Stream, Kernel: []int{3, 3}, Groups: 1, Shape: []int{4, 3, 3}, Units: 4, Axis: 1, Parameters: 112, After: []string{"input"}, Activation: "Relu", Norm: &graph.Norm{Node: "bn"}},
		{Name: "blocks.0.fc", Index: 2, Depth: 0.5, Op: "Linear", Role: graph.Branch, Stage: "blocks.0", Groups: 1, Shape: []int{5, 6}, Units: 6, Axis: 2, Parameters: 30, After: []string{"stem.conv"}},
		{Name: "blocks.0", Index: 3, Depth: 0.75, Op: "Sum", Role: graph.Stream, Stage: "blocks.0", Groups: 1, Shape: []int{5, 6}, Units: 6, Axis: 2, After: []string{"stem.conv", "blocks.0.fc"}},
		{Name: "head", Index: 4, Depth: 1, Op: "Linear", Role: graph.Stream, Stage: "head", Groups: 1, Shape: []int{3}, Units: 3, Axis: 1, Parameters: 21, After: []string{"blocks.0"}, Head: true},
	}}
}

func (r *run) Layers(network string) []graph.Layer {
	if network != "" {
		return nil
	}
	return r.layers
}

func (r *run) Samples(v capture.View) capture.Samples {
	s := capture.Samples{Groups: map[string][]int32{"site": {}}, Names: map[string][]string{"site": {"z, far", "a"}}}
	n := r.n[v.Split]
	if v.Condition != (capture.Condition{}) {
		n = min(n, 70)
	}
	for i := range n {
		id := fmt.Sprintf("%s/%d", v.Split, i*7%n)
		s.IDs, s.Hashes, s.Labels = append(s.IDs, id), append(s.Hashes, dataset.Key(id)), append(s.Labels, int32(i%4-1))
		s.Groups["site"] = append(s.Groups["site"], int32(i%3-1))
	}
	return s
}

func (r *run) Define(string, func() (*graph.Graph, error)) {}
func (r *run) Alternatives() []string                      { return []string{"0-1"} }

func (r *run) Fingerprint(v capture.View, row int) ([32]byte, error) {
	return sha256.Sum256(fmt.Append(nil, v.Split, row)), nil
}

func (r *run) Offers(v capture.View, s capture.Site) error {
	if s.Of == finding.PreNorm && s.Layer != "stem.conv" {
		return &capture.Unavailable{Code: "no-norm", Why: "no norm"}
	}
	return nil
}

// values gives rows lo to hi of a site, with a value that is not finite among them.
func (r *run) values(v capture.View, s capture.Site, lo, hi int) (tensor.Tensor, int) {
	shape, axis := []int{3}, 1
	switch {
	case s.Of == finding.Input:
		shape = []int{1, 4, 4}
	case s.Of != finding.Output:
		for _, l := range r.layers {
			if l.Name == s.Layer {
				shape, axis = l.Shape, l.Axis
			}
		}
	}
	x := tensor.New(tensor.Float32, append([]int{hi - lo}, shape...)...)
	seed := float64(dataset.Key(fmt.Sprint(v.Split, v.Condition, s)) % 1000)
	each := x.Len() / (hi - lo)
	for i := range x.Float32s() {
		k := float64(lo*each + i)
		y := float32(math.Sin(seed + k*0.37))
		if s.Of == finding.Activation && s.Layer == "stem.conv" {
			y = max(0, y)
		}
		x.Float32s()[i] = y
	}
	if s.Layer == "blocks.0.fc" && lo == 0 {
		x.Float32s()[17] = float32(math.NaN())
	}
	return x, axis
}

func (r *run) Read(ctx context.Context, v capture.View, sites []capture.Site, reader capture.Reader) error {
	s := r.Samples(v)
	for b := 0; b*capture.Block < s.Len(); b++ {
		if reader.Skip != nil && reader.Skip(b) {
			continue
		}
		fold := reader.Fold(b)
		end := min(s.Len(), (b+1)*capture.Block)
		for lo := b * capture.Block; lo < end; lo += 48 {
			hi := min(end, lo+48)
			if r.fail > 0 && b == r.fail {
				return context.Canceled
			}
			for _, site := range sites {
				x, axis := r.values(v, site, lo, hi)
				if err := fold(capture.Request{View: v, Site: site}, capture.Rows{X: x, Axis: axis, First: lo, IDs: s.Hashes[lo:hi]}); err != nil {
					return err
				}
			}
		}
		if err := reader.Done(b); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (r *run) Table(v capture.View, s capture.Site) (capture.Table, error) {
	all := r.Samples(v)
	x, axis := r.values(v, s, 0, all.Len())
	by := v.Reduce
	if by == capture.Row {
		by = capture.Mean
	}
	row, err := capture.Reduce(x, axis, by, nil, all.Hashes)
	return capture.Matrix{X: row, N: all.Len(), D: len(row) / max(1, all.Len())}.Table(), err
}

// record records a run in a new folder.
func record(t testing.TB, r *run, p Plan) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "recording")
	p.Splits = []dataset.Split{dataset.Val, dataset.Train}
	if err := Record(context.Background(), r, dir, p); err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustOpen(t testing.TB, dir string, o Options) *Recording {
	t.Helper()
	r, err := Open(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}
