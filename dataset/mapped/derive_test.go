package mapped

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
)

// What is made from a file takes 24 MiB of memory in all, however much it is; the rest lies in files that
// nobody finds.
func TestDerivedBytesLieInFilesWhereTheyAreMany(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	const size, parts = 10 << 20, 8
	m, _ := open(t, []byte("x"))
	content := func(k int) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{byte(k)}), size) }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var all []*File
	for k := range parts {
		f, err := m.Inflated(size, content(k))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > inMemory+1<<20 {
		t.Errorf("%d bytes of memory for %d", grown, size*parts)
	}
	for k, f := range all {
		want, _ := io.ReadAll(content(k))
		got := make([]byte, size)
		if n, err := f.ReadAt(got, 0); n != size || err != nil || !bytes.Equal(got, want) {
			t.Errorf("part %d: %d bytes, %v, or others than were written", k, n, err)
		}
		if f.Name() != m.Name() {
			t.Errorf("part %d is called %s", k, f.Name())
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 && runtime.GOOS != "windows" {
		t.Errorf("%d temporary files have names", len(left))
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	if _, err := all[parts-1].Bytes(0, 1); err == nil {
		t.Error("a part is open after its file was closed")
	}
}

func TestDerivedBytesMustBeAsManyAsSaid(t *testing.T) {
	for _, size := range []int64{10, inMemory + 1} {
		m := FromBytes("x", nil)
		for name, r := range map[string]io.Reader{
			"end after":  io.LimitReader(rand.NewChaCha8([32]byte{}), size-1),
			"do not end": io.LimitReader(rand.NewChaCha8([32]byte{}), size+1),
			"own":        io.MultiReader(strings.NewReader("1234"), broken{}),
		} {
			if _, err := m.Inflated(size, r); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%d bytes: %v, want %q", size, err, name)
			}
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("own") }

func TestNoPlaceForDerivedBytes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/none")
	t.Setenv("TMP", t.TempDir()+"/none")
	m := FromBytes("x", nil)
	_, err := m.Derive(inMemory+1, func(io.Writer) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "too large for memory") {
		t.Errorf("%v, want what could not be made", err)
	}
}
