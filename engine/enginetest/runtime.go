package enginetest

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stratascope/stratascope/engine"
)

// leastVectors is how many vectors an archive holds at least.
const leastVectors = 5

// Runtime runs every vector of the archives in a folder: models of few nodes with what ONNX Runtime
// calculates, made by make_runtime.py. All of them must pass.
func Runtime(t *testing.T, e engine.Engine, folder string) {
	archives, err := filepath.Glob(filepath.Join(folder, "*.tar.gz"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives in %s: %v", folder, err)
	}
	for _, path := range archives {
		set := strings.TrimSuffix(filepath.Base(path), ".tar.gz")
		t.Run(set, func(t *testing.T) {
			files, err := unpacked(path)
			if err != nil {
				t.Fatal(err)
			}
			vectors, err := Vectors(set, files)
			if err != nil || len(vectors) < leastVectors {
				t.Fatalf("%d vectors, want at least %d: %v", len(vectors), leastVectors, err)
			}
			for _, v := range vectors {
				if err := v.Run(context.Background(), e); err != nil {
					t.Errorf("%s: %v", v.Name, err)
				}
			}
			t.Logf("%d vectors", len(vectors))
		})
	}
}

// unpacked reads the files of an archive.
func unpacked(path string) (fs.FS, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	files := fstest.MapFS{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		files[h.Name] = &fstest.MapFile{Data: b}
	}
}
