package enginetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
)

// debian is where Debian's libonnx-testdata has its vectors, a folder a set.
const debian = "/usr/share/libonnx-testdata/data"

// cache is the environment variable that names the folder make_vectors.py has written to.
const cache = "STRATASCOPE_ONNX_VECTORS"

// Conformance runs every official vector to be had and compares with the lists in folder lists. A vector
// of passing.txt that fails is an error, and so is one of missing.txt that passes: it belongs on the
// other list. With update the lists are written anew.
func Conformance(t *testing.T, e engine.Engine, lists string, update bool) {
	for _, s := range [][2]string{{"debian", "node"}, {"converted", "pytorch-converted"}, {"operator", "pytorch-operator"}, {"simple", "simple"}} {
		t.Run(s[0], func(t *testing.T) { conform(t, e, lists, s[0], filepath.Join(debian, s[1]), update) })
	}
	t.Run("onnx", func(t *testing.T) { conform(t, e, lists, "onnx", os.Getenv(cache), update) })
}

// conform runs one set of vectors.
func conform(t *testing.T, e engine.Engine, lists, set, folder string, update bool) {
	if _, err := os.Stat(folder); folder == "" || err != nil {
		reason := fmt.Sprintf("the vectors of %s are not here (libonnx-testdata, or %s after make_vectors.py)", set, cache)
		if set != "onnx" && os.Getenv("CI") == "true" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	vectors, err := Vectors(set, os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	var pass, fail []string
	for _, v := range vectors {
		line := v.Name + "\t" + strings.Join(v.Ops, ",")
		if err := v.Run(context.Background(), e); err != nil {
			fail = append(fail, line+"\t"+strings.Join(strings.Fields(err.Error()), " "))
			continue
		}
		pass = append(pass, line)
	}
	t.Logf("%d of %d vectors pass", len(pass), len(vectors))
	if update {
		rewrite(t, filepath.Join(lists, "passing.txt"), set, pass)
		rewrite(t, filepath.Join(lists, "missing.txt"), set, fail)
		return
	}
	known := listed(t, filepath.Join(lists, "passing.txt"), set)
	for _, line := range fail {
		if slices.Contains(known, name(line)) {
			t.Errorf("passed before and fails now: %s", line)
		}
	}
	missing := listed(t, filepath.Join(lists, "missing.txt"), set)
	for _, line := range pass {
		if slices.Contains(missing, name(line)) {
			t.Errorf("passes now and is listed as missing (run the test with -update): %s", line)
		}
	}
	if len(known)+len(missing) != len(vectors) {
		t.Errorf("%d vectors are here, the lists know %d", len(vectors), len(known)+len(missing))
	}
}

// name is the first column of a line.
func name(line string) string {
	n, _, _ := strings.Cut(line, "\t")
	return n
}

// listed returns the names of one set on a list.
func listed(t *testing.T, path, set string) []string {
	t.Helper()
	var out []string
	for _, line := range all(t, path) {
		if strings.HasPrefix(line, set+"/") {
			out = append(out, name(line))
		}
	}
	return out
}

func all(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// rewrite replaces the lines of one set and leaves those of others.
func rewrite(t *testing.T, path, set string, now []string) {
	t.Helper()
	out := slices.DeleteFunc(all(t, path), func(l string) bool { return l == "" || strings.HasPrefix(l, set+"/") })
	out = append(out, now...)
	slices.Sort(out)
	if err := os.WriteFile(path, []byte(strings.Join(out, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
