package onnx

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A model read through an open folder is that folder's, data included, whatever takes the folder's place.
func TestReadInStaysInItsFolder(t *testing.T) {
	dir := folder(t)
	for name, location := range map[string]string{"model.onnx": "sub/w.bin", "out.onnx": "out.bin"} {
		if err := os.WriteFile(filepath.Join(dir, name), beside("location", location), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(filepath.Dir(dir), "outside.onnx")
	if err := os.WriteFile(outside, beside("location", "w.bin"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.onnx")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Skip(err) // an open folder stays where it is
	}
	m, err := ReadIn(root, "model.onnx", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := m.Graph.Initializers[0].Float32s(); err != nil || !slices.Equal(v, []float32{5, 6, 7, 8}) {
		t.Errorf("%v, %v, want 5 to 8", v, err)
	}
	for name, want := range map[string]string{"link.onnx": "link.onnx: path escapes from parent", "../outside.onnx": "outside.onnx: path escapes",
		"out.onnx": `external data "out.bin": path escapes`, "sub": "sub: is a folder, want a regular file"} {
		if _, err := ReadIn(root, name, Limits{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
