package statistic

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/graph"
)

// A live statistic after a replay waits a wave; a staged replay waits for a live pass after its needs.
func TestWaves(t *testing.T) {
	a := live("a", val)
	b := replay("b", rows, a)
	c := live("c", elsewhere("x", capture.Maps), b)
	d := replay("d", elsewhere("y", capture.Row), c)
	d.Staged = true
	d.Reads = func(_ Case, r *Results) []capture.Request {
		if len(r.Keys(c)) == 0 {
			return nil // what it reads depends on what c found
		}
		return []capture.Request{{View: elsewhere("y", capture.Row), Site: fc}}
	}
	var names [][]string
	for _, w := range waves([]Any{d, a}) {
		var ns []string
		for _, s := range w {
			n, _ := s.identity()
			ns = append(ns, n)
		}
		names = append(names, ns)
	}
	want := [][]string{{"a", "b"}, {"c"}, {"d"}}
	if !slices.EqualFunc(names, want, slices.Equal) {
		t.Errorf("waves %v, want %v", names, want)
	}
	f := &fake{n: 300, workers: 2}
	r := collect(t, f, Options{}, d, a)
	if want := []string{"val", "x/val", "y/val"}; !slices.Equal(f.views, want) {
		t.Errorf("views were read in the order %v, want %v", f.views, want)
	}
	if n, err := d.At(r, elsewhere("y", capture.Row), fc); err != nil || n != 300 {
		t.Errorf("%d rows, %v", n, err)
	}
	if s, err := c.At(r, elsewhere("x", capture.Maps), fc); err != nil || s.n != 300 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Rows that a replay of a later wave reads are kept in the first pass of their view, each once.
func TestRowsAreKeptOnce(t *testing.T) {
	a := live("a", val)
	first, second := replay("first", rows), replay("second", rows, replay("between", elsewhere("x", capture.Row), a))
	f := &fake{n: 200, workers: 1}
	collect(t, f, Options{}, a, first, second)
	if want := []string{"val", "x/val"}; !slices.Equal(f.views, want) {
		t.Errorf("views were read in the order %v, want %v", f.views, want)
	}
	want := []capture.Request{{View: rows, Site: fc}, {View: elsewhere("x", capture.Row), Site: fc}}
	if !slices.Equal(f.kept, want) {
		t.Errorf("kept %v, want %v", f.kept, want)
	}
}

func TestMemoryCutsPasses(t *testing.T) {
	a, b, c := live("a", val), live("b", val), live("c", val)
	p := replay("p", rows)
	whole := &fake{n: 300, workers: 1}
	want := collect(t, whole, Options{}, a, b, c, p)
	cut := &fake{n: 300, workers: 1}
	got := collect(t, cut, Options{Memory: 40}, a, b, c, p) // two states of 10 bytes, one for the block and one for the sum
	if len(whole.views) != 1 || len(cut.views) != 2 {
		t.Errorf("%d and %d passes, want 1 and 2", len(whole.views), len(cut.views))
	}
	if len(cut.kept) != 1 {
		t.Errorf("kept %v, want the rows once", cut.kept)
	}
	for _, s := range []*Live[*sum]{a, b, c} {
		x, err := s.At(want, val, fc)
		y, err2 := s.At(got, val, fc)
		if err != nil || err2 != nil || *x != *y {
			t.Errorf("%s: %+v and %+v, %v, %v", s.Name, x, y, err, err2)
		}
	}
}

// Replays run side by side as long as they fit the memory; one that never fits runs alone.
func TestReplaysFitTheMemory(t *testing.T) {
	for _, c := range []struct{ memory, most int64 }{{25, 2}, {5, 1}, {0, 4}} {
		var now, most atomic.Int64
		p := replay("p", rows)
		p.Keys = func(Case, *Results) (ks []Key, _ error) {
			for _, layer := range []string{"1", "2", "3", "4", "5", "6"} {
				ks = append(ks, At(rows, capture.Site{Layer: layer, Of: "activation"}))
			}
			return ks, nil
		}
		p.Compute = func(context.Context, Env) (int, error) {
			n := now.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			time.Sleep(time.Millisecond)
			now.Add(-1)
			return 0, nil
		}
		collect(t, &fake{n: 10, workers: 4}, Options{Memory: c.memory}, p)
		if got := most.Load(); got > c.most {
			t.Errorf("memory %d: %d ran side by side, want at most %d", c.memory, got, c.most)
		}
	}
}

func TestSameResultsForAnyNumberOfWorkers(t *testing.T) {
	a := live("a", val)
	var want *sum
	for _, workers := range []int{1, 2, 8} {
		s, err := a.At(collect(t, &fake{n: 3333, workers: workers}, Options{}, a), val, fc)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = s
		}
		if s.n != want.n || math.Float64bits(s.total) != math.Float64bits(want.total) {
			t.Errorf("%d workers: %+v, want %+v", workers, s, want)
		}
	}
}

