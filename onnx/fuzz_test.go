package onnx

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/internal/allocated"
)

// FuzzParse reads any bytes as a model. What is accepted must survive writing, and nothing may take more
// than 64 MiB beyond the input's size.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"external.onnx", "nested.onnx", "written.onnx"} { // small ones: large seeds starve the fuzzer
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(wrap(7, bytes.Repeat([]byte{0x0a, 0}, 100)))
	m := &Model{Graph: &Graph{Initializers: []*Tensor{
		{DataType: Int4, Dims: []int64{3}, typed: wrap(5, []byte{1, 2})},
		{DataType: Float6E2M3, Dims: []int64{5}, typed: wrap(5, []byte{1, 2, 3, 4, 5})},
		{DataType: Float, Dims: []int64{1}, typed: wrap(4, []byte{1, 2, 3, 4})},
		NewStringTensor("s", []int64{1}, []string{"a"}),
	}}}
	f.Add(written(f, m))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m *Model
		var err error
		allocated.Within(t, len(b), func() { m, err = Parse(b, Limits{}) })
		if err != nil {
			return
		}
		checked := Check(m)
		first := written(t, m)
		again, err := Parse(first, Limits{})
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if got := Check(again); (got == nil) != (checked == nil) {
			t.Errorf("checked before: %v, after: %v", checked, got)
		}
		if second := written(t, again); !bytes.Equal(first, second) {
			t.Error("written twice it is not the same")
		}
		for tensor := range m.Tensors() {
			readAll(t, tensor)
		}
	})
}

// readAll reads a tensor by every reader: the lengths must be the shape's.
func readAll(t *testing.T, tensor *Tensor) {
	n, _ := tensor.Len()
	if v, err := tensor.Float64s(); err == nil && len(v) != n {
		t.Errorf("%d float64, want %d", len(v), n)
	}
	if v, err := tensor.Int64s(); err == nil && len(v) != n {
		t.Errorf("%d int64, want %d", len(v), n)
	}
	if v, err := tensor.Bools(); err == nil && len(v) != n {
		t.Errorf("%d bool, want %d", len(v), n)
	}
	if v, err := tensor.Strings(); err == nil && len(v) != n {
		t.Errorf("%d strings, want %d", len(v), n)
	}
	size, _ := tensor.ByteLen()
	if v, err := tensor.Bytes(); err == nil && tensor.DataType != String && len(v) != size {
		t.Errorf("%d bytes, want %d", len(v), size)
	}
}

// FuzzReadExternal lets a model name any location, offset and length. The bytes read must be those of w.bin
// or sub/w.bin, never the other file's, which lies outside of the folder.
func FuzzReadExternal(f *testing.F) {
	for _, c := range [][3]string{{"w.bin", "8", "16"}, {"sub/w.bin", "", ""}, {"../secret.bin", "0", "16"}, {"up/secret.bin", "0", ""},
		{"/etc/passwd", "", ""}, {"w.bin", "9223372036854775807", "16"}, {"w.bin", "-1", "-1"}, {"sub/./w.bin", "0x0", "16"}} {
		f.Add(c[0], c[1], c[2])
	}
	dir := folder(f)
	path := filepath.Join(dir, "model.onnx")
	outside := bytes.Repeat([]byte{0x5e}, 64)
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "secret.bin"), outside, 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, location, offset, length string) {
		list := []string{"location", location}
		if offset != "" {
			list = append(list, "offset", offset)
		}
		if length != "" {
			list = append(list, "length", length)
		}
		if err := os.WriteFile(path, beside(list...), 0o644); err != nil {
			t.Fatal(err)
		}
		var m *Model
		var err error
		allocated.Within(t, len(location), func() { m, err = Read(path, Limits{}) })
		if err != nil {
			return
		}
		b, err := m.Graph.Initializers[0].Bytes()
		if err != nil || len(b) != 16 {
			t.Fatalf("accepted, then %d bytes, %v", len(b), err)
		}
		if bytes.Equal(b, outside[:16]) {
			t.Errorf("location %q read a file outside of the folder", location)
		}
	})
}
