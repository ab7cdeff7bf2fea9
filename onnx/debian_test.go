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

// TestDebianModels reads all of Debian's models and writes them again: not a byte may change.
func TestDebianModels(t *testing.T) {
	files := debianModels(t)
	refused := map[string]int{}
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
		var after bytes.Buffer
		if err := m.Write(&after); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !bytes.Equal(before, after.Bytes()) {
			t.Errorf("%s: %d bytes read, %d other bytes written", path, len(before), after.Len())
		}
		if err := Check(m); err != nil {
			refused[err.Error()]++
		}
	}
	for why, n := range refused {
		t.Logf("%d refused: %s", n, why)
	}
	t.Logf("%d models, %d refused", len(files), len(refused))
}
