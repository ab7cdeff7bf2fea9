package recording

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/allocated"
)

var rowsOf4 = capture.Request{View: capture.View{Split: "val", Reduce: capture.Row}, Site: capture.Site{Layer: "layer1/0.conv", Of: finding.Activation}}

func fill(t *testing.T, k capture.Keeper, from, to int) {
	t.Helper()
	if err := k.Create(rowsOf4, 40, 4); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for lo := from; lo < to; lo += 8 {
		wg.Go(func() {
			rows := make([]float32, 8*4)
			for i := range rows {
				rows[i] = float32(lo*4 + i + 1)
			}
			if err := k.Put(rowsOf4, lo, rows); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A cache holds what memory holds, over a restart in the middle.
func TestCacheKeepsRows(t *testing.T) {
	dir := t.TempDir()
	want := capture.NewMemory()
	fill(t, want, 0, 40)
	c, err := OpenCache(dir, "k", false)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, c, 16, 40) // the last rows before the restart, so that Create must leave them
	if err := errors.Join(c.Flush(), c.Close()); err != nil {
		t.Fatal(err)
	}
	if c, err = OpenCache(dir, "k", false); err != nil {
		t.Fatal(err)
	}
	fill(t, c, 0, 16)
	a, _ := capture.All(want.Table(rowsOf4))
	b, err := capture.All(c.Table(rowsOf4))
	if err != nil || b.N != a.N || b.D != a.D || !slices.Equal(a.X, b.X) {
		t.Errorf("rows %v, %v, want %v", b, err, a)
	}
	if err := c.Create(rowsOf4, 41, 4); err == nil {
		t.Error("rows of another number were made room for")
	}
	if err := c.Put(rowsOf4, 39, make([]float32, 8)); err == nil {
		t.Error("a row past the end was put")
	}
	other := rowsOf4
	other.View.Step = 1
	var u *capture.Unavailable
	if _, err := c.Table(other); !errors.As(err, &u) || u.Code != "not-kept" {
		t.Errorf("rows of another view: %v", err)
	}
	if err := c.Put(other, 0, make([]float32, 4)); err == nil {
		t.Error("rows were put that no room was made for")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = OpenCache(dir, "k", false); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Create(rowsOf4, 41, 4); !errors.Is(err, ErrStale) {
		t.Errorf("rows of another number after a restart: %v", err)
	}
}

func TestCacheOfAnotherKeyIsRefused(t *testing.T) {
	dir := t.TempDir()
	c, err := OpenCache(dir, "one", false)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, c, 0, 40)
	if err := errors.Join(c.Save("wave-0", bytesOf([]byte("state"))), c.Close()); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "mine.safetensors")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCache(dir, "two", false); !errors.Is(err, ErrStale) {
		t.Errorf("another network's cache: %v", err)
	}
	if c, err = OpenCache(dir, "two", true); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, err := c.Load("wave-0"); b != nil || err != nil {
		t.Errorf("state of the old key: %q, %v", b, err)
	}
	if _, err := c.Table(rowsOf4); err == nil {
		t.Error("rows of the old key")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error("a file that is not the cache's was removed")
	}
}

func TestStates(t *testing.T) {
	dir := t.TempDir()
	c, err := OpenCache(dir, "k", false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Due() {
		t.Error("a save is due right away")
	}
	if b, err := c.Load("a"); b != nil || err != nil {
		t.Errorf("nothing was saved: %q, %v", b, err)
	}
	for _, state := range [][]byte{bytes.Repeat([]byte{1}, 1000), []byte("short")} {
		if err := c.Save("wave-0-pass-1", bytesOf(state)); err != nil {
			t.Fatal(err)
		}
		if b, err := c.Load("wave-0-pass-1"); !bytes.Equal(b, state) || err != nil {
			t.Errorf("loaded %q, %v, want %q", b, err, state)
		}
	}
	path := filepath.Join(dir, stateName("wave-0-pass-1"))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		if err := os.WriteFile(path, whole[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Load("wave-0-pass-1"); !errors.Is(err, ErrStale) {
			t.Errorf("cut to %d bytes: %v", at, err)
		}
	}
}

func FuzzState(f *testing.F) {
	dir := f.TempDir()
	c, err := OpenCache(dir, "k", false)
	if err != nil {
		f.Fatal(err)
	}
	if err := c.Save("s", bytesOf([]byte("state"))); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, stateName("s"))
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(stateHead))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, stateName("s")), b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := OpenCache(dir, "k", false)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var got []byte
		allocated.Within(t, len(b), func() { got, err = c.Load("s") })
		if err == nil && (string(got) != "state" || !bytes.Equal(b, good)) {
			t.Errorf("a state of %d bytes that nobody saved", len(got))
		}
	})
}

func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}
