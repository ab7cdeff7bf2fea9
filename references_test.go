package stratascope_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/detector/dimensionalcollapse"
	"github.com/stratascope/stratascope/detector/outlierchannels"
	"github.com/stratascope/stratascope/detector/weaklink"
	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/siblings"
	"github.com/stratascope/stratascope/statistic"
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
	return diagnosedBy(t, stratascope.Options{}, m, references...)
}

func diagnosedBy(t *testing.T, o stratascope.Options, m *stratascope.Model, references ...*stratascope.Model) finding.Diagnosis {
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
	d, err := r.Diagnose(t.Context(), o)
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

// siblingsOf returns healthy networks of one architecture, from the seeds 1 to n.
func siblingsOf(t *testing.T, n int) []*stratascope.Model {
	t.Helper()
	var out []*stratascope.Model
	for seed := range n {
		g, err := siblings.Train(t.Context(), healthy+"data.npz", uint64(seed+1))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), fmt.Sprintf("sibling-%d.onnx", seed+1))
		if err := siblings.Write(g, path); err != nil {
			t.Fatal(err)
		}
		out = append(out, model(t, path))
	}
	return out
}

// Beside eight other healthy networks a healthy one has no finding by them, and what was cut is found by its distance
// from them. One reference is too few for that; links are set
// beside those of any number.
func TestPopulation(t *testing.T) {
	all := siblingsOf(t, 9)
	m, eight := all[8], all[:8]
	o := stratascope.Options{Detectors: []*detector.Detector{weaklink.Detector, dimensionalcollapse.Detector, outlierchannels.Detector}, Culprit: true}
	by := func(d finding.Diagnosis) (codes []string) {
		for _, f := range d.Findings {
			if f.Reference == finding.R1 {
				codes = append(codes, f.Code+" "+strings.Join(f.Extent.Layers, " "))
			}
		}
		return codes
	}
	well := diagnosedBy(t, o, m, eight...)
	if got := by(well); len(got) > 0 {
		t.Errorf("a healthy network: %v", got)
	}
	g, err := siblings.Cut(m.Graph, "fc4")
	if err != nil {
		t.Fatal(err)
	}
	cut := *m
	cut.Graph = g
	d := diagnosedBy(t, o, &cut, eight...)
	if got := by(d); !slices.Contains(got, "REP-01 fc3 fc4") {
		t.Errorf("four directions left in fc4: %v", got)
	}
	few := "1 of 8 references: too few to be what healthy networks are like, so rules keep their defaults"
	one := diagnosedBy(t, o, &cut, eight[0])
	if got := by(one); len(got) > 0 || !slices.Contains(one.Run.Notes, few) || slices.Contains(d.Run.Notes, few) {
		t.Errorf("one reference: %v, notes %v and of eight %v", got, one.Run.Notes, d.Run.Notes)
	}
	for _, c := range []struct {
		d   finding.Diagnosis
		n   int
		cut bool
	}{{well, 8, false}, {d, 8, true}, {one, 1, true}} {
		at := slices.IndexFunc(c.d.Links, func(l finding.Link) bool { return l.From == "fc3" && l.To == "fc4" })
		if at < 0 {
			t.Fatalf("links %+v", c.d.Links)
		}
		l := c.d.Links[at].Similarity
		if l.Healthy == nil || l.Healthy.Networks != c.n || (l.Healthy.P != nil) != (c.n == 8) {
			t.Errorf("%d references: %+v", c.n, l)
			continue
		}
		if weaker := l.Healthy.Median-l.Value > 0.05; weaker != c.cut {
			t.Errorf("%d references, cut %v: %+v", c.n, c.cut, l)
		}
	}
}

// A refusing source shows the network itself only.
type refusing struct{ capture.Source }

func (s refusing) Offers(v capture.View, site capture.Site) error {
	if v.Network != "" {
		return statistic.Unavailable("no-inputs", "the inputs are not there")
	}
	return s.Source.Offers(v, site)
}

// Where references cannot be run the result says so.
func TestReferencesThatCannotBeRun(t *testing.T) {
	m := model(t, healthy+"perceptron-1.onnx")
	set, err := stratascope.OpenData(healthy+"data.npz", m, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	r, err := stratascope.Live(m, set, stratascope.LiveOptions{Seed: 1, References: []*stratascope.Model{model(t, healthy+"perceptron-2.onnx")}})
	if err != nil {
		t.Fatal(err)
	}
	r.Case.Source = refusing{r.Case.Source}
	d, err := r.Diagnose(t.Context(), stratascope.Options{Detectors: []*detector.Detector{weaklink.Detector}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "1 of 1 references could not be examined: the inputs are not there"; !slices.Contains(d.Run.Notes, want) {
		t.Errorf("notes %q, want %q", d.Run.Notes, want)
	}
	if len(d.Links) < 2 || d.Links[0].Similarity == nil || d.Links[0].Similarity.Healthy != nil {
		t.Errorf("links %+v", d.Links)
	}
}

// The manual of every rule that a population may judge says so: all but one with an analytic null and one that counts.
func TestManualsNameThePopulation(t *testing.T) {
	for _, d := range all.Detectors() {
		want := diagnosis.Comparable(d) && d.Code != "FIT-04" && d.Code != "REP-03"
		if got := strings.Contains(d.Doc, "`--reference`") && strings.Contains(d.Doc, "(R1)"); got != want {
			t.Errorf("%s: the manual speaks of references: %v, want %v", d.Code, got, want)
		}
	}
}
