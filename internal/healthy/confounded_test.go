package healthy_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	random "github.com/stratascope/stratascope/graph/twin"
	"github.com/stratascope/stratascope/similarity"
)

// TestInputsConfound: the layers of two networks that nobody trained look alike, since what they are shown has
// a structure (Cui et al. 2022). Without what the input explains those of a perceptron do not. Channel means
// of convolutions stay alike: what they share, such as how bright a picture is, the input's Gram matrix hardly
// explains.
func TestInputsConfound(t *testing.T) {
	for _, name := range []string{"perceptron-1", "cnn-1"} {
		m, err := stratascope.OpenModel(context.Background(), folder+name+".onnx")
		if err != nil {
			t.Fatal(err)
		}
		set, err := stratascope.OpenData(folder+"data.npz", m, dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		r, err := stratascope.Live(m, set, stratascope.LiveOptions{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		input := finding.Site{Layer: "input", Of: finding.Input}
		var sites []capture.Site
		for _, l := range m.Graph.Layers {
			if l.Weight != "" {
				sites = append(sites, finding.Site{Layer: l.Name, Of: finding.Activation})
			}
		}
		shown := read(t, r, capture.View{Split: dataset.Val, Reduce: capture.Flat}, []capture.Site{input})[0]
		var twins [2][]similarity.Matrix
		for k, name := range []string{"one", "other"} {
			r.Source.Define(name, func() (*graph.Graph, error) { return random.Of(m.Graph, 1, k, random.Options{}) })
			twins[k] = read(t, r, capture.View{Network: name, Split: dataset.Val, Reduce: capture.Row}, sites)
		}
		for i, s := range sites {
			with, err := similarity.Debiased(twins[0][i], twins[1][i])
			if err != nil {
				t.Fatal(err)
			}
			without, err := similarity.Deconfounded(twins[0][i], twins[1][i], shown)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %s: CKA %.2f, without what the input explains %.2f", name, s.Layer, with, without)
			pooled := strings.HasPrefix(s.Layer, "features")
			if pooled && !(with > 0.95 && without > 0.9) || !pooled && !(with > 0.3 && without < with-0.15) {
				t.Errorf("%s %s: CKA %.3f, without what the input explains %.3f", name, s.Layer, with, without)
			}
		}
	}
}

// read returns the rows of some sites under a view.
func read(t *testing.T, r *stratascope.Run, v capture.View, sites []capture.Site) []similarity.Matrix {
	t.Helper()
	whole := v
	whole.Reduce = capture.Maps
	reader := capture.Reader{Fold: func(int) capture.Fold { return func(capture.Request, capture.Rows) error { return nil } }, Done: func(int) error { return nil }}
	for _, s := range sites {
		reader.Keep = append(reader.Keep, capture.Request{View: v, Site: s})
	}
	if err := r.Source.Read(t.Context(), whole, sites, reader); err != nil {
		t.Fatal(err)
	}
	var out []similarity.Matrix
	for _, s := range sites {
		table, err := r.Source.Table(v, s)
		if err != nil {
			t.Fatal(err)
		}
		x, err := table.Matrix()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, similarity.Matrix{X: x.X, N: x.N, D: x.D})
	}
	return out
}
