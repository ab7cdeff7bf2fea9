package statistic

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/internal/allocated"
)

// shelf keeps every state.
type shelf map[string][]byte

func (s shelf) Load(name string) ([]byte, error) { return s[name], nil }
func (s shelf) Save(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	err := write(&b)
	s[name] = b.Bytes()
	return err
}
func (s shelf) Due() bool { return true }

func interrupted(t *testing.T, n, blocks int, want ...Any) shelf {
	t.Helper()
	s := shelf{}
	_, err := Collect(t.Context(), Case{Source: &fake{n: n, workers: 4, stop: blocks}, Workers: 4}, want, Options{Store: s})
	if !errors.Is(err, errStopped) {
		t.Fatalf("error %v, want an interruption", err)
	}
	return s
}

func TestResumeGivesTheSameStates(t *testing.T) {
	const n, stop = 1500, 5
	a := live("a", val)
	whole := shelf{}
	want, err := a.At(collect(t, &fake{n: n, workers: 1}, Options{Store: whole}, a), val, fc)
	if err != nil {
		t.Fatal(err)
	}
	s := interrupted(t, n, stop, a)
	f := &fake{n: n, workers: 4}
	got, err := a.At(collect(t, f, Options{Store: s}, a), val, fc)
	if err != nil {
		t.Fatal(err)
	}
	if *got != *want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if b := f.blocks["val"]; len(b) == 0 || b[0] != stop {
		t.Errorf("blocks %v were read, want those from %d", b, stop)
	}
	if !maps.EqualFunc(s, whole, bytes.Equal) {
		t.Error("the saved states differ from those of a run without interruption")
	}
	// A third run has nothing to read.
	f = &fake{n: n, workers: 1}
	if got, err = a.At(collect(t, f, Options{Store: s}, a), val, fc); err != nil || *got != *want || len(f.views) != 0 {
		t.Errorf("%+v, %v; read %v", got, err, f.views)
	}
}

// What failed before an interruption has failed after it too, in the same words.
func TestResumeKeepsFailures(t *testing.T) {
	a := live("a", val)
	a.New = func(Env) (*sum, error) { return &sum{failAt: 130}, nil }
	b := live("b", val)
	b.New = func(Env) (*sum, error) { return nil, Unavailable("unit-budget", "too many units") }
	late := live("late", val)
	late.New = func(Env) (*sum, error) { return &sum{failAt: 900}, nil }
	s := interrupted(t, 1000, 3, a, b, late)
	r := collect(t, &fake{n: 1000, workers: 2}, Options{Store: s}, a, b, late)
	_, err := a.At(r, val, fc)
	wantReason(t, err, "odd", "sample 130 is odd")
	_, err = b.At(r, val, fc)
	wantReason(t, err, "unit-budget", "too many units")
	_, err = late.At(r, val, fc)
	wantReason(t, err, "odd", "sample 900 is odd")
}

func TestOtherRunsAreRefused(t *testing.T) {
	a := live("a", val)
	s := interrupted(t, 1000, 3, a)
	newer := live("a", val)
	newer.Version = 2
	elsewhere := live("a", elsewhere("x", capture.Maps))
	for name, c := range map[string]struct {
		n    int
		want []Any
	}{
		"another version":   {1000, []Any{newer}},
		"another statistic": {1000, []Any{live("b", val)}},
		"one more":          {1000, []Any{a, live("b", val)}},
		"another view":      {1000, []Any{elsewhere}},
		"more samples":      {1001, []Any{a}},
	} {
		_, err := Collect(t.Context(), Case{Source: &fake{n: c.n, workers: 1}}, c.want, Options{Store: maps.Clone(s)})
		if !errors.Is(err, ErrStale) {
			t.Errorf("%s: %v, want a stale state", name, err)
		}
	}
}

func TestBrokenStatesAreErrors(t *testing.T) {
	a := live("a", val)
	s := interrupted(t, 1000, 3, a)
	for name, b := range s {
		for cut := range len(b) {
			s[name] = b[:cut:cut]
			if _, err := Collect(t.Context(), Case{Source: &fake{n: 1000, workers: 1}}, []Any{a}, Options{Store: s}); err == nil && cut > 0 {
				t.Fatalf("%d of %d bytes were read", cut, len(b))
			}
		}
		s[name] = append(bytes.Clone(b), 0)
		if _, err := Collect(t.Context(), Case{Source: &fake{n: 1000, workers: 1}}, []Any{a}, Options{Store: s}); err == nil {
			t.Error("a byte too many was read")
		}
	}
	failing := badShelf{}
	if _, err := Collect(t.Context(), Case{Source: &fake{n: 1000, workers: 1}}, []Any{a}, Options{Store: failing}); !errors.Is(err, errDisk) {
		t.Errorf("%v, want that of the disk", err)
	}
}

var errDisk = errors.New("no space left on device")

type badShelf struct{}

func (badShelf) Load(string) ([]byte, error)              { return nil, nil }
func (badShelf) Save(string, func(io.Writer) error) error { return errDisk }
func (badShelf) Due() bool                                { return true }

// readingOf is a pass of two statistics of 1,000 samples.
func readingOf() *reading {
	d := &reading{pass: pass{view: val}, samples: 1000, failed: make([]failure, 2)}
	for _, name := range []string{"a", "b"} {
		k := At(val, fc)
		k.Statistic, k.Version = name, 1
		s := live(name, val)
		state, _ := s.start(Env{})
		d.tasks = append(d.tasks, task{s, Env{Key: k}})
		d.total = append(d.total, state)
	}
	return d
}

func FuzzSavedState(f *testing.F) {
	s := shelf{}
	d := readingOf()
	d.options.Store, d.name, d.done = s, "pass", 3
	if err := d.save(); err != nil {
		f.Fatal(err)
	}
	f.Add(s["pass"])
	d.failed[1] = failure{1, Unavailable("odd", "sample 1 is odd")}
	if err := d.save(); err != nil {
		f.Fatal(err)
	}
	f.Add(s["pass"])
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := readingOf()
		var err error
		allocated.Within(t, len(b), func() { err = d.read(b) })
		if err != nil {
			return
		}
		if d.done > d.blocks() {
			t.Fatalf("%d blocks of %d", d.done, d.blocks())
		}
		// What was read is written as it was.
		s := shelf{}
		d.options.Store = s
		if err := d.save(); err != nil {
			t.Fatal(err)
		}
		again := readingOf()
		if err := again.read(s[""]); err != nil || again.done != d.done {
			t.Fatalf("written and read again: %v", err)
		}
	})
}
