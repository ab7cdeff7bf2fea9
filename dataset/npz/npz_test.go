package npz

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/internal/allocated"
	"github.com/stratascope/stratascope/tensor"
)

// Both files hold the same arrays, written by NumPy's savez and savez_compressed.
func TestStoredAndDeflatedAgree(t *testing.T) {
	for _, name := range []string{"stored", "deflated"} {
		f, err := os.Open("testdata/" + name + ".npz")
		if err != nil {
			t.Fatal(err)
		}
		z, err := Open(f)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"group_site", "id", "split", "x", "y"}; !slices.Equal(z.Names(), want) {
			t.Errorf("%s: names %q, want %q", name, z.Names(), want)
		}
		a, err := z.Array("x")
		if err != nil {
			t.Fatal(err)
		}
		x, err := a.Tensor()
		if err != nil || x.String() != "float32[10,4]" || x.Float32s()[39] != 39.0/4 {
			t.Errorf("%s: x is %v, %v", name, x, err)
		}
		if none, err := z.Array("z"); none != nil || err != nil {
			t.Errorf("%s: an array that is not there: %v, %v", name, none, err)
		}
		ids, err := z.Array("id")
		if err != nil {
			t.Fatal(err)
		}
		if s, err := ids.Tensor(); err != nil || tensor.Data[string](s)[9] != "s9" {
			t.Errorf("%s: ids %v, %v", name, s, err)
		}
		z.Close()
	}
}

const header = "\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (27262976,), }"

// bomb is an archive whose one member is small and says it grows to a lot of zeros.
func bomb(size int) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	m, _ := w.Create("x.npy")
	head := header + strings.Repeat(" ", 128-len(header)-1) + "\n"
	io.WriteString(m, head)
	zeros := make([]byte, 1<<16)
	for n := 0; n < size; n += len(zeros) {
		m.Write(zeros)
	}
	w.Close()
	return b.Bytes()
}

func TestBombIsRefusedBeforeItGrows(t *testing.T) {
	data := bomb(26 << 20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	z, err := read(mapped.FromBytes("bomb.npz", data))
	if err != nil {
		t.Fatal(err)
	}
	_, err = z.Array("x")
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v, want a refusal", err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

// Members that are each within bounds must not add up to more than the archive may grow to.
func TestManyBombs(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"a.npy", "b.npy", "c.npy"} {
		m, _ := w.Create(name)
		m.Write(make([]byte, 9<<20))
	}
	w.Close()
	z, err := read(mapped.FromBytes("bombs.npz", b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, name := range z.Names() {
		if _, err := z.Array(name); err != nil && strings.Contains(err.Error(), "refused") {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d of 3 members refused, want 1", refused)
	}
}

// An array larger than memory may grow by is read all the same, in either order of its elements.
func TestLargeArraysTakeNoMemory(t *testing.T) {
	const rows, cols = 40 << 10, 1 << 10
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	for name, fortran := range map[string]string{"c.npy": "False", "f.npy": "True"} {
		m, _ := w.Create(name)
		head := fmt.Sprintf("{'descr': '|u1', 'fortran_order': %s, 'shape': (%d, %d), }", fortran, rows, cols)
		fmt.Fprintf(m, "\x93NUMPY\x01\x00%c\x00%s", len(head), head)
		line, random := make([]byte, 1<<10), rand.NewChaCha8([32]byte{})
		for range rows * cols / len(line) {
			random.Read(line[:16]) // one byte in 64 cannot be compressed
			m.Write(line)
		}
	}
	w.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	z, err := read(mapped.FromBytes("large.npz", b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	c, err := z.Array("c")
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Array("f")
	if err != nil {
		t.Fatal(err)
	}
	random, want := rand.NewChaCha8([32]byte{}), make([]byte, 16)
	for k := range rows {
		random.Read(want)
		if k != 40000 && k != 2000 {
			continue
		}
		x, err := c.Rows(k, k+1)
		if err != nil || !bytes.Equal(tensor.Data[uint8](x)[:16], want) {
			t.Errorf("row %d: %v, %v, want %v first", k, x, err, want)
		}
		for i, v := range want { // element k*1024+i of the file
			at := k<<10 + i
			if x, err = f.Rows(at%rows, at%rows+1); err != nil || tensor.Data[uint8](x)[at/rows] != v {
				t.Errorf("Fortran: row %d, column %d: %v, want %d", at%rows, at/rows, err, v)
			}
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d bytes were allocated for two arrays of %d", grown, rows*cols)
	}
}

func TestHostileArchives(t *testing.T) {
	write := func(names ...string) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, n := range names {
			m, _ := w.Create(n)
			io.WriteString(m, "x")
		}
		w.Close()
		return b.Bytes()
	}
	good, err := os.ReadFile("testdata/deflated.npz")
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(good)
	damaged[60] ^= 0xff
	for name, data := range map[string][]byte{
		"twice": write("x.npy", "x.npy"), "no array": write("readme.txt"), "empty": {}, "cut": good[:len(good)-30],
	} {
		if _, err := read(mapped.FromBytes("x.npz", data)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// A name that climbs out of a folder is a key like any other: nothing is ever written under it.
	if z, err := read(mapped.FromBytes("x.npz", write("../../etc/x.npy"))); err != nil || z.Names()[0] != "../../etc/x" {
		t.Errorf("path as a name: %v", err)
	}
	if z, err := read(mapped.FromBytes("x.npz", damaged)); err == nil {
		bad := 0
		for _, n := range z.Names() {
			if a, err := z.Array(n); err != nil || a == nil {
				bad++
			}
		}
		if bad == 0 {
			t.Error("a damaged member was accepted")
		}
	}
}

func FuzzRead(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.npz")
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil {
			f.Add(b)
		}
	}
	f.Add(bomb(1 << 20))
	f.Fuzz(func(t *testing.T, data []byte) {
		allocated.Within(t, len(data), func() {
			z, err := read(mapped.FromBytes("x", data))
			if err != nil {
				return
			}
			for _, n := range z.Names() {
				if a, err := z.Array(n); err == nil {
					row, _ := tensor.Count(a.RowShape())
					n := min(a.Len(), 1<<16/max(1, row)) // some rows, as samples are read; the whole may be larger than the bound
					_, _ = a.Rows(a.Len()-n, a.Len())
				}
			}
		})
	})
}
