package kernel

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The generated files are what the generator writes.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the generator")
	}
	folder := t.TempDir()
	names := []string{"kernels_amd64.s", "kernels_amd64.go", "kernels_arm64.s", "kernels_arm64.go"}
	for i, generator := range [][]string{{"./gen", "-pkg", "kernel"}, {"./gen/neon"}} {
		args := append([]string{"run", "-tags", "generate"}, generator...)
		build := exec.Command("go", append(args, "-out", filepath.Join(folder, names[2*i]), "-stubs", filepath.Join(folder, names[2*i+1]))...)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("generator: %v\n%s", err, out)
		}
	}
	for _, name := range names {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(withoutFirstLine(got)) != string(withoutFirstLine(want)) {
			t.Errorf("%s is not what the generator writes: run go generate", name)
		}
	}
}

// withoutFirstLine drops the line that names the folder the generator wrote to.
func withoutFirstLine(b []byte) []byte {
	for i, c := range b {
		if c == '\n' {
			return b[i:]
		}
	}
	return b
}
