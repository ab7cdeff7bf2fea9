package onnx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew; then run testdata/verify.py")

// TestWritten compares files written here with those that onnx.checker accepted: testdata/verify.py wrote
// down their hashes when it did.
func TestWritten(t *testing.T) {
	m := small()
	m.Graph.Initializers = append(m.Graph.Initializers,
		NewDoubleTensor("f64", []int64{2}, []float64{1, -2}), NewInt64Tensor("i64", []int64{}, []int64{-7}), NewInt32Tensor("i32", []int64{1}, []int32{-7}),
		NewBoolTensor("bool", []int64{2}, []bool{true, false}), NewStringTensor("text", []int64{2}, []string{"a", ""}))
	dir := t.TempDir()
	if err := m.WriteFile(filepath.Join(dir, "written.onnx"), WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := m.WriteFile(filepath.Join(dir, "beside.onnx"), WriteOptions{ExternalFrom: 12}); err != nil {
		t.Fatal(err)
	}
	verified, err := os.ReadFile("testdata/verified.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"written.onnx", "beside.onnx", "beside.onnx.data"} {
		compareGolden(t, filepath.Join(dir, name), string(verified))
	}
}

func compareGolden(t *testing.T, path, verified string) {
	t.Helper()
	name := filepath.Base(path)
	golden := filepath.Join("testdata", name)
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes other than the golden %d; -update writes it anew", name, len(got), len(want))
	}
	sum := sha256.Sum256(want)
	if !strings.Contains(verified, name+" "+hex.EncodeToString(sum[:])+" accepted") {
		t.Errorf("testdata/verified.txt has no verdict of onnx.checker on %s; run testdata/verify.py", name)
	}
}
