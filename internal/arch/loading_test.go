package arch

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestNothingIsLoaded: the command holds no means to load a library or start a program, so no
// configuration file, model or folder can make it do so. None of its packages uses cgo either.
func TestNothingIsLoaded(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"/cmd/stratascope").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, module+"/engine/native") {
		t.Fatal("the command's packages are not listed")
	}
	for _, p := range deps {
		if slices.Contains([]string{"plugin", "os/exec", "net/http"}, p) || strings.Contains(p, "purego") || strings.Contains(p, "dlopen") {
			t.Errorf("the command depends on %s", p)
		}
	}
	out, err = exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{range .CgoFiles}}{{$.ImportPath}}/{{.}} {{end}}{{end}}", module+"/cmd/stratascope").Output()
	if err != nil {
		t.Fatal(err)
	}
	if files := strings.Fields(string(out)); len(files) > 0 {
		t.Errorf("files with cgo: %v", files)
	}
}
