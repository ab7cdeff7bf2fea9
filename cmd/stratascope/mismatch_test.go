package main

import (
	"slices"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
)

// An order of labels that reaches more than another preprocessing is named first, and the preprocessing, too: the
// order would hide it for good.
func TestBothCausesAreNamed(t *testing.T) {
	dir := t.TempDir()
	j := &job{program: &program{settings: &settings{out: dir}}, set: &dataset.Set{}}
	bgr, _ := dataset.Preset("bgr255")
	err := j.mismatch(&stratascope.Verification{Renamed: "accuracy is 1.0 %; with the labels in the order a=1 it is 99.0 %", Order: []string{"b", "a"},
		Better: &bgr, Best: 0.8, Doubt: "not clearly better than bgr (79.0 %)", Tried: []string{"bgr255", "bgr"}})
	f := failed(err, false)
	want := []string{"Use it: --classes " + dir + "/classes.txt.",
		"Or they are not, and the preprocessing is another: BGR 0-255 with 80.0 %, not clearly better than bgr (79.0 %), --preprocess bgr255."}
	if f.code != exitInput || !slices.Equal(f.help, want) {
		t.Errorf("code %d, help %q, want %q", f.code, f.help, want)
	}
}
