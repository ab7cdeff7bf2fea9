package safetensors

import (
	"bytes"
	"encoding/binary"
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

// The file was written by the format's own library (testdata/make.py of dataset).
func TestReadsWhatTheLibraryWrites(t *testing.T) {
	s, err := OpenPath("testdata/library.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Meta()["format"] != "pt" || len(s.Names()) != 5 {
		t.Errorf("metadata %v, names %q", s.Meta(), s.Names())
	}
	for name, want := range map[string]string{"a": "float32[2,3]", "b": "int64[5]", "h": "float32[4]", "bf": "float32[4]", "ok": "bool[2]"} {
		a, _ := s.Array(name)
		x, err := a.Tensor()
		if err != nil || x.String() != want {
			t.Errorf("%s: %v, %v, want %s", name, x, err, want)
			continue
		}
		switch name {
		case "a":
			if x.Float32s()[5] != 5 {
				t.Errorf("a = %v", x.Float32s())
			}
		case "b":
			if x.Int64s()[4] != 4 {
				t.Errorf("b = %v", x.Int64s())
			}
		case "h", "bf":
			if !slices.Equal(x.Float32s(), []float32{0, 1.0 / 8, 2.0 / 8, 3.0 / 8}) {
				t.Errorf("%s = %v", name, x.Float32s())
			}
		case "ok":
			if !slices.Equal(tensor.Data[bool](x), []bool{true, false}) {
				t.Errorf("ok = %v", tensor.Data[bool](x))
			}
		}
	}
}

func bytesOf(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

var hostile = map[string][]byte{
	"overlap":        bytesOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
	"hole":           bytesOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12),
	"bytes left":     bytesOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 8),
	"bytes missing":  bytesOf(`{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`, 8),
	"key twice":      bytesOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
	"field twice":    bytesOf(`{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}`, 4),
	"wrong size":     bytesOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4),
	"negative shape": bytesOf(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4),
	"overflow":       bytesOf(`{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0),
	"backwards":      bytesOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4),
	"unknown type":   bytesOf(`{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}`, 1),
	"text behind":    bytesOf(`{} x`, 0),
	"no object":      bytesOf(`[]`, 0),
	"null":           bytesOf(`{"a":null}`, 0),
	"no offsets":     bytesOf(`{"a":{"dtype":"F32","shape":[0]}}`, 0),
	"rows of none":   bytesOf(`{"a":{"dtype":"F32","shape":[99999999999,0],"data_offsets":[0,0]}}`, 0),
	"huge header":    binary.LittleEndian.AppendUint64(nil, 1<<62),
	"long header":    append(binary.LittleEndian.AppendUint64(nil, 100), '{', '}'),
	"short":          {1, 2, 3},
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
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

func TestWriteThenRead(t *testing.T) {
	order := []string{"feat/conv1", "y", "row", "mask"}
	tensors := map[string]tensor.Tensor{
		"feat/conv1": tensor.Of([]float32{1, 2, 3, 4, 5, 6}, 3, 2), "y": tensor.Of([]int32{7, 8, 9}, 3),
		"row": tensor.Of([]int64{0, 1, 2}, 3), "mask": tensor.Of([]bool{true, false, true}, 3),
	}
	var whole bytes.Buffer
	if err := Write(&whole, order, tensors, map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var entries []Entry
	for _, n := range order {
		entries = append(entries, Entry{n, tensors[n].DType(), tensors[n].Shape()})
	}
	w, err := Create(f, entries, map[string]string{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // by rows, from the last to the first
		for _, n := range order {
			if err := w.Write(n, 2-i, tensors[n].Rows(2-i, 3-i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Write("y", 3, tensors["y"].Rows(0, 1)); err == nil {
		t.Error("a row past the end was written")
	}
	f.Close()
	parts, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(parts, whole.Bytes()) || w.Size() != int64(len(parts)) {
		t.Error("written at once and by rows, the files differ")
	}
	s, err := OpenPath(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !slices.Equal(s.Names(), order) || s.Meta()["k"] != "v" {
		t.Errorf("names %q, metadata %v", s.Names(), s.Meta())
	}
	a, _ := s.Array("feat/conv1")
	if v, ok := a.View(); ok && v[5] != 6 {
		t.Errorf("view %v", v)
	}
	entries2, _, start, err := parse(mapped.FromBytes("x", parts))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries2 {
		if !strings.HasPrefix(e.name, padName) && (start+e.begin)%alignment != 0 {
			t.Errorf("%s starts at %d, want a multiple of %d", e.name, start+e.begin, alignment)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range hostile {
		f.Add(data)
	}
	if b, err := os.ReadFile("testdata/library.safetensors"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		allocated.Within(t, len(data), func() {
			s, err := read(mapped.FromBytes("x", data))
			if err != nil {
				return
			}
			for _, n := range s.Names() {
				a, _ := s.Array(n)
				if _, err := a.Tensor(); err != nil {
					t.Error(err)
				}
			}
		})
	})
}
