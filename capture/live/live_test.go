package live_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
)

const healthy = "../../internal/golden/testdata/healthy"

func open(t *testing.T) (*graph.Graph, *live.Samples) {
	t.Helper()
	m, err := onnx.Read(filepath.Join(healthy, "cnn-1.onnx"), onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(context.Background(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := g.Inputs[0]
	shape := make([]int, len(in.Shape))
	for i, d := range in.Shape {
		shape[i] = d.Size
	}
	set, err := dataset.Open(filepath.Join(healthy, "data.npz"), dataset.Options{Inputs: []dataset.Input{{Name: in.Name, Shape: shape, DType: in.DType}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	others, _ := set.Alternatives()
	return g, live.Choose(set, 300, others)
}

var (
	view = capture.View{Split: dataset.Val}
	conv = capture.Site{Layer: "features.3", Of: finding.Activation}
	out  = capture.Site{Layer: "output", Of: finding.Output}
)

// read runs a view and returns the blocks in the order they were reported done, and how many samples
// were shown at the convolution.
func read(t *testing.T, s *live.Source, skip int) (done []int, shown int) {
	t.Helper()
	row := view
	row.Reduce = capture.Row
	var mu sync.Mutex
	err := s.Read(context.Background(), view, []capture.Site{conv, out}, capture.Reader{
		Keep: []capture.Request{{View: row, Site: conv}, {View: row, Site: out}},
		Skip: func(b int) bool { return b < skip },
		Fold: func(int) capture.Fold {
			return func(q capture.Request, r capture.Rows) error {
				if q.Site == conv {
					mu.Lock()
					shown += r.X.Dim(0)
					mu.Unlock()
				}
				return nil
			}
		},
		Done: func(b int) error { done = append(done, b); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return done, shown
}

func TestBlocksAreDoneInOrderAndRowsDoNotDependOnWorkers(t *testing.T) {
	g, data := open(t)
	var first capture.Matrix
	for _, workers := range []int{1, 2, 8} {
		s := live.New(g, data, live.Options{Engine: native.Engine{}, Workers: workers})
		done, shown := read(t, s, 0)
		if !slices.Equal(done, []int{0, 1, 2}) || shown != 300 {
			t.Fatalf("%d workers: blocks %v, %d samples", workers, done, shown)
		}
		row := view
		row.Reduce = capture.Row
		m, err := capture.All(s.Table(row, conv))
		if err != nil || m.N != 300 || m.D != 24 {
			t.Fatalf("%d x %d rows, %v", m.N, m.D, err)
		}
		if workers == 1 {
			first = m
		} else if !slices.Equal(m.X, first.X) {
			t.Fatalf("%d workers give other values than one", workers)
		}
	}
}

func TestFinishedBlocksAreSkipped(t *testing.T) {
	g, data := open(t)
	done, shown := read(t, live.New(g, data, live.Options{Engine: native.Engine{}, Workers: 2}), 2)
	if !slices.Equal(done, []int{2}) || shown != 300-2*capture.Block {
		t.Fatalf("blocks %v, %d samples shown", done, shown)
	}
}

func TestOffersSayWhyNot(t *testing.T) {
	g, data := open(t)
	s := live.New(g, data, live.Options{Engine: native.Engine{}})
	for code, ask := range map[string]capture.Request{
		"no-layer":     {View: view, Site: capture.Site{Layer: "nowhere", Of: finding.Activation}},
		"no-norm":      {View: view, Site: capture.Site{Layer: "features.3", Of: finding.PreNorm}},
		"not-recorded": {View: view, Site: capture.Site{Layer: "features.3", Of: finding.Gradient}},
		"no-samples":   {View: capture.View{Split: dataset.Deploy}, Site: conv},
		"no-reference": {View: capture.View{Split: dataset.Val, Network: "teacher"}, Site: conv},
		"no-condition": {View: capture.View{Split: dataset.Val, Condition: capture.Condition{Name: "fog"}}, Site: conv},
	} {
		var u *capture.Unavailable
		if err := s.Offers(ask.View, ask.Site); !errors.As(err, &u) || u.Code != code {
			t.Errorf("%v: %v, want %s", ask, err, code)
		}
	}
	if err := s.Offers(view, conv); err != nil {
		t.Error(err)
	}
}

// An asked engine keeps what it was asked for.
type asked struct {
	engine.Engine
	workers int
}

func (a *asked) Compile(ctx context.Context, g *graph.Graph, o engine.Options) (engine.Program, error) {
	a.workers = o.Workers
	return a.Engine.Compile(ctx, g, o)
}

func TestFewBlocksUseAllWorkers(t *testing.T) {
	g, data := open(t)
	for workers, each := range map[int]int{1: 1, 3: 1, 8: 2, 16: 5} { // three blocks
		e := &asked{Engine: native.Engine{}}
		read(t, live.New(g, data, live.Options{Engine: e, Workers: workers}), 0)
		if e.workers != each {
			t.Errorf("%d workers: %d for each of three runs, want %d", workers, e.workers, each)
		}
	}
}

func TestAnInterruptionStopsTheReading(t *testing.T) {
	g, data := open(t)
	s := live.New(g, data, live.Options{Engine: native.Engine{}, Workers: 2})
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Read(ctx, view, []capture.Site{conv}, capture.Reader{
		Fold: func(int) capture.Fold {
			return func(capture.Request, capture.Rows) error { cancel(); return nil }
		},
		Done: func(int) error { return nil },
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want %v", err, context.Canceled)
	}
}

func TestTooLittleMemoryIsRefusedBeforeRunning(t *testing.T) {
	g, data := open(t)
	s := live.New(g, data, live.Options{Engine: native.Engine{}, Workers: 2, Memory: 1000})
	err := s.Read(context.Background(), view, []capture.Site{conv}, capture.Reader{})
	var m *engine.MemoryError
	if !errors.As(err, &m) || m.Limit != 1000 {
		t.Fatalf("%v, want a memory error", err)
	}
}

// A mistake in what looks at the values reaches who reads, and no worker waits for ever.
func TestPanicsReachTheReader(t *testing.T) {
	g, data := open(t)
	for _, workers := range []int{1, 3} {
		s := live.New(g, data, live.Options{Engine: native.Engine{}, Workers: workers})
		got := func() (r any) {
			defer func() { r = recover() }()
			_ = s.Read(context.Background(), view, []capture.Site{conv}, capture.Reader{
				Fold: func(int) capture.Fold { panic("mine") },
				Done: func(int) error { return nil },
			})
			return nil
		}()
		if got != "mine" {
			t.Errorf("%d workers: the reader sees %v", workers, got)
		}
	}
}
