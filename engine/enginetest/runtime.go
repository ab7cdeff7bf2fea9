package enginetest

import (
	"archive/zip"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
)

// leastVectors is how many vectors an archive holds at least.
const leastVectors = 5

// Runtime runs every vector of the archives in a folder: models of few nodes with what ONNX Runtime
// calculates, made by make_runtime.py. All of them must pass.
func Runtime(t *testing.T, e engine.Engine, folder string) {
	archives, err := filepath.Glob(filepath.Join(folder, "*.zip"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives in %s: %v", folder, err)
	}
	for _, path := range archives {
		set := strings.TrimSuffix(filepath.Base(path), ".zip")
		t.Run(set, func(t *testing.T) {
			z, err := zip.OpenReader(path)
			if err != nil {
				t.Fatal(err)
			}
			defer z.Close()
			vectors, err := Vectors(set, z)
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
