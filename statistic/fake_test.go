package statistic

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
)

// fake is a source of samples without values: what is summed are their numbers. Blocks run side by side.
type fake struct {
	n, workers int
	stop       int // blocks after which it is interrupted, 0 for never
	absent     map[capture.Site]bool

	mu     sync.Mutex
	views  []string          // as they were read
	blocks map[string][]int  // blocks shown by view
	kept   []capture.Request // in order
}

func (f *fake) Layers(string) []graph.Layer { return nil }

func (f *fake) Samples(capture.View) capture.Samples {
	s := capture.Samples{IDs: make([]string, f.n)}
	for i := range f.n {
		s.Hashes = append(s.Hashes, uint64(i))
	}
	return s
}

func (f *fake) Define(string, func() (*graph.Graph, error)) {}

func (f *fake) Offers(_ capture.View, s capture.Site) error {
	if f.absent[s] {
		return Unavailable("no-site", "there is no %s", s.Layer)
	}
	return nil
}

var errStopped = errors.New("stopped")

func (f *fake) Read(_ context.Context, v capture.View, sites []capture.Site, r capture.Reader) error {
	f.mu.Lock()
	f.views = append(f.views, v.String())
	f.kept = append(f.kept, r.Keep...)
	if f.blocks == nil {
		f.blocks = map[string][]int{}
	}
	f.mu.Unlock()
	ids := f.Samples(v).Hashes
	count := (f.n + capture.Block - 1) / capture.Block
	ready := make([]chan error, count)
	var turn sync.WaitGroup
	limit := make(chan struct{}, max(1, f.workers))
	for b := range count {
		ready[b] = make(chan error, 1)
		if r.Skip != nil && r.Skip(b) {
			ready[b] <- nil
			continue
		}
		turn.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			fold := r.Fold(b)
			lo, hi := b*capture.Block, min(f.n, (b+1)*capture.Block)
			for _, s := range sites {
				if err := fold(capture.Request{View: v, Site: s}, capture.Rows{First: lo, IDs: ids[lo:hi]}); err != nil {
					ready[b] <- err
					return
				}
			}
			ready[b] <- nil
		})
	}
	defer turn.Wait()
	done := 0
	for b := range count {
		if err := <-ready[b]; err != nil {
			return err
		}
		if r.Skip != nil && r.Skip(b) {
			continue
		}
		f.blocks[v.String()] = append(f.blocks[v.String()], b)
		if err := r.Done(b); err != nil {
			return err
		}
		if done++; f.stop > 0 && done == f.stop {
			return errStopped
		}
	}
	return nil
}

func (f *fake) Table(v capture.View, s capture.Site) (capture.Table, error) {
	q := capture.Request{View: v, Site: s}
	if !slices.Contains(f.kept, q) {
		return capture.Table{}, Unavailable("not-kept", "no rows of %s under %s", s.Layer, v)
	}
	return capture.Matrix{X: make([]float32, f.n), N: f.n, D: 1}.Table(), nil
}

// sum adds numbers whose sum depends on the order, so that a changed order changes bytes.
type sum struct {
	n, failAt, panicAt int
	total              float64
	mergeFails         bool
}

func (s *sum) Add(r capture.Rows) error {
	for _, id := range r.IDs {
		switch {
		case s.failAt > 0 && int(id) >= s.failAt:
			return fmt.Errorf("sample %d: %w", id, Unavailable("odd", "sample %d is odd", id))
		case s.panicAt > 0 && int(id) == s.panicAt:
			panic("out of range")
		}
		s.n++
		s.total += 1 / (3 + float64(id))
	}
	return nil
}

func (s *sum) Merge(o *sum) error {
	if s.mergeFails {
		return errors.New("merging 2 units with 3")
	}
	s.n += o.n
	s.total += o.total
	return nil
}

func (s *sum) AppendBinary(b []byte) ([]byte, error) {
	b = binary.LittleEndian.AppendUint64(b, uint64(s.n))
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(s.total)), nil
}

func (s *sum) UnmarshalBinary(b []byte) error {
	if len(b) != 16 {
		return fmt.Errorf("%d bytes, want 16", len(b))
	}
	s.n, s.total = int(binary.LittleEndian.Uint64(b)), math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))
	return nil
}

var (
	val  = capture.View{Split: dataset.Val}
	rows = capture.View{Split: dataset.Val, Reduce: capture.Row}
	fc   = capture.Site{Layer: "fc", Of: "activation"}
)

func elsewhere(network string, by capture.Reduction) capture.View {
	return capture.View{Network: network, Split: dataset.Val, Reduce: by}
}

// live is a statistic of one site.
func live(name string, v capture.View, needs ...Any) *Live[*sum] {
	return &Live[*sum]{Name: name, Version: 1, Needs: needs,
		Keys: func(Case, *Results) ([]Key, error) { return []Key{At(v, fc)}, nil },
		Cost: func(Env) Cost { return Cost{Bytes: 10} },
		New:  func(Env) (*sum, error) { return &sum{}, nil }}
}

// replay counts the rows of one site.
func replay(name string, v capture.View, needs ...Any) *Replay[int] {
	return &Replay[int]{Name: name, Version: 1, Needs: needs,
		Reads: func(Case, *Results) []capture.Request { return []capture.Request{{View: v, Site: fc}} },
		Keys:  func(Case, *Results) ([]Key, error) { return []Key{At(v, fc)}, nil },
		Cost:  func(Env) Cost { return Cost{Bytes: 10} },
		Compute: func(_ context.Context, e Env) (int, error) {
			m, err := e.Case.Source.Table(e.Key.View, e.Key.A)
			return m.N, err
		}}
}

func collect(t *testing.T, f *fake, o Options, want ...Any) *Results {
	t.Helper()
	r, err := Collect(t.Context(), Case{Source: f, Workers: f.workers}, want, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantReason(t *testing.T, err error, code, why string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	if c, w := Reason(err); c != code || w != why {
		t.Errorf("%s: %s; want %s: %s", c, w, code, why)
	}
}
