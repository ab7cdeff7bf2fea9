package npy

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/internal/allocated"
	"github.com/stratascope/stratascope/tensor"
)

// values returns the elements as float64.
func values(t *testing.T, x tensor.Tensor) []float64 {
	t.Helper()
	switch x.DType() {
	case tensor.Float32:
		return wide(x.Float32s())
	case tensor.Float64:
		return x.Float64s()
	case tensor.Int8:
		return wide(tensor.Data[int8](x))
	case tensor.Int16:
		return wide(tensor.Data[int16](x))
	case tensor.Int32:
		return wide(tensor.Data[int32](x))
	case tensor.Int64:
		return wide(tensor.Data[int64](x))
	case tensor.Uint8:
		return wide(tensor.Data[uint8](x))
	case tensor.Uint16:
		return wide(tensor.Data[uint16](x))
	case tensor.Uint32:
		return wide(tensor.Data[uint32](x))
	case tensor.Uint64:
		return wide(tensor.Data[uint64](x))
	case tensor.Bool:
		var all []float64
		for _, b := range tensor.Data[bool](x) {
			all = append(all, map[bool]float64{true: 1}[b])
		}
		return all
	}
	t.Fatalf("values of %v", x)
	return nil
}

func wide[T tensor.Number](data []T) []float64 {
	var all []float64
	for _, v := range data {
		all = append(all, float64(v))
	}
	return all
}

