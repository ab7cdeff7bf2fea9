package mapped

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func open(t *testing.T, data []byte) (*File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, path
}

func TestBytesAreThoseOfTheFile(t *testing.T) {
	m, _ := open(t, []byte("0123456789"))
	b, err := m.Bytes(3, 4)
	if err != nil || !bytes.Equal(b, []byte("3456")) {
		t.Fatalf("bytes 3 to 7 = %q, %v", b, err)
	}
	p := make([]byte, 8)
	if n, err := m.ReadAt(p, 6); n != 4 || err != io.EOF || string(p[:4]) != "6789" {
		t.Fatalf("ReadAt over the end: %d, %v, %q", n, err, p[:n])
	}
}

func TestBytesOutsideAreRefused(t *testing.T) {
	m, _ := open(t, []byte("0123456789"))
	for _, r := range [][2]int64{{-1, 2}, {0, 11}, {10, 1}, {1 << 62, 1 << 62}, {3, -1}} {
		if _, err := m.Bytes(r[0], r[1]); err == nil {
			t.Errorf("%d bytes from %d were given", r[1], r[0])
		}
	}
}

// A file that is truncated under a mapping faults on the pages that are gone and reads zeros on the
// rest of the last one: both must be errors.
func TestTruncatedWhileRead(t *testing.T) {
	for _, left := range []int64{0, 100, 5000} {
		m, path := open(t, bytes.Repeat([]byte{7}, 1<<20))
		if err := os.Truncate(path, left); err != nil {
			t.Fatal(err)
		}
		sum := 0
		err := m.Guard(func() error {
			b, err := m.Bytes(0, m.Size())
			for _, v := range b {
				sum += int(v)
			}
			return err
		})
		if !errors.Is(err, ErrShrunk) {
			t.Errorf("cut to %d bytes: %v, want ErrShrunk", left, err)
		}
		if _, err := m.ReadAt(make([]byte, 4096), 0); !errors.Is(err, ErrShrunk) {
			t.Errorf("cut to %d bytes: ReadAt gave %v, want ErrShrunk", left, err)
		}
	}
}

func TestOtherPanicsPass(t *testing.T) {
	m, _ := open(t, []byte("x"))
	defer func() {
		if recover() != "mine" {
			t.Error("a panic of the reader's own was swallowed")
		}
	}()
	_ = m.Guard(func() error { panic("mine") })
}
