package recording

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
)

// The recording and the ONNX file are of one network (python/tests/make_fixture.py).
const torchSmall = "testdata/torch-small"

// What hooks saw step by step is put together to the layers that the exported file has.
func TestLayersAreThoseOfTheExport(t *testing.T) {
	rec := mustOpen(t, filepath.Join(torchSmall, "recording"), Options{})
	m, err := onnx.Read(filepath.Join(torchSmall, "network.onnx"), onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(context.Background(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := rec.Layers("")
	if len(got) != len(g.Layers) {
		t.Fatalf("%d layers, the export has %d", len(got), len(g.Layers))
	}
	for i, want := range g.Layers {
		if (got[i].Norm == nil) != (want.Norm == nil) {
			t.Errorf("%s: normalisation %v, want %v", want.Name, got[i].Norm, want.Norm)
		}
		if a, b := plain(got[i]), plain(want); !reflect.DeepEqual(a, b) {
			t.Errorf("layer %d:\n%+v\nwant\n%+v", i+1, a, b)
		}
	}
}

// plain leaves out names of values and weights, which an exporter makes up.
func plain(l graph.Layer) graph.Layer {
	l.Weight, l.Bias, l.Transpose, l.Norm = "", "", false, nil
	l.Input, l.Linear, l.Before, l.Output, l.Map = "", "", "", "", ""
	return l
}

func TestTorchRecording(t *testing.T) {
	rec := mustOpen(t, filepath.Join(torchSmall, "recording"), Options{})
	val := capture.View{Split: dataset.Val}
	s := rec.Samples(val)
	if s.Len() != 6 || s.IDs[0] != "s8" || s.Labels[0] != 2 || s.Names["site"][s.Groups["site"][1]] != "b" {
		t.Errorf("samples %+v", s)
	}
	for _, site := range []capture.Site{{Layer: "conv1", Of: finding.Activation}, {Layer: "conv1", Of: finding.PreActivation}, {Layer: "conv1", Of: finding.PreNorm},
		{Layer: "layer1.1", Of: finding.Activation}, {Layer: "head", Of: finding.Gradient}, inputSite, outputSite} {
		if err := rec.Offers(val, site); err != nil {
			t.Errorf("%v: %v", site, err)
		}
	}
	// The activation is the rectified pre-activation, although it was made in place of it.
	v := capture.View{Split: dataset.Val, Reduce: capture.Flat}
	for _, layer := range []string{"conv1", "layer1.0.conv1", "layer1.1", "fc"} {
		before, err := capture.All(rec.Table(v, capture.Site{Layer: layer, Of: finding.PreActivation}))
		after, err2 := capture.All(rec.Table(v, capture.Site{Layer: layer, Of: finding.Activation}))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		negative := 0
		for i, x := range before.X {
			if x < 0 {
				negative++
			}
			if after.X[i] != max(0, x) {
				t.Fatalf("%s: value %d is %v, before the activation %v", layer, i, after.X[i], x)
			}
		}
		if negative == 0 {
			t.Errorf("%s: no value is negative before the activation", layer)
		}
	}
	var u *capture.Unavailable
	if err := rec.Offers(val, capture.Site{Layer: "fc", Of: finding.Attention}); !errors.As(err, &u) || u.Code != "not-recorded" {
		t.Errorf("attention maps: %v", err)
	}
	if w := rec.Graph().Weights["conv1.weight"]; w.Len() != 36 || len(rec.Graph().Nodes) != 0 {
		t.Errorf("weights %v", w)
	}
}

// With the network beside it a recording has the network's layers.
func TestRecordingWithItsNetwork(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recording")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(torchSmall, "recording"))); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(torchSmall, "network.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "graph.onnx"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	rec := mustOpen(t, dir, Options{})
	if len(rec.Graph().Nodes) == 0 || len(rec.Notes()) != 0 {
		t.Errorf("%d nodes, notes %q", len(rec.Graph().Nodes), rec.Notes())
	}
	for _, l := range rec.Layers("") {
		for _, by := range []capture.Reduction{capture.Maps, capture.Row, capture.Spot} {
			if err := rec.Offers(capture.View{Split: dataset.Train, Reduce: by}, capture.Site{Layer: l.Name, Of: finding.Activation}); err != nil {
				t.Errorf("%s %q: %v", l.Name, by, err)
			}
		}
	}
	// What takes the folder's place after it was opened is not read.
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	moved := dir + "-moved"
	if err := os.Rename(dir, moved); err != nil {
		t.Skip(err)
	}
	dir = moved
	late, err := open(context.Background(), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Close(); err != nil || len(late.Graph().Nodes) == 0 {
		t.Errorf("%d nodes, %v", len(late.Graph().Nodes), err)
	}
	if err := os.Remove(filepath.Join(dir, "graph.onnx")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(torchSmall, "network.onnx"), filepath.Join(dir, "graph.onnx")); err != nil {
		t.Skip(err)
	}
	if _, err := Open(context.Background(), dir, Options{}); err == nil {
		t.Error("a link out of the folder was followed")
	}
}
