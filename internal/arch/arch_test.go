// Package arch holds the rule of the floors: who may import whom, as a list that a test compares with
// the code (the idea is that of go/build/deps_test.go).
package arch

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/stratascope/stratascope"

// A rule says what the packages of a pattern may import beside the standard library. Names of this
// module are relative to it; a trailing /... stands for a folder and all below.
type rule struct {
	pattern string
	allowed []string
	tests   []string // for tests only
}

func readRules(t *testing.T) []rule {
	f, err := os.Open("imports.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []rule
	s := bufio.NewScanner(f)
	for s.Scan() {
		line, _, _ := strings.Cut(s.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, rest, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("imports.txt: %q has no colon", line)
		}
		rest, tests, _ := strings.Cut(rest, "| tests:")
		out = append(out, rule{strings.TrimSpace(name), strings.Fields(rest), strings.Fields(tests)})
	}
	return out
}

type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) []listed {
	cmd := exec.Command("go", "list", "-tags", "ort", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsAreAllowed(t *testing.T) {
	rules := readRules(t)
	used := map[string]bool{}
	for _, p := range packages(t) {
		name := relative(p.ImportPath)
		i := slices.IndexFunc(rules, func(r rule) bool { return matches(r.pattern, name) })
		if i < 0 {
			t.Errorf("package %s stands on no floor: give it a line in imports.txt", name)
			continue
		}
		r := rules[i]
		used[r.pattern] = true
		for _, imp := range p.Imports {
			check(t, name, imp, r.allowed)
		}
		for _, imp := range append(p.TestImports, p.XTestImports...) {
			check(t, name+" (tests)", imp, append(slices.Clone(r.allowed), append(r.tests, name, testsOnly)...))
		}
	}
	for _, r := range rules {
		if !used[r.pattern] {
			t.Errorf("imports.txt: %s matches no package", r.pattern)
		}
	}
}

// testsOnly stands for what any test may use.
const testsOnly = "TESTS"

func check(t *testing.T, name, imp string, allowed []string) {
	first, _, _ := strings.Cut(imp, "/")
	if !strings.Contains(first, ".") {
		if (imp == "net/http" || imp == "net") && !slices.Contains(allowed, "net/http") {
			t.Errorf("%s imports %s: nothing but the server reaches the network", name, imp)
		}
		if imp == "unsafe" && !strings.HasSuffix(name, " (tests)") && !slices.Contains(allowed, imp) {
			t.Errorf("%s imports unsafe, which its line in imports.txt does not allow", name)
		}
		return
	}
	rel := relative(imp)
	for _, a := range allowed {
		if matches(a, rel) || a == testsOnly && slices.ContainsFunc([]string{"pgregory.net/rapid", "github.com/rogpeppe/go-internal/...", "github.com/santhosh-tekuri/jsonschema/...", "internal/allocated"}, func(l string) bool { return matches(l, rel) }) {
			return
		}
	}
	t.Errorf("%s imports %s, which its line in imports.txt does not allow", name, rel)
}

func relative(imp string) string {
	if imp == module {
		return "."
	}
	return strings.TrimPrefix(imp, module+"/")
}

func matches(pattern, name string) bool {
	if rest, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == rest || strings.HasPrefix(name, rest+"/")
	}
	ok, _ := path.Match(pattern, name)
	return ok
}
