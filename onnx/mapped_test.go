package onnx

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
)

// twoTensors writes a model whose small tensor [1 2 3 4] and large one, zeros but for its ends, lie in one file.
func twoTensors(t *testing.T, large int64) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "model.onnx")
	f, err := os.Create(filepath.Join(dir, "w.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const offset = 64 // not a multiple of the page size
	for at, b := range map[int64][]byte{8: floats(1, 2, 3, 4), offset: floats(5), offset + 4*large - 4: floats(7)} {
		if _, err := f.WriteAt(b, at); err != nil {
			t.Skipf("no room for a file with a hole: %v", err)
		}
	}
	beside := func(name string, n, offset int64) *Tensor {
		return &Tensor{Name: name, DataType: Float, Dims: []int64{n}, location: 1, External: []*KV{{Key: "location", Value: "w.bin"}, {Key: "offset", Value: strconv.FormatInt(offset, 10)}}}
	}
	m := &Model{IRVersion: 9, Graph: &Graph{Name: "g", Initializers: []*Tensor{beside("small", 4, 8), beside("large", large, offset), beside("odd", 1, 3)}}}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLargeDataIsMapped reads 2 GiB and a bit, of which next to nothing is touched.
func TestLargeDataIsMapped(t *testing.T) {
	if runtime.GOOS == "windows" || strconv.IntSize == 32 {
		t.Skip("not mapped here")
	}
	const large = 1<<29 + 1
	path := twoTensors(t, large)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	all := read(t, path).Graph.Initializers
	small, err := all[0].Float32s()
	if err != nil || !slices.Equal(small, []float32{1, 2, 3, 4}) {
		t.Errorf("small is %v, %v", small, err)
	}
	v, err := all[1].Float32s()
	if err != nil || len(v) != large || v[0] != 5 || v[1] != 0 || v[large-1] != 7 {
		t.Errorf("large has %d elements, %v", len(v), err)
	}
	if odd, err := all[2].Float32s(); err != nil || len(odd) != 1 { // not aligned: read
		t.Errorf("odd is %v, %v", odd, err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("reading took %d bytes of memory", got)
	}
}

// TestMappedAsRead compares what is mapped with what is read, and errors.
func TestMappedAsRead(t *testing.T) {
	path := twoTensors(t, 100)
	mapped, err := Read(path, Limits{MappedFrom: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range read(t, path).Graph.Initializers {
		want, err := w.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := mapped.Graph.Initializers[i].Float32s(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", w.Name, got, err, want)
		}
	}
	if err := os.Truncate(filepath.Join(filepath.Dir(path), "w.bin"), 70); err != nil {
		t.Fatal(err)
	}
	_, err = mapped.Graph.Initializers[1].Float32s()
	if want := `tensor "large": external data "w.bin" has 70 bytes, want 400 from 64`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
