package stratascope_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/tensor"
)

const healthy = "internal/golden/testdata/healthy/"

func model(t *testing.T, path string) *stratascope.Model {
	t.Helper()
	m, err := stratascope.OpenModel(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// overwritten gives a layer of a network random weights of the same size.
func overwritten(t *testing.T, m *stratascope.Model, layer string) *stratascope.Model {
	t.Helper()
	l, ok := m.Graph.Layer(layer)
	if !ok {
		t.Fatalf("no layer %s", layer)
	}
	w := m.Graph.Weights[l.Weight]
	square := 0.0
	for _, v := range w.Float32s() {
		square += float64(v) * float64(v)
	}
	x, r := tensor.New(tensor.Float32, w.Shape()...), rand.New(rand.NewPCG(5, 6))
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(r.NormFloat64() * math.Sqrt(square/float64(w.Len())))
	}
	g, err := m.Graph.ReplaceWeights(map[string]tensor.Tensor{l.Weight: x})
	if err != nil {
		t.Fatal(err)
	}
	out := *m
	out.Graph = g
	return &out
}

// diagnosed runs a network on the golden images beside references.
func diagnosed(t *testing.T, m *stratascope.Model, references ...*stratascope.Model) finding.Diagnosis {
	t.Helper()
	set, err := stratascope.OpenData(healthy+"data.npz", m, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	r, err := stratascope.Live(m, set, stratascope.LiveOptions{Seed: 1, Workers: 2, References: references})
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Diagnose(t.Context(), stratascope.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The layer that was overwritten is the cause: with what the network gave before in its place accuracy comes back, in
// the place of what it reads nothing does. Of classifier.1 the layers on either side are suspected first.
func TestPatchingNamesTheCause(t *testing.T) {
	for _, c := range []struct{ network, layer string }{{"cnn-1", "features.6"}, {"cnn-1", "classifier.1"}, {"resnet-1", "layer2.0.conv1"}} {
		m := model(t, healthy+c.network+".onnx")
		d := diagnosed(t, overwritten(t, m, c.layer), m)
		if len(d.Suspects) == 0 {
			t.Errorf("%s, %s: nobody is suspected", c.network, c.layer)
			continue
		}
		s := d.Suspects[0]
		if s.Layer != c.layer || s.Verdict != finding.Causal || s.Recovered == nil || s.Recovered.Low < 50 || s.Evidence["e10"] > 1e-6 {
			t.Errorf("%s, %s: %+v", c.network, c.layer, s)
		}
		if !strings.Contains(d.Verdict.Detail, "The cause is layer "+c.layer) {
			t.Errorf("%s, %s: %s", c.network, c.layer, d.Verdict.Detail)
		}
		if len(d.Run.References) != 1 || d.Run.References[0].SHA256 != m.SHA256 {
			t.Errorf("references %+v", d.Run.References)
		}
	}
}

// Beside a healthy network of another seed nothing is accused of a healthy one, and no wrong layer of a broken one.
func TestPatchingAccusesNoOther(t *testing.T) {
	m, other := model(t, healthy+"cnn-1.onnx"), model(t, healthy+"cnn-2.onnx")
	if d := diagnosed(t, m, other); len(d.Suspects) > 0 {
		t.Errorf("healthy: %+v", d.Suspects)
	}
	d := diagnosed(t, overwritten(t, m, "features.6"), other)
	if len(d.Suspects) == 0 || d.Suspects[0].Layer != "features.6" {
		t.Errorf("overwritten: %+v", d.Suspects)
	}
}

func TestReferencesOfAnotherArchitecture(t *testing.T) {
	m := model(t, healthy+"cnn-1.onnx")
	set, err := stratascope.OpenData(healthy+"data.npz", m, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	other := model(t, healthy+"perceptron-1.onnx")
	for _, o := range []stratascope.LiveOptions{{References: []*stratascope.Model{other}}, {Initial: other}} {
		_, err := stratascope.Live(m, set, o)
		if err == nil || !strings.HasPrefix(err.Error(), "perceptron-1.onnx is of another architecture than cnn-1.onnx: layer 1 ") {
			t.Errorf("got %v", err)
		}
	}
	short := *m
	if cut, err := m.Until(m.Graph.Layers[1].Name); err != nil {
		t.Fatal(err)
	} else if err := stratascope.SameArchitecture(short.Graph, cut.Graph); err == nil || err.Error() != "2 layers, want 5" {
		t.Errorf("got %v", err)
	}
}

// From eight references on what healthy networks show is what rules judge by, and findings say so.
func TestPopulation(t *testing.T) {
	m := model(t, healthy+"cnn-1.onnx")
	var eight []*stratascope.Model
	for i := range 8 {
		eight = append(eight, model(t, fmt.Sprintf("%scnn-%d.onnx", healthy, 1+i%3)))
	}
	few := "1 of 8 references: too few to be what healthy networks are like, so rules keep their defaults"
	for _, references := range [][]*stratascope.Model{eight[:1], eight} {
		d := diagnosed(t, overwritten(t, m, "features.6"), references...)
		if got := slices.Contains(d.Run.Notes, few); got != (len(references) == 1) {
			t.Errorf("%d references: notes %v", len(references), d.Run.Notes)
		}
		at := slices.IndexFunc(d.Findings, func(f finding.Finding) bool { return f.Code == "FAL-04" && f.Site.Layer == "features.6" })
		if at < 0 {
			t.Errorf("%d references: no FAL-04", len(references))
			continue
		}
		want := finding.R3
		if len(references) == 8 {
			want = finding.R1
		}
		if f := d.Findings[at]; f.Reference != want {
			t.Errorf("%d references: against %s, want %s: %s", len(references), f.Reference, want, f.Message)
		}
	}
}
