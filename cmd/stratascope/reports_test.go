package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/report"
)

// resultFile writes a result and returns its path and bytes.
func resultFile(t *testing.T) (string, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteJSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, b.Bytes()
}

func TestReportForms(t *testing.T) {
	path, written := resultFile(t)
	for form, mark := range map[string]string{"terminal": "coverage", "json": string(written), "html": "<!doctype html>"} {
		code, out, stderr := said("report", path, "--format", form)
		if code != 0 || stderr != "" || !strings.Contains(strings.ToLower(out), strings.ToLower(mark)) || strings.ContainsRune(out, '\x1b') {
			t.Errorf("%s: code %d, %d bytes, %q", form, code, len(out), stderr)
		}
		file := filepath.Join(t.TempDir(), "view")
		if code, stdout, stderr := said("report", path, "--format", form, "-o", file); code != 0 || stdout+stderr != "" {
			t.Errorf("%s into a file: code %d, %q, %q", form, code, stdout, stderr)
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != out {
			t.Errorf("%s: the file differs from standard output (%v)", form, err)
		}
	}
}

// TestReportKeepsInput tries to write over the input under each name it can have.
func TestReportKeepsInput(t *testing.T) {
	path, written := resultFile(t)
	names := []string{path, filepath.Join(filepath.Dir(path), ".", "x", "..", "result.json")}
	for name, link := range map[string]func(string, string) error{"symbolic": os.Symlink, "hard": os.Link} {
		other := filepath.Join(t.TempDir(), name)
		if err := link(path, other); err != nil {
			t.Logf("no %s links here: %v", name, err)
			continue
		}
		names = append(names, other)
	}
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		code, _, stderr := said("report", path, "--format", "html", "-o", name)
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, written) {
			t.Fatalf("-o %s wrote over the input (%v)", name, err)
		}
		if code != exitUsage || !strings.Contains(stderr, "is the input and is not written over") {
			t.Errorf("-o %s: code %d, %q", name, code, stderr)
		}
	}
}

func TestReportRefuses(t *testing.T) {
	path, _ := resultFile(t)
	dir := t.TempDir()
	for _, form := range later {
		code, out, stderr := said("report", path, "--format", form)
		if want := "--format " + form + " is not in this version; it has terminal, json and html.\n"; code != exitUsage || out != "" || !strings.HasPrefix(stderr, want) {
			t.Errorf("%s: code %d, %q, %q", form, code, out, stderr)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"report"}, exitUsage, "report: want one result file\n"},
		{[]string{"report", path, path}, exitUsage, "one word too many"},
		{[]string{"report", path, "--format", "jsn"}, exitUsage, "Did you mean json?"},
		{[]string{"report", path, "--format", "word"}, exitUsage, "want terminal, json or html"},
		{[]string{"report", path, "-o", dir}, exitInput, "not a regular file"},
		{[]string{"report", path, "-o", filepath.Join(dir, "none", "x")}, exitInput, "there is no folder"},
		{[]string{"report", dir}, exitInput, filepath.Base(dir)},
	} {
		if code, out, stderr := said(c.args...); code != c.code || out != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: code %d, want %d; %q, %q, want %q", c.args, code, c.code, out, stderr, c.want)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
