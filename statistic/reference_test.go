package statistic

import (
	"context"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
)

// A noting source writes down which networks it was asked for.
type noting struct{ asked []string }

func (n *noting) note(name string) { n.asked = append(n.asked, name) }

func (n *noting) Layers(network string) []graph.Layer { n.note("layers " + network); return nil }
func (n *noting) Samples(v capture.View) capture.Samples {
	n.note("samples " + v.Network)
	return capture.Samples{}
}
func (n *noting) Define(name string, build func() (*graph.Graph, error)) {
	g, _ := build()
	n.note("define " + name + " as " + g.Name)
}
func (n *noting) Offers(v capture.View, _ capture.Site) error {
	n.note("offers " + v.Network)
	return nil
}
func (n *noting) Table(v capture.View, _ capture.Site) (capture.Table, error) {
	n.note("table " + v.Network)
	return capture.Table{}, nil
}
func (n *noting) Read(_ context.Context, v capture.View, _ []capture.Site, r capture.Reader) error {
	n.note("read " + v.Network + " keeping " + r.Keep[0].View.Network)
	return nil
}

// The network of a reference's case is the reference, its twins and re-estimated forms are named after it, and
// nothing of the network under examination goes along.
func TestOfReference(t *testing.T) {
	src := &noting{}
	c := Case{Source: src, Graph: &graph.Graph{Name: "own"}, Initial: &graph.Graph{}, Patched: []string{"l"}, Splits: []dataset.Split{dataset.Val}, Classes: 3, Seed: 7, Comparison: Comparison{Fast: true},
		References: []*graph.Graph{{Name: "first"}, {Name: "second", Layers: []graph.Layer{{Name: "l"}}}}}
	x := c.OfReference(1)
	if x.Graph.Name != "second" || len(x.Layers) != 1 || x.Initial != nil || x.References != nil || x.Patched != nil || x.Networks != nil || x.Classes != 3 || x.Seed != 7 || !x.Comparison.Fast || !x.Has(dataset.Val) {
		t.Errorf("%+v", x)
	}
	s := x.Source
	s.Layers("")
	s.Samples(capture.View{})
	if err := s.Offers(capture.View{Network: "renorm"}, capture.Site{}); err != nil {
		t.Error(err)
	}
	s.Define("twin-1", func() (*graph.Graph, error) { return &graph.Graph{Name: "drawn"}, nil })
	if _, err := s.Table(capture.View{Network: "twin-1"}, capture.Site{}); err != nil {
		t.Error(err)
	}
	keep := []capture.Request{{}}
	if err := s.Read(t.Context(), capture.View{}, nil, capture.Reader{Keep: keep}); err != nil || keep[0].View.Network != "" {
		t.Errorf("%v; what the caller wants kept became %+v", err, keep)
	}
	want := []string{"define reference-2 as second", "layers reference-2", "layers reference-2", "samples reference-2", "offers reference-2/renorm",
		"define reference-2/twin-1 as drawn", "table reference-2/twin-1", "read reference-2 keeping reference-2"}
	if !slices.Equal(src.asked, want) {
		t.Errorf("asked for %q, want %q", src.asked, want)
	}
}

// What a reference's case keeps lies under its name.
func TestKeeperOfReference(t *testing.T) {
	all := capture.NewMemory()
	c := Case{Source: &noting{}, Keeper: all, References: []*graph.Graph{{Name: "first"}}}
	k, q := c.OfReference(0).Keeper, capture.Request{View: capture.View{Network: "twin"}, Site: capture.Site{Layer: "l"}}
	if err := k.Create(q, 2, 1); err != nil {
		t.Fatal(err)
	}
	if err := k.Put(q, 1, []float32{7}); err != nil {
		t.Fatal(err)
	}
	if _, err := all.Table(q); err == nil {
		t.Error("the rows lie under the name of the network under examination")
	}
	outer := capture.Request{View: capture.View{Network: "reference-1/twin"}, Site: q.Site}
	for name, table := range map[string]func() (capture.Table, error){"inside": func() (capture.Table, error) { return k.Table(q) }, "outside": func() (capture.Table, error) { return all.Table(outer) }} {
		rows, err := table()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m, err := rows.Matrix(); err != nil || m.N != 2 || m.X[1] != 7 {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	if (Case{Source: &noting{}, References: c.References}).OfReference(0).Keeper != nil {
		t.Error("a reference has a keeper that its case has not")
	}
}
