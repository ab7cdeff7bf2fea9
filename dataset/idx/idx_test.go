package idx

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/internal/allocated"
	"github.com/stratascope/stratascope/tensor"
)

// plain is a file as the format's description has it: two zeros, type, rank, big-endian sizes, bytes.
var plain = []byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func TestPlainAndGzipped(t *testing.T) {
	for _, data := range [][]byte{plain, zipped(plain)} {
		f, err := read(mapped.FromBytes("x", data))
		if err != nil {
			t.Fatal(err)
		}
		x, err := f.Tensor()
		if err != nil || x.String() != "uint8[2,1,3]" || !slices.Equal(tensor.Data[uint8](x), []uint8{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%v, %v", x, err)
		}
	}
	short := []byte{0, 0, 0xb, 1, 0, 0, 0, 2, 0x01, 0x02, 0xff, 0xfe}
	f, err := read(mapped.FromBytes("x", short))
	if err != nil {
		t.Fatal(err)
	}
	if x, err := f.Tensor(); err != nil || !slices.Equal(tensor.Data[int16](x), []int16{258, -2}) {
		t.Errorf("int16: %v, %v", x, err)
	}
}

// A gzipped file that is larger than memory may grow by is read all the same.
func TestLargeFilesTakeNoMemory(t *testing.T) {
	const rows = 80 << 10
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	w.Write([]byte{0, 0, 8, 2, 0, 1, 0x40, 0, 0, 0, 4, 0})
	line, random := make([]byte, 1<<10), rand.NewChaCha8([32]byte{})
	for range rows {
		random.Read(line[:16]) // one byte in 64 cannot be compressed
		w.Write(line)
	}
	w.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := read(mapped.FromBytes("x", b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := f.Rows(rows-1, rows)
	if err != nil || !bytes.Equal(tensor.Data[uint8](x), line) {
		t.Errorf("the last row: %v, %v", x, err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 2<<20 {
		t.Errorf("%d bytes were allocated for %d", grown, rows<<10)
	}
}

var hostile = map[string][]byte{
	"cut":            plain[:len(plain)-1],
	"longer":         append(slices.Clone(plain), 0),
	"overflow":       {0, 0, 8, 4, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
	"no such type":   {0, 0, 7, 1, 0, 0, 0, 0},
	"header cut":     {0, 0, 8, 3, 0, 0},
	"empty":          {},
	"gzipped noise":  zipped([]byte("hello, world")),
	"gzipped cut":    zipped(plain[:len(plain)-1]),
	"gzipped longer": zipped(append(slices.Clone(plain), 0)),
	"gzip cut":       zipped(plain)[:20],
	"gzip bomb":      zipped([]byte{0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0}),
}

func TestHostileFiles(t *testing.T) {
	for name, data := range hostile {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := read(mapped.FromBytes("x", data))
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 2<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(plain)
	f.Add(zipped(plain))
	for _, data := range hostile {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		allocated.Within(t, len(data), func() {
			file, err := read(mapped.FromBytes("x", data))
			if err != nil {
				return
			}
			row, _ := tensor.Count(file.RowShape())
			n := min(file.Len(), 1<<16/max(1, row)) // some rows, as samples are read; the whole may be larger than the bound
			if _, err := file.Rows(file.Len()-n, file.Len()); err != nil {
				t.Error(err)
			}
		})
	})
}
