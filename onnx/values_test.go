package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestValues compares every element type, in both forms a file may have it, with what numpy 2.4.6 and
// ml_dtypes 0.6.0 make of the same file (testdata/make.py).
func TestValues(t *testing.T) {
	m := read(t, "testdata/types.onnx")
	b, err := os.ReadFile("testdata/types.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]string
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, tensor := range m.Graph.Initializers {
		name, form, _ := strings.Cut(tensor.Name, " ")
		values, known := want[name]
		if !known {
			continue
		}
		seen++
		t.Run(tensor.Name, func(t *testing.T) {
			if tensor.DataType.String() != name || (len(tensor.typed) > 0) != (form == "typed") {
				t.Fatalf("fixture is %v with %d bytes typed", tensor.DataType, len(tensor.typed))
			}
			compare(t, tensor, values)
		})
	}
	if seen != 2*25 {
		t.Errorf("%d tensors compared, want 50", seen)
	}
}

// compare reads a tensor with every reader that takes its type.
func compare(t *testing.T, tensor *Tensor, want []string) {
	t.Helper()
	if v, err := tensor.Float64s(); err == nil {
		same(t, "float64", v, want, parseFloat)
	}
	if v, err := tensor.Float32s(); err == nil {
		same(t, "float32", v, want, func(s string) float32 { return float32(parseFloat(s)) })
	}
	if v, err := tensor.Int64s(); err == nil {
		same(t, "int64", v, want, parseInt[int64])
	}
	if v, err := tensor.Int32s(); err == nil {
		same(t, "int32", v, want, parseInt[int32])
	}
	if v, err := tensor.Int8s(); err == nil {
		same(t, "int8", v, want, parseInt[int8])
	}
	if v, err := tensor.Uint8s(); err == nil {
		same(t, "uint8", v, want, parseInt[uint8])
	}
	if v, err := tensor.Uint64s(); err == nil {
		same(t, "uint64", v, want, func(s string) uint64 { u, _ := strconv.ParseUint(s, 10, 64); return u })
	}
	if v, err := tensor.Bools(); err == nil {
		same(t, "bool", v, want, func(s string) bool { return s == "1" })
	}
}

func parseInt[T int64 | int32 | int8 | uint8](s string) T {
	i, _ := strconv.ParseInt(s, 10, 64)
	return T(i)
}

// parseFloat reads Python's float.hex.
func parseFloat(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err)
	}
	return v
}

func same[T comparable](t *testing.T, what string, got []T, want []string, parse func(string) T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i, g := range got {
		w := parse(want[i])
		bothNaN := g != g && w != w
		if g != w && !bothNaN || fmt.Sprint(g) != fmt.Sprint(w) { // the text tells -0 from 0
			t.Errorf("%s: element %d is %v, want %v", what, i, g, w)
		}
	}
}

// TestReaders fixes which reader takes which type: one that loses nothing.
func TestReaders(t *testing.T) {
	all := map[string][]string{}
	for dt := Float; dt.Known(); dt++ {
		tensor := &Tensor{DataType: dt, Dims: []int64{0}}
		for name, err := range map[string]error{
			"Float32s": second(tensor.Float32s()), "Float64s": second(tensor.Float64s()), "Int64s": second(tensor.Int64s()),
			"Int32s": second(tensor.Int32s()), "Int8s": second(tensor.Int8s()), "Uint8s": second(tensor.Uint8s()),
			"Uint64s": second(tensor.Uint64s()), "Bools": second(tensor.Bools()), "Strings": second(tensor.Strings()),
		} {
			if err == nil {
				all[name] = append(all[name], dt.String())
			}
		}
	}
	want := map[string]string{
		"Bools":    "BOOL",
		"Float32s": "FLOAT FLOAT16 BFLOAT16 FLOAT8E4M3FN FLOAT8E4M3FNUZ FLOAT8E5M2 FLOAT8E5M2FNUZ FLOAT4E2M1 FLOAT8E8M0 FLOAT6E2M3 FLOAT6E3M2",
		"Float64s": "FLOAT FLOAT16 DOUBLE BFLOAT16 FLOAT8E4M3FN FLOAT8E4M3FNUZ FLOAT8E5M2 FLOAT8E5M2FNUZ FLOAT4E2M1 FLOAT8E8M0 FLOAT6E2M3 FLOAT6E3M2",
		"Int32s":   "UINT8 INT8 UINT16 INT16 INT32 UINT4 INT4 UINT2 INT2",
		"Int64s":   "UINT8 INT8 UINT16 INT16 INT32 INT64 UINT32 UINT4 INT4 UINT2 INT2",
		"Int8s":    "INT8 INT4 INT2",
		"Strings":  "STRING",
		"Uint64s":  "UINT8 UINT16 UINT32 UINT64 UINT4 UINT2",
		"Uint8s":   "UINT8 UINT4 UINT2",
	}
	for name, types := range want {
		if got := strings.Join(all[name], " "); got != types {
			t.Errorf("%s takes %s, want %s", name, got, types)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestBytes makes sure that typed data becomes what the same elements are in raw_data.
func TestBytes(t *testing.T) {
	m := read(t, "testdata/types.onnx")
	raw := map[string][]byte{}
	for _, tensor := range m.Graph.Initializers {
		name, form, _ := strings.Cut(tensor.Name, " ")
		if tensor.DataType == String || tensor.DataType == Complex64 {
			continue
		}
		b, err := tensor.Bytes()
		if err != nil {
			t.Error(err)
		}
		if form == "raw" {
			raw[name] = b
		} else if !slices.Equal(b, raw[name]) {
			t.Errorf("%s: typed data gives %d bytes other than raw_data's %d", name, len(b), len(raw[name]))
		}
	}
}

// TestHalf compares all 65,536 codes with the definition of IEEE 754-2008, 3.4.
func TestHalf(t *testing.T) {
	for code := range 1 << 16 {
		e, f := code>>10&31, float64(code&1023)
		want := math.Ldexp(1+f/1024, e-15)
		switch {
		case e == 0:
			want = math.Ldexp(f/1024, -14)
		case e == 31 && f == 0:
			want = math.Inf(1)
		case e == 31:
			want = math.NaN()
		}
		if code >= 1<<15 {
			want = -want
		}
		got := float64(half(uint16(code)))
		if got != want && (got == got || want == want) || math.Signbit(got) != math.Signbit(want) && want == want {
			t.Fatalf("code %#04x is %v, want %v", code, got, want)
		}
	}
}

// TestStrings reads text that is no UTF-8, too.
func TestStrings(t *testing.T) {
	m := read(t, "testdata/types.onnx")
	for _, tensor := range m.Graph.Initializers {
		if tensor.DataType != String {
			continue
		}
		got, err := tensor.Strings()
		if err != nil || len(got) != 2 || string(got[0]) != "a\xff" || string(got[1]) != "Ω" {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func read(t testing.TB, path string) *Model {
	t.Helper()
	m, err := Read(path, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
