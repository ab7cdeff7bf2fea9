package recording

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
)

// pattern makes floats comparable, those that are not numbers too.
func pattern(v []float32) []uint32 {
	out := make([]uint32, len(v))
	for i, x := range v {
		out[i] = math.Float32bits(x)
	}
	return out
}

// read gives everything a source shows of some sites under a view, by site, in the order of the samples.
func read(t *testing.T, s capture.Source, v capture.View, sites []capture.Site) (map[capture.Site][]uint32, []int) {
	t.Helper()
	n := s.Samples(v).Len()
	out := map[capture.Site][]uint32{}
	var order []int
	var mu sync.Mutex
	err := s.Read(context.Background(), v, sites, capture.Reader{
		Fold: func(b int) capture.Fold {
			return func(q capture.Request, r capture.Rows) error {
				mu.Lock()
				defer mu.Unlock()
				each := r.X.Len() / r.X.Dim(0)
				if out[q.Site] == nil {
					out[q.Site] = make([]uint32, n*each)
				}
				copy(out[q.Site][r.First*each:], pattern(r.X.Float32s()))
				return nil
			}
		},
		Done: func(b int) error { order = append(order, b); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, order
}

func TestRecordingShowsWhatTheRunShowed(t *testing.T) {
	src := newRun()
	rec := mustOpen(t, record(t, src, Plan{Task: Task{Kind: "classification", Classes: []string{"a", "b", "c"}, Output: "logits"}}), Options{Workers: 3})
	if got := rec.Splits(); !slices.Equal(got, []dataset.Split{dataset.Train, dataset.Val}) {
		t.Fatalf("splits %v", got)
	}
	if rec.Output() != "logits" || rec.Task().Kind != dataset.Classification || len(rec.Task().Classes) != 3 {
		t.Errorf("task %v, output %q", rec.Task(), rec.Output())
	}
	sites := []capture.Site{{Layer: "input", Of: finding.Input}, {Layer: "output", Of: finding.Output}, {Layer: "stem.conv", Of: finding.PreNorm}}
	for _, l := range src.layers {
		sites = append(sites, capture.Site{Layer: l.Name, Of: finding.Activation})
	}
	for _, v := range []capture.View{{Split: dataset.Val}, {Split: dataset.Train}} {
		if want, got := src.Samples(v), rec.Samples(v); !reflect.DeepEqual(want, got) {
			t.Errorf("%s: samples differ:\n%v\n%v", v, want, got)
		}
		want, _ := read(t, src, v, sites)
		got, order := read(t, rec, v, sites)
		if !reflect.DeepEqual(want, got) || !slices.IsSorted(order) {
			t.Errorf("%s: values differ, blocks %v", v, order)
		}
		for _, by := range []capture.Reduction{capture.Row, capture.Spot, capture.Flat, capture.Mean} {
			for _, site := range sites {
				w := v
				w.Reduce = by
				a, err := capture.All(src.Table(w, site))
				b, err2 := capture.All(rec.Table(w, site))
				if err != nil || err2 != nil || a.N != b.N || a.D != b.D || !slices.Equal(pattern(a.X), pattern(b.X)) {
					t.Errorf("%s %v: rows differ, %v, %v", w, site, err, err2)
				}
			}
		}
		a, _ := src.Fingerprint(v, 3)
		if b, err := rec.Fingerprint(v, 3); err != nil || a != b {
			t.Errorf("%s: fingerprint %x, %v, want %x", v, b, err, a)
		}
	}
	v := capture.View{Split: dataset.Val, Condition: capture.Condition{Name: capture.Preprocessed, Level: 1}, Reduce: capture.Row}
	a, _ := capture.All(src.Table(v, outputSite))
	b, err := capture.All(rec.Table(v, outputSite))
	if err != nil || !slices.Equal(pattern(a.X), pattern(b.X)) || !slices.Equal(rec.Alternatives(), []string{"0-1"}) {
		t.Errorf("under another preprocessing: %v", err)
	}
}

func TestLayersComeBack(t *testing.T) {
	src := newRun()
	rec := mustOpen(t, record(t, src, Plan{}), Options{})
	for i, want := range src.layers {
		got := rec.Layers("")[i]
		got.Input, got.Linear, got.Before, got.Output = "", "", "", "" // names of values, which a recording has none of
		want.Norm = nil
		if want.Stage == "" {
			want.Stage = "stem"
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("layer %d:\n%+v\nwant\n%+v", i, got, want)
		}
	}
	if rec.Layers("initial") != nil {
		t.Error("layers of another network")
	}
}

// What is kept while reading gives the rows that reading the recording again gives.
func TestKeptRowsAreThoseOfTheRecording(t *testing.T) {
	dir := record(t, newRun(), Plan{})
	site := capture.Site{Layer: "stem.conv", Of: finding.Activation}
	v := capture.View{Split: dataset.Train}
	w := capture.View{Split: dataset.Train, Reduce: capture.Spot}
	fresh, kept, part := mustOpen(t, dir, Options{}), mustOpen(t, dir, Options{Workers: 2}), mustOpen(t, dir, Options{})
	want, err := capture.All(fresh.Table(w, site))
	if err != nil {
		t.Fatal(err)
	}
	for skip, rec := range map[int]*Recording{0: kept, 1: part} {
		err := rec.Read(context.Background(), v, []capture.Site{site}, capture.Reader{Keep: []capture.Request{{View: w, Site: site}},
			Skip: func(b int) bool { return b < skip },
			Fold: func(int) capture.Fold { return func(capture.Request, capture.Rows) error { return nil } }, Done: func(int) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		got, err := capture.All(rec.Table(w, site))
		if err != nil || !slices.Equal(pattern(got.X), pattern(want.X)) {
			t.Errorf("after %d skipped blocks: rows differ, %v", skip, err)
		}
	}
	if len(kept.kept) != 1 || len(part.kept) != 0 {
		t.Errorf("%d and %d rows kept, want 1 and 0", len(kept.kept), len(part.kept))
	}
}

// A recording that was stopped goes on with the blocks that are missing, and ends as one that was not.
func TestResume(t *testing.T) {
	src := newRun()
	want := record(t, src, Plan{})
	dir := filepath.Join(t.TempDir(), "recording")
	p := Plan{Splits: []dataset.Split{dataset.Val, dataset.Train}, Model: Model{SHA256: "1"}}
	src.fail = 1
	if err := Record(context.Background(), src, dir, p); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if _, err := Open(context.Background(), dir, Options{}); err == nil {
		t.Error("half a recording was opened")
	}
	mustOpen(t, dir, Options{Partial: true})
	src.fail = 0
	if err := Record(context.Background(), src, dir, p); err == nil {
		t.Error("a recording was written over")
	}
	p.Resume = true
	other := p
	other.Model.SHA256 = "2"
	if err := Record(context.Background(), src, dir, other); !errors.Is(err, ErrStale) {
		t.Errorf("another network's recording was gone on with: %v", err)
	}
	fewer := newRun()
	fewer.n[dataset.Val] = 149
	if err := Record(context.Background(), fewer, dir, p); !errors.Is(err, ErrStale) {
		t.Errorf("a recording of other samples was gone on with: %v", err)
	}
	if err := Record(context.Background(), src, dir, p); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"val-00000.safetensors", "val-00001.safetensors", "train-00002.safetensors", SamplesName} {
		a, err := os.ReadFile(filepath.Join(want, name))
		b, err2 := os.ReadFile(filepath.Join(dir, name))
		if err != nil || err2 != nil || !slices.Equal(a, b) {
			t.Errorf("%s differs: %v, %v", name, err, err2)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if len(left) > 0 {
		t.Errorf("files left: %q", left)
	}
}

func TestReducedSites(t *testing.T) {
	src := newRun()
	rec := mustOpen(t, record(t, src, Plan{Reduce: capture.Mean}), Options{})
	code := func(layer string, of finding.Quantity, by capture.Reduction) string {
		err := rec.Offers(capture.View{Split: dataset.Val, Reduce: by}, capture.Site{Layer: layer, Of: of})
		var u *capture.Unavailable
		if errors.As(err, &u) {
			return u.Code
		}
		return ""
	}
	for _, c := range []struct {
		layer string
		of    finding.Quantity
		by    capture.Reduction
		want  string
	}{
		{"stem.conv", finding.Activation, capture.Row, ""},
		{"stem.conv", finding.Activation, capture.Maps, ""}, // of a rectifier: the mean is above zero where some position is
		{"stem.conv", finding.Activation, capture.Spot, "reduced"},
		{"stem.conv", finding.PreNorm, capture.Maps, "not-recorded"},
		{"blocks.0.fc", finding.Activation, capture.Maps, "reduced"},
		{"blocks.0.fc", finding.Activation, capture.Mean, ""},
		{"head", finding.Activation, capture.Spot, ""},
		{"head", finding.Gradient, capture.Row, "not-recorded"},
		{"nowhere", finding.Activation, capture.Row, "no-layer"},
	} {
		if got := code(c.layer, c.of, c.by); got != c.want {
			t.Errorf("%s %s %q: reason %q, want %q", c.layer, c.of, c.by, got, c.want)
		}
	}
	v := capture.View{Split: dataset.Val, Reduce: capture.Row}
	for _, l := range src.layers {
		site := capture.Site{Layer: l.Name, Of: finding.Activation}
		a, _ := capture.All(src.Table(v, site))
		b, err := capture.All(rec.Table(v, site))
		if err != nil || !slices.Equal(pattern(a.X), pattern(b.X)) {
			t.Errorf("%s: rows differ, %v", l.Name, err)
		}
	}
	for _, v := range []capture.View{{Split: dataset.Test}, {Split: dataset.Val, Network: "initial"}, {Split: dataset.Val, Step: 7},
		{Split: dataset.Val, Condition: capture.Condition{Name: "noise", Level: 2}}} {
		var u *capture.Unavailable
		if err := rec.Offers(v, outputSite); !errors.As(err, &u) {
			t.Errorf("%s is offered: %v", v, err)
		}
	}
}
