//go:build ort

package ort

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestOpenRefuses: what is no library, or not one that will do, is one line that says what it is and what is wanted.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.so")
	if err := os.WriteFile(text, []byte("no library\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{
		"libonnxruntime.so":           "relative, want an absolute one",
		filepath.Join(dir, "no.so"):   "no such file, want the shared library of ONNX Runtime 1.17 or newer",
		dir:                           "no file, want",
		text:                          ", want the shared library of ONNX Runtime 1.17 or newer",
		os.Args[0]:                    ", want the shared library", // a program is none
		filepath.Join(text, "within"): "not a directory",
	} {
		e, err := Open(Options{Library: path})
		if err == nil {
			t.Fatalf("%s opens: %v", path, e.Path)
		}
		if !strings.HasPrefix(err.Error()+" "+path, path) && !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want %q in one line", path, err, why)
		}
	}
}

// TestOpenWrongVersion makes libraries that say they are ONNX Runtime.
func TestOpenWrongVersion(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no C compiler here")
	}
	const source = `struct base { const void *(*get)(unsigned); const char *(*version)(void); };
static const void *get(unsigned v) { return 0; }
static const char *version(void) { return VERSION; }
static const struct base b = {get, version};
const struct base *NAME(void) { return &b; }
`
	for _, c := range []struct{ name, version, why string }{
		{"OrtGetApiBase", "1.4.0", `it is ONNX Runtime "1.4.0", want the shared library of ONNX Runtime 1.17 or newer`},
		{"OrtGetApiBase", "2.0.0", `it is ONNX Runtime "2.0.0"`},
		{"OrtGetApiBase", "", `it is ONNX Runtime ""`},
		{"OrtGetApiBase", "1.99.0", "ONNX Runtime 1.99.0 has no API of version 17"},
		{"Other", "1.32.0", "it has no function OrtGetApiBase"},
	} {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "fake.c"), filepath.Join(dir, "libfake.so")
		if err := os.WriteFile(in, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if said, err := exec.Command(cc, "-shared", "-fPIC", "-DNAME="+c.name, `-DVERSION="`+c.version+`"`, "-o", out, in).CombinedOutput(); err != nil {
			t.Skipf("the C compiler makes no library: %v: %s", err, said)
		}
		if _, err := Open(Options{Library: out}); err == nil || !strings.Contains(err.Error(), out+": "+c.why) {
			t.Errorf("%s %q: %v, want %s", c.name, c.version, err, c.why)
		}
	}
}

// TestOpenFinds: a library that lies nowhere the system looks is not found, above all not in the current folder.
func TestOpenFinds(t *testing.T) {
	for _, pattern := range candidates() {
		if !filepath.IsAbs(pattern) {
			t.Errorf("%s: looked for where the program was started", pattern)
		}
		if found, err := filepath.Glob(pattern); err != nil || len(found) > 0 {
			t.Skipf("the system has one: %v, %v", found, err)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"libonnxruntime.so", "libonnxruntime.so.1", "libonnxruntime.dylib", "onnxruntime.dll"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("LD_LIBRARY_PATH", dir)
	if e, err := Open(Options{}); !errors.Is(err, ErrNone) {
		t.Errorf("found %v, %v", e, err)
	}
}

func TestOpenTwice(t *testing.T) {
	a, b := installed(t), installed(t)
	if a.Engine != b.Engine || a.Name() != "ort" || !strings.HasPrefix(a.Kernel(), "ort 1.") {
		t.Errorf("%v %v, and %v", a.Name(), a.Kernel(), b)
	}
	if _, err := Open(Options{Library: a.Path, CUDA: true}); err != nil && !strings.Contains(err.Error(), a.Path+": ") {
		t.Errorf("without CUDA: %v", err)
	}
}
