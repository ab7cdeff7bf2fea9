package recording

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/allocated"
)

// edit rewrites a recording's manifest.
func edit(t testing.TB, dir string, change func(map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, ManifestName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func shard(m map[string]any, i int) map[string]any { return m["shards"].([]any)[i].(map[string]any) }
func site(m map[string]any, i int) map[string]any  { return m["sites"].([]any)[i].(map[string]any) }

func TestHostileManifests(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.safetensors")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(dir string, m map[string]any)
		want   string
	}{
		"up":          {func(_ string, m map[string]any) { shard(m, 0)["file"] = "../secret.safetensors" }, "leads out of the recording"},
		"up inside":   {func(_ string, m map[string]any) { shard(m, 0)["file"] = "a/../../x" }, "leads out of the recording"},
		"absolute":    {func(_ string, m map[string]any) { shard(m, 0)["file"] = outside }, "leads out of the recording"},
		"backslashes": {func(_ string, m map[string]any) { shard(m, 0)["file"] = `..\x` }, "leads out of the recording"},
		"no name":     {func(_ string, m map[string]any) { shard(m, 0)["file"] = "" }, "leads out of the recording"},
		"weights up":  {func(_ string, m map[string]any) { m["model"] = map[string]any{"weights": "../w.safetensors"} }, "leads out of the recording"},
		"folder": {func(dir string, m map[string]any) {
			os.Mkdir(filepath.Join(dir, "d"), 0o755)
			shard(m, 0)["file"] = "d"
		}, "not a regular file"},
		"link out": {func(dir string, m map[string]any) { link(dir, outside); shard(m, 0)["file"] = "link" }, "escapes"},
		"list link out": {func(dir string, _ map[string]any) {
			os.Remove(filepath.Join(dir, SamplesName))
			os.Symlink(outside, filepath.Join(dir, SamplesName))
		}, "escapes"},
		"newer":        {func(_ string, m map[string]any) { m["version"] = "2.0" }, "version 2.0 is newer than this program, which reads 1.0"},
		"no version":   {func(_ string, m map[string]any) { delete(m, "version") }, "version is"},
		"other format": {func(_ string, m map[string]any) { m["format"] = "x" }, "format is"},
		"rows":         {func(_ string, m map[string]any) { shard(m, 0)["rows"] = []int{5, 2} }, "rows [5 2]"},
		"fewer rows":   {func(_ string, m map[string]any) { shard(m, 0)["rows"] = []int{0, 2} }, "manifest says 2"},
		"shard twice":  {func(_ string, m map[string]any) { m["shards"] = append(m["shards"].([]any), shard(m, 0)) }, "is in two shards"},
		"split":        {func(_ string, m map[string]any) { shard(m, 0)["split"] = "x" }, "want train, val, test or deploy"},
		"other split":  {func(_ string, m map[string]any) { shard(m, 0)["split"] = "train" }, "the shard is of train"},
		"twice":        {func(_ string, m map[string]any) { m["sites"] = append(m["sites"].([]any), site(m, 0)) }, "is there twice"},
		"shape":        {func(_ string, m map[string]any) { site(m, 0)["shape"] = []int{4, 3, 2} }, "have shape [4 3 3] a sample, manifest says [4 3 2]"},
		"minus":        {func(_ string, m map[string]any) { site(m, 0)["shape"] = []int{-5} }, "shape is"},
		"axis":         {func(_ string, m map[string]any) { site(m, 0)["axis"] = 2 }, "want 1 or the last"},
		"reduce":       {func(_ string, m map[string]any) { site(m, 0)["reduce"] = "x" }, "reduce is"},
		"count":        {func(_ string, m map[string]any) { m["splits"].(map[string]any)["val"] = map[string]any{"samples": -1} }, "has -1 samples"},
		"type":         {func(_ string, m map[string]any) { m["sites"] = "all" }, "not a readable manifest"},
	} {
		dir := record(t, newRun(), Plan{})
		edit(t, dir, func(m map[string]any) { c.change(dir, m) })
		_, err := Open(context.Background(), dir, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func link(dir, to string) { _ = os.Symlink(to, filepath.Join(dir, "link")) }

func TestUnknownFieldsAreKept(t *testing.T) {
	dir := record(t, newRun(), Plan{})
	edit(t, dir, func(m map[string]any) { m["weather"] = "fine"; m["version"] = "1.7"; site(m, 1)["colour"] = []int{1} })
	r := mustOpen(t, dir, Options{})
	b, err := json.Marshal(r.Manifest())
	if err != nil || !bytes.Contains(b, []byte(`"weather":"fine"`)) || !bytes.Contains(b, []byte(`"colour":[1]`)) || bytes.Count(b, []byte(`"version"`)) != 1 {
		t.Errorf("written again: %s, %v", b, err)
	}
}

// The message of a recording whose last shard was cut is that of the documentation.
func TestCutShard(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(path string) error
		want string
	}{
		"cut":     {func(p string) error { return os.Truncate(p, 200<<10/64) }, `^\S*recording/: stem\.conv has 4\d\d rows, manifest says 450; shard val-00001 ends early\.$`},
		"stump":   {func(p string) error { return os.Truncate(p, 5) }, `^\S*recording/: stem\.conv has 428 rows, manifest says 450; shard val-00001 ends early\.$`},
		"missing": {os.Remove, `^\S*recording/: stem\.conv has 428 rows, manifest says 450; shard val-00001 is missing\.$`},
	} {
		dir := record(t, newRun(), Plan{NoInputs: true})
		if err := c.harm(filepath.Join(dir, "val-00001.safetensors")); err != nil {
			t.Fatal(err)
		}
		_, err := Open(context.Background(), dir, Options{})
		var p *dataset.Problem
		if err == nil || !regexp.MustCompile(c.want).MatchString(filepath.ToSlash(err.Error())) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
		if !errors.As(err, &p) || p.Help[0] != "Use the complete shards: --partial." {
			t.Errorf("%s: help of %v", name, err)
		}
		r := mustOpen(t, dir, Options{Partial: true})
		if n := r.Samples(capture.View{Split: dataset.Val}).Len(); n != 128 || len(r.Notes()) != 1 {
			t.Errorf("%s: %d samples of complete shards, want 128; notes %q", name, n, r.Notes())
		}
	}
}

// A shard that is cut while it is read ends in an error.
func TestCutWhileRead(t *testing.T) {
	dir := record(t, newRun(), Plan{})
	r := mustOpen(t, dir, Options{})
	if err := os.Truncate(filepath.Join(dir, "val-00000.safetensors"), 2000); err != nil {
		t.Fatal(err)
	}
	if _, err := capture.All(r.Table(capture.View{Split: dataset.Val, Reduce: capture.Row}, capture.Site{Layer: "head", Of: finding.Activation})); err == nil {
		t.Error("values of a file that is gone")
	}
}

func FuzzManifest(f *testing.F) {
	for _, p := range []Plan{{}, {Reduce: capture.Mean}} {
		b, err := os.ReadFile(filepath.Join(record(f, newRun(), p), ManifestName))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"format":"stratascope-recording","version":"1.0","sites":[{"name":"a","after":["a","b"]},{"name":"b","op":"Sum","after":["a","input"]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m *Manifest
		var err error
		allocated.Within(t, len(b), func() { m, err = ParseManifest(b) })
		if err != nil {
			return
		}
		for i, l := range collect(m.Sites).layers {
			if l.Index != i+1 || l.Depth <= 0 || l.Depth > 1 || l.Name == "" {
				t.Errorf("layer %d: %+v", i, l)
			}
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseManifest(again); err != nil {
			t.Errorf("written again it is refused: %v", err)
		}
	})
}

// FuzzOpen opens folders made of a manifest, a list of samples and a shard.
func FuzzOpen(f *testing.F) {
	r := newRun()
	r.layers, r.n = r.layers[3:], map[dataset.Split]int{dataset.Val: 3, dataset.Train: 2}
	dir := record(f, r, Plan{NoInputs: true})
	var seed [][]byte
	for _, name := range []string{ManifestName, SamplesName, "val-00000.safetensors"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		seed = append(seed, b)
	}
	f.Add(seed[0], seed[1], seed[2])
	f.Add(bytes.ReplaceAll(seed[0], []byte(`"train-00000`), []byte(`"val-00000`)), seed[1], seed[2][:100])
	f.Add([]byte(`{"format":"stratascope-recording","version":"1.0","sites":[],"shards":[]}`), []byte("id,split\n"), []byte{})
	f.Fuzz(func(t *testing.T, manifest, list, shard []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{ManifestName: manifest, SamplesName: list, "val-00000.safetensors": shard} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var r *Recording
		var err error
		allocated.Within(t, len(manifest)+len(list)+len(shard), func() { r, err = Open(context.Background(), dir, Options{Partial: true}) })
		if err != nil {
			return
		}
		defer r.Close()
		for _, split := range r.Splits() {
			v := capture.View{Split: split, Reduce: capture.Row}
			for _, l := range r.Layers("") {
				s := capture.Site{Layer: l.Name, Of: finding.Activation}
				if r.Offers(v, s) == nil {
					if m, err := capture.All(r.Table(v, s)); err == nil && len(m.X) != m.N*m.D {
						t.Errorf("%d values in %d rows of %d", len(m.X), m.N, m.D)
					}
				}
			}
		}
	})
}
