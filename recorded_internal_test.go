package stratascope

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/internal/allocated"
)

// FuzzReadRun reads what may lie in a recording as run.json: any bytes give a run or an error.
func FuzzReadRun(f *testing.F) {
	for _, s := range []string{"", "{}", `{"model":{"sha256":"1"}}`, `{"seed":-1}`, `[`, `{"settings":{"a":[1,{"b":null}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, runName), b, 0o600); err != nil {
			t.Fatal(err)
		}
		var ok bool
		var err error
		allocated.Within(t, len(b), func() { _, ok, err = readRun(dir) })
		if ok && err != nil {
			t.Errorf("both a run and %v", err)
		}
	})
}

// FuzzReadIdentity reads what may lie in a cache's folder.
func FuzzReadIdentity(f *testing.F) {
	for _, s := range []string{"", "{}", `{"key":"{}"}`, `{"key":"{\"model\":\"a\"}"}`, `{"key":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), cacheFile)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		allocated.Within(t, len(b), func() { readIdentity(path) })
	})
}

func TestRunFileMustLieInTheRecording(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "x"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "x"), filepath.Join(dir, runName)); err != nil {
		t.Skip("no links here")
	}
	if _, ok, err := readRun(dir); ok || err == nil {
		t.Error("a link out of the recording is followed")
	}
}
