//go:build unix

package onnx

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipes makes sure that reading does not wait for ever for somebody to write into a pipe.
func TestPipes(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "w.bin"), 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	path := filepath.Join(dir, "model.onnx")
	if err := os.WriteFile(path, beside("location", "w.bin"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path, Limits{})
	if want := `model.onnx: tensor "w": external data "w.bin" is a pipe, want a regular file`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = Read(filepath.Join(dir, "w.bin"), Limits{})
	if want := "w.bin: is a pipe, want a regular file"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
