package main

import (
	"context"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

// A run that keeps nothing, as that of demo, does not promise to go on.
func TestNothingKeptPromisesNothing(t *testing.T) {
	for _, err := range []error{context.Canceled, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}} {
		f := failed(err, false)
		if text := f.message + strings.Join(f.help, " "); strings.Contains(text, "--resume") || strings.Contains(text, "what is done is kept") {
			t.Errorf("%v: %q", err, text)
		}
	}
	if f := failed(context.Canceled, false); f.code != exitInterrupted || f.message != "interrupted; nothing is kept" {
		t.Errorf("code %d, %q", f.code, f.message)
	}
}
