package recording

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/allocated"
)

// FuzzCache opens a cache whose heading and file of rows are any bytes, as one that goes on does.
func FuzzCache(f *testing.F) {
	q := capture.Request{View: capture.View{Split: dataset.Val, Reduce: capture.Row}, Site: capture.Site{Layer: "fc", Of: finding.Activation}}
	dir := f.TempDir()
	c, err := OpenCache(dir, "k", false)
	if err != nil {
		f.Fatal(err)
	}
	if err := c.Create(q, 3, 2); err != nil {
		f.Fatal(err)
	}
	if err := c.Put(q, 0, []float32{1, 2, 3, 4, 5, 6}); err != nil {
		f.Fatal(err)
	}
	if err := c.Close(); err != nil {
		f.Fatal(err)
	}
	var seed [][]byte
	for _, name := range []string{cacheName, rowsName(q)} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		seed = append(seed, b)
	}
	f.Add(seed[0], seed[1])
	f.Add(seed[0], seed[1][:20])
	f.Add([]byte("{}"), []byte{})
	f.Fuzz(func(t *testing.T, heading, rows []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{cacheName: heading, rowsName(q): rows} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		allocated.Within(t, len(heading)+len(rows), func() {
			c, err := OpenCache(dir, "k", false)
			if err != nil {
				return
			}
			defer c.Close()
			x, err := c.Table(q)
			if err == nil && x.N > 0 && x.D <= 1<<16 {
				_ = x.Gather(make([]float32, x.D), []int{x.N - 1})
			}
		})
	})
}

// FuzzPlain opens folders of .npy files made of a layer, labels and parts.
func FuzzPlain(f *testing.F) {
	dir := plainFolder(f)
	names := []string{"2-conv1.npy", "labels.npy", "split.npy"}
	var seed [][]byte
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		seed = append(seed, b)
	}
	f.Add(seed[0], seed[1], seed[2])
	f.Add(seed[0][:100], seed[1], seed[2])
	f.Add(seed[1], seed[2], []byte{})
	f.Fuzz(func(t *testing.T, layer, labels, split []byte) {
		dir := t.TempDir()
		for i, b := range [][]byte{layer, labels, split} {
			if err := os.WriteFile(filepath.Join(dir, names[i]), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		allocated.Within(t, len(layer)+len(labels)+len(split), func() {
			r, err := Open(context.Background(), dir, Options{})
			if err != nil {
				return
			}
			defer r.Close()
			for _, l := range r.Layers("") {
				if l.Index != 1 || l.Units < 0 {
					t.Errorf("layer %+v", l)
				}
			}
		})
	})
}