// The files hold i-5 (floats: an eighth of it; unsigned: i; booleans: i divisible by 3) for i = 0 to
// 23 in shape 2 x 3 x 4, written by NumPy (testdata/make.py).
func TestReadsWhatNumPyWrites(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*-[lb]e.npy")
	if len(paths) < 22 {
		t.Fatalf("only %d files", len(paths))
	}
	for _, path := range append(paths, "testdata/fortran.npy") {
		name := strings.TrimSuffix(filepath.Base(path), ".npy")
		if strings.HasPrefix(name, "text") {
			continue
		}
		f, err := OpenPath(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		x, err := f.Tensor()
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values(t, x) {
			want := float64(i - 5)
			switch name[0] {
			case 'f':
				want /= 8
			case 'u':
				want = float64(i)
			case 'b':
				want = map[bool]float64{true: 1}[i%3 == 0]
			}
			if v != want {
				t.Errorf("%s: element %d is %v, want %v", name, i, v, want)
				break
			}
		}
		row, err := f.Rows(1, 2)
		if err != nil || values(t, row)[3] != values(t, x)[15] {
			t.Errorf("%s: row 1 is %v, %v", name, row, err)
		}
		picked := tensor.New(x.DType(), 3, 3, 4)
		if err := f.Gather(picked, []int{1, 0, 1}); err != nil || values(t, picked)[12] != values(t, x)[0] || values(t, picked)[35] != values(t, x)[23] {
			t.Errorf("%s: rows 1, 0, 1 are %v, %v", name, values(t, picked), err)
		}
		f.Close()
	}
}

func TestReadsText(t *testing.T) {
	words := []string{"train", "", "Grüße 漢字 𝄞"}
	for name, want := range map[string][]string{"text": words, "text-be": words, "bytes": {"ab", "c"}} {
		f, err := OpenPath("testdata/" + name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		x, err := f.Tensor()
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range tensor.Data[string](x) {
			if s != want[i] {
				t.Errorf("%s: element %d is %q, want %q", name, i, s, want[i])
			}
		}
		f.Close()
	}
}

func TestReadsEmptyScalarAndVersion2(t *testing.T) {
	for name, want := range map[string]string{"empty": "float32[0,3]", "scalar": "float32[]", "version2": "float32[3]"} {
		f, err := OpenPath("testdata/" + name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if x, err := f.Tensor(); err != nil || x.String() != want {
			t.Errorf("%s: %v, %v, want %s", name, x, err, want)
		}
		f.Close()
	}
}

func TestRefusesObjectsByName(t *testing.T) {
	for name, want := range map[string]string{"object": "pickled", "structured": "structured arrays", "complex": `"<c16" is not read`} {
		_, err := OpenPath("testdata/" + name + ".npy")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestViewIsTheFile(t *testing.T) {
	f, err := OpenPath("testdata/f4-le.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, ok := f.View()
	if !ok {
		t.Skip("files are not mapped here")
	}
	if len(v) != 24 || v[23] != 18.0/8 {
		t.Fatalf("view %v", v)
	}
}

// hostile are headers that claim what is not so.
var hostile = map[string]string{
	"more elements than bytes":  "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
	"overflow":                  "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 16), }",
	"rows without elements":     "{'descr': '<f4', 'fortran_order': False, 'shape': (100000000000, 0), }",
	"text without bytes":        "{'descr': '<U0', 'fortran_order': False, 'shape': (100000000000,), }",
	"fortran without elements":  "{'descr': '<f4', 'fortran_order': True, 'shape': (100000000000, 0), }",
	"negative":                  "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
	"key twice":                 "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0,), }",
	"missing key":               "{'descr': '<f4', 'shape': (0,), }",
	"expression":                "{'descr': '<f4', 'fortran_order': False, 'shape': (1+1,), }",
	"call":                      "{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (1,), }",
	"open text":                 "{'descr': '<f4",
	"nothing":                   "",
	"many dimensions":           "{'descr': '<f4', 'fortran_order': False, 'shape': (" + strings.Repeat("1,", 40) + "), }",
	"text wider than the file":  "{'descr': '<U200000', 'fortran_order': False, 'shape': (1000,), }",
	"datetime":                  "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (0,), }",
	"text after the dictionary": "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), } + x",
}

func file(header string) []byte {
	b := []byte(magic + "\x01\x00")
	b = append(b, byte(len(header)), byte(len(header)>>8))
	return append(b, header...)
}

func TestHostileHeaders(t *testing.T) {
	for name, h := range hostile {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse(mapped.FromBytes("x.npy", file(h)), 0, int64(len(file(h))))
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

func TestHeaderLongerThanItsMember(t *testing.T) {
	whole := file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }")
	m := mapped.FromBytes("x", append(whole, 1, 2, 3, 4, 5, 6, 7, 8))
	if _, err := Parse(m, 0, m.Size()-1); err == nil {
		t.Error("elements beyond the member were accepted")
	}
	if _, err := Parse(m, 0, m.Size()); err != nil {
		t.Error(err)
	}
}

func TestWriteThenRead(t *testing.T) {
	for d := tensor.Float32; d < tensor.String; d++ {
		x := tensor.New(d, 3, 5)
		var b bytes.Buffer
		if err := Write(&b, x); err != nil {
			t.Fatal(err)
		}
		if head := b.Len() - int(x.Bytes()); head%64 != 0 {
			t.Errorf("%v: elements start at %d, want a multiple of 64", d, head)
		}
		a, err := Parse(mapped.FromBytes("x", b.Bytes()), 0, int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if y, err := a.Tensor(); err != nil || y.String() != x.String() {
			t.Errorf("%v came back as %v, %v", x, y, err)
		}
	}
	if err := Write(&bytes.Buffer{}, tensor.New(tensor.String, 1)); err == nil {
		t.Error("strings were written")
	}
}

// NumPy's own file of the same array must be the same bytes.
func TestWritesTheBytesOfNumPy(t *testing.T) {
	x := tensor.New(tensor.Float32, 2, 3, 4)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i-5) / 8
	}
	var whole, rows bytes.Buffer
	if err := Write(&whole, x); err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(&rows, tensor.Float32, 2, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := w.Append(x.Rows(i, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Append(x); err == nil {
		t.Error("more rows than promised were written")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/f4-le.npy")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(whole.Bytes(), want) || !bytes.Equal(rows.Bytes(), want) {
		t.Errorf("bytes differ from NumPy's:\n%q\n%q", whole.Bytes()[:128], want[:128])
	}
}

func FuzzParse(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.npy")
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil {
			f.Add(b)
		}
	}
	for _, h := range hostile {
		f.Add(file(h))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		allocated.Within(t, len(data), func() {
			a, err := Parse(mapped.FromBytes("x", data), 0, int64(len(data)))
			if err != nil {
				return
			}
			if x, err := a.Tensor(); err == nil && x.Len() > 0 && int64(x.Len()) > math.MaxInt32 {
				t.Errorf("%d bytes gave %v", len(data), x)
			}
		})
	})
}