func TestReasons(t *testing.T) {
	none := live("none", val)
	none.Keys = func(Case, *Results) ([]Key, error) { return nil, Unavailable("no-labels", "there are no labels") }
	absent := live("absent", val)
	absent.Keys = func(Case, *Results) ([]Key, error) {
		return []Key{At(val, capture.Site{Layer: "gone", Of: "activation"})}, nil
	}
	unable := live("unable", val)
	unable.New = func(Env) (*sum, error) { return nil, Unavailable("unit-budget", "too many units") }
	failing := live("failing", val)
	failing.New = func(Env) (*sum, error) { return &sum{failAt: 130}, nil }
	panicking := live("panicking", val)
	panicking.New = func(Env) (*sum, error) { return &sum{panicAt: 5}, nil }
	merging := live("merging", val)
	merging.New = func(Env) (*sum, error) { return &sum{mergeFails: true}, nil }
	broken := replay("broken", rows)
	broken.Compute = func(context.Context, Env) (int, error) { panic("index out of range") }
	fine := live("fine", val)
	other := replay("other", rows)

	f := &fake{n: 600, workers: 8, absent: map[capture.Site]bool{{Layer: "gone", Of: "activation"}: true}}
	r := collect(t, f, Options{}, none, absent, unable, failing, panicking, merging, broken, fine)
	at := func(s *Live[*sum], site capture.Site) error {
		_, err := s.At(r, val, site)
		return err
	}
	wantReason(t, at(none, fc), "no-labels", "there are no labels")
	wantReason(t, at(absent, capture.Site{Layer: "gone", Of: "activation"}), "no-site", "there is no gone")
	wantReason(t, at(unable, fc), "unit-budget", "too many units")
	wantReason(t, at(failing, fc), "odd", "sample 130 is odd")
	wantReason(t, at(panicking, fc), "failed", "panicking at fc activation, val: out of range")
	wantReason(t, at(merging, fc), "failed", "merging at fc activation, val: merging 2 units with 3")
	_, err := broken.At(r, rows, fc)
	wantReason(t, err, "failed", "broken at fc activation, val:row: index out of range")
	_, err = other.At(r, rows, fc)
	wantReason(t, err, "not-collected", "other at fc activation, val:row was not collected")
	if err := at(fine, fc); err != nil {
		t.Errorf("what was fine failed with the others: %v", err)
	}
	if ks := r.Keys(failing); len(ks) != 0 {
		t.Errorf("keys of what failed: %v", ks)
	}
}

func TestNetworksAreDefinedBeforeTheyAreRead(t *testing.T) {
	d := &defining{fake: fake{n: 10, workers: 1}}
	c := Case{Source: d, Networks: map[string]func(*Results) (*graph.Graph, error){"x": func(r *Results) (*graph.Graph, error) {
		return &graph.Graph{Name: "built"}, nil
	}}}
	if _, err := Collect(t.Context(), c, []Any{live("a", elsewhere("x", capture.Maps))}, Options{}); err != nil {
		t.Fatal(err)
	}
	if d.built != "built" {
		t.Errorf("network %q was built", d.built)
	}
}

// defining builds a network as soon as it is defined.
type defining struct {
	fake
	built string
}

func (d *defining) Define(_ string, build func() (*graph.Graph, error)) {
	if g, err := build(); err == nil {
		d.built = g.Name
	}
}

func TestCancelledCollectionEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := replay("p", rows)
	p.Compute = func(context.Context, Env) (int, error) {
		cancel()
		return 1, nil
	}
	if _, err := Collect(ctx, Case{Source: &fake{n: 10, workers: 2}}, []Any{p}, Options{}); err == nil {
		t.Error("no error")
	}
}
