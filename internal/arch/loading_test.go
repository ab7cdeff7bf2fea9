package arch

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestNothingIsLoaded: the command holds no means to load a library or start a program, so no
// configuration file, model or folder can make it do so. None of its packages uses cgo either. In a build with
// the tag ort, purego loads what a flag or the environment names.
func TestNothingIsLoaded(t *testing.T) {
	t.Run("default", func(t *testing.T) { loads(t, "default", false) })
	t.Run("ort", func(t *testing.T) { loads(t, "ort", true) })
}

func loads(t *testing.T, tag string, libraries bool) {
	list := func(args ...string) []string {
		cmd := exec.Command("go", slices.Concat([]string{"list", "-tags", tag, "-deps"}, args, []string{module + "/cmd/stratascope"})...)
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	deps := list()
	if !slices.Contains(deps, module+"/engine/native") {
		t.Fatal("the command's packages are not listed")
	}
	if slices.Contains(deps, "github.com/ebitengine/purego") != libraries {
		t.Errorf("the command depends on purego: %v, want %v", !libraries, libraries)
	}
	for _, p := range deps {
		if slices.Contains([]string{"plugin", "os/exec", "net/http"}, p) || !libraries && (strings.Contains(p, "purego") || strings.Contains(p, "dlopen")) {
			t.Errorf("the command depends on %s", p)
		}
	}
	if files := list("-f", "{{if not .Standard}}{{range .CgoFiles}}{{$.ImportPath}}/{{.}} {{end}}{{end}}"); len(files) > 0 {
		t.Errorf("files with cgo: %v", files)
	}
}
