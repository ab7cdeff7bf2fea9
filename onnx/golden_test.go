package onnx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew; then run testdata/verify.py")

// TestWritten compares a model made here with the file that onnx.checker accepted: testdata/verify.py wrote
// down the file's hash when it did.
func TestWritten(t *testing.T) {
	m := small()
	m.Graph.Initializers = append(m.Graph.Initializers,
		NewDoubleTensor("f64", []int64{2}, []float64{1, -2}), NewInt64Tensor("i64", []int64{}, []int64{-7}), NewInt32Tensor("i32", []int64{1}, []int32{-7}),
		NewBoolTensor("bool", []int64{2}, []bool{true, false}), NewStringTensor("text", []int64{2}, []string{"a", ""}))
	got := written(t, m)
	if *update {
		if err := os.WriteFile("testdata/written.onnx", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/written.onnx")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes other than testdata/written.onnx's %d; -update writes it anew", len(got), len(want))
	}
	verified, err := os.ReadFile("testdata/verified.txt")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(want)
	if !strings.Contains(string(verified), "written.onnx "+hex.EncodeToString(sum[:])+" accepted") {
		t.Error("testdata/verified.txt has no verdict of onnx.checker on this file; run testdata/verify.py")
	}
}
