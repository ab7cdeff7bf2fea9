package diagnosis

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// A reader that is always right before a network that never is speaks against the layer, though neither share varies.
func TestAllLabelsLost(t *testing.T) {
	for _, c := range []struct{ before, behind, want float64 }{
		{1, 0, 0},
		{1, 1, math.NaN()},
		{0.875, 0.825, 0.5},
		{0.9, 0.5, 2.452e-13}, // z = 0.35 / sqrt((0.09 + 0.25) / 145)
	} {
		p := lossP(c.before, 145, c.behind, 145)
		if math.IsNaN(p) != math.IsNaN(c.want) || math.Abs(p-c.want) > 1e-3*c.want+1e-15 {
			t.Errorf("%g before, %g behind: p %g, want %g", c.before, c.behind, p, c.want)
		}
	}
}

// A layer that was overwritten is told from the one behind it, which does not fit either, by its reader: that of the one
// behind fits. It was once told as an edge between layers behind it.
func TestOverwritten(t *testing.T) {
	for _, seed := range []uint64{1, 3} {
		x := culpritOf(t, seed, plant.Overwritten("fc4", 1))
		if !x.Named || x.Suspects[0].Layer != "fc4" {
			t.Errorf("seed %d: %q", seed, x.Sentence())
		}
	}
}

// streams is a network of one block: c and d write to the stream that e reads.
func streams() *witness {
	w := &witness{}
	for _, l := range []graph.Layer{
		{Name: "a", After: []string{"input"}}, {Name: "b", After: []string{"a"}}, {Name: "attention", Op: "Attention", After: []string{"b"}},
		{Name: "c", After: []string{"attention"}}, {Name: "sum", Op: "Sum", After: []string{"a", "c"}}, {Name: "d", After: []string{"sum"}},
		{Name: "sum2", Op: "Sum", After: []string{"sum", "d"}}, {Name: "e", After: []string{"sum2"}, Head: true},
	} {
		w.all = append(w.all, l)
		if l.Op == "" {
			w.layers = append(w.layers, l)
		}
	}
	return w
}

func TestReadersOfALayer(t *testing.T) {
	w := streams()
	for i, want := range [][]int{{1, 3}, {2}, {3}, {4}, nil} { // the first sum hands a on to d, the second no further
		got := w.readers(i)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s is read by %v, want %v", w.layers[i].Name, got, want)
		}
	}
}

// An edge begins before the first layer that anything hints at, and before what one reads that does not fit.
func TestEdge(t *testing.T) {
	w := streams()
	for _, c := range []struct {
		name     string
		own, e7  []float64
		from, to string
	}{
		{"the answers alone", []float64{0.5, 0.5, 0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5, 0.5, 0.5}, "", "e"},
		{"a state", []float64{0.5, 0.5, 0.03, 0.5, 0.5}, []float64{0.5, 0.5, 0.5, 0.5, 0.5}, "b", "e"},
		{"a reading", []float64{0.5, 0.5, 0.5, 0.5, 0.03}, []float64{0.5, 0.5, 0.5, 0.5, 0.02}, "c", "e"},
		{"a reading of two streams", []float64{0.5, 0.5, 0.5, 0.03, 0.5}, []float64{0.5, 0.5, 0.5, 0.02, 0.5}, "", "e"},
		{"a reading behind a state", []float64{0.5, 0.5, 0.03, 0.03, 0.5}, []float64{0.5, 0.5, 0.5, 0.02, 0.5}, "", "e"},
		{"a state behind what is read", []float64{0.5, 0.5, 0.04, 0.5, 0.5}, []float64{0.5, 0.5, 0.02, 0.5, 0.5}, "a", "e"},
		{"the first", []float64{0.03, 0.5, 0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5, 0.5, 0.5}, "", "e"},
	} {
		x := testimony{q: []float64{0.5, 0.5, 0.5, 0.5, 0.001}, own: c.own}
		for _, p := range c.e7 {
			x.p = append(x.p, map[string]float64{"e7": p})
		}
		if from, to := w.edge(x); from != c.from || to != c.to {
			t.Errorf("%s: between %q and %q, want %q and %q", c.name, from, to, c.from, c.to)
		}
	}
	none := testimony{q: []float64{0.001, 0.5, 0.5, 0.5, 0.5}, own: []float64{0.5, 0.5, 0.5, 0.5, 0.5}, p: make([]map[string]float64, 5)}
	if from, to := w.edge(none); from != "" || to != "" {
		t.Errorf("similarity of the first alone: between %q and %q", from, to)
	}
	x := testimony{q: []float64{0.5, 0.5, 0.001, 0.5, 0.5}, own: []float64{0.5, 0.5, 0.5, 0.5, 0.5}, p: make([]map[string]float64, 5)}
	if from, to := w.edge(x); from != "b" || to != "c" {
		t.Errorf("similarity alone: between %q and %q", from, to)
	}
}

// The repeats leave out the same samples of the answers as of the similarities.
func TestProbedGroups(t *testing.T) {
	c := plant.New(1).Case()
	r, err := statistic.Collect(t.Context(), c, CulpritNeeds(), statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWitness(c, r, nil)
	p, err := prediction.Statistic.At(r, prediction.View(dataset.Val), prediction.Site)
	if err != nil {
		t.Fatal(err)
	}
	of := infer.Groups(infer.Seed(c.Seed, "pairs"), c.Source.Samples(capture.View{Split: dataset.Val}).Hashes, infer.JackknifeGroups)
	for w.without = range infer.JackknifeGroups {
		want := 0
		for i, g := range of {
			if g != w.without && p.Predicted[i] == p.Label[i] {
				want++
			}
		}
		if right, _ := w.probed(w.layers[len(w.layers)-1]); right != want {
			t.Errorf("without group %d: %d right, want %d", w.without, right, want)
		}
	}
}
