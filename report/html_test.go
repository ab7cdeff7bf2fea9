package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

func page(t testing.TB, d *finding.Diagnosis) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, d, HTMLOptions{Manual: testManual}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func testManual(code string) Manual {
	if code == "FIT-04" {
		return Manual{Means: "Layers 42–49 make classes harder to tell apart. They cost 52 % of the parameters and 31 % of the time.",
			Measured: "A linear probe on each layer, 5 folds.", Helps: "Remove the layers, or go on training with a shorter path."}
	}
	return Manual{}
}

// TestPagesForLooking writes the samples' pages into the folder that STRATASCOPE_PAGES names, for the browser test.
func TestPagesForLooking(t *testing.T) {
	dir := os.Getenv("STRATASCOPE_PAGES")
	if dir == "" {
		t.Skip("STRATASCOPE_PAGES names no folder")
	}
	for name, d := range samples() {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(page(t, d)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
