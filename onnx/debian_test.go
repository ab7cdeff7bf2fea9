package onnx

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// debianData is where Debian's libonnx-testdata (1.12.0-2) has its models.
const debianData = "/usr/share/libonnx-testdata"

// debianModels lists the models of Debian's package. Without it a test is skipped, but in CI it fails.
func debianModels(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(debianData, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".onnx") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no models in %s, want those of the Debian package libonnx-testdata: %v", debianData, err)
		}
		t.Skipf("no models in %s; apt-get install libonnx-testdata", debianData)
	}
	return files
}

// TestDebianModels reads all of Debian's models and writes them again: not a byte may change. Check accepts all
// but those of opsets before 7, which PyTorch's first exporters made.
func TestDebianModels(t *testing.T) {
	files := debianModels(t)
	accepted := 0
	for _, path := range files {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Read(path, Limits{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if after := written(t, m); !bytes.Equal(before, after) {
			t.Errorf("%s: %d bytes read, %d other bytes written", path, len(before), len(after))
		}
		err = Check(m)
		opset := m.Opset("") // 0 where a model uses operators of other domains only
		switch old := opset > 0 && opset < OldestOpset; {
		case err == nil && !old:
			accepted++
		case err == nil || !old:
			t.Errorf("%s: opset %d, checked: %v", path, opset, err)
		}
		for tensor := range m.Tensors() {
			if err := tensor.checkContent(); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if accepted < 900 {
		t.Errorf("%d of %d models are accepted, want the 900 and more of opset 7 and newer", accepted, len(files))
	}
}
