package onnx

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// beside makes a model with one FLOAT tensor of four elements whose data lies where the entries say.
func beside(entries ...string) []byte {
	w := &Tensor{Name: "w", DataType: Float, Dims: []int64{4}, location: 1}
	for i := 0; i < len(entries); i += 2 {
		w.External = append(w.External, &KV{Key: entries[i], Value: entries[i+1]})
	}
	m := &Model{IRVersion: 9, Graph: &Graph{Name: "g", Initializers: []*Tensor{w}}}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// folder makes root/secret.bin, and root/model with w.bin (24 bytes), sub/w.bin, a folder and links.
func folder(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	model := filepath.Join(root, "model")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(model, "sub"), 0o755),
		os.WriteFile(filepath.Join(root, "secret.bin"), make([]byte, 24), 0o644),
		os.WriteFile(filepath.Join(model, "w.bin"), floats(9, 9, 1, 2, 3, 4), 0o644),
		os.WriteFile(filepath.Join(model, "sub", "w.bin"), floats(5, 6, 7, 8), 0o644),
		os.Symlink(filepath.Join(root, "secret.bin"), filepath.Join(model, "absolute.bin")),
		os.Symlink("../secret.bin", filepath.Join(model, "out.bin")),
		os.Symlink("..", filepath.Join(model, "up")),
		os.Symlink("sub/w.bin", filepath.Join(model, "in.bin")),
	} {
		if err != nil {
			t.Skipf("no such files to be had here: %v", err)
		}
	}
	return model
}

func floats(v ...float32) []byte { return NewFloatTensor("", nil, v).Raw }

func TestExternalRefused(t *testing.T) {
	dir := folder(t)
	for _, c := range []struct {
		want    string
		entries []string
	}{
		{`external data has no location`, nil},
		{`external data "../secret.bin" leads out of the model's folder`, []string{"location", "../secret.bin"}},
		{`external data "sub/../w.bin" leads out of the model's folder`, []string{"location", "sub/../w.bin"}},
		{`external data "..\\secret.bin" leads out of the model's folder`, []string{"location", `..\secret.bin`}},
		{`external data "/etc/passwd" is an absolute path, want one inside the model's folder`, []string{"location", "/etc/passwd"}},
		{`external data "absolute.bin": path escapes from parent`, []string{"location", "absolute.bin"}},
		{`external data "out.bin": path escapes from parent`, []string{"location", "out.bin"}},
		{`external data "up/secret.bin": path escapes from parent`, []string{"location", "up/secret.bin"}},
		{`external data "sub" is a folder, want a regular file`, []string{"location", "sub"}},
		{`external data "." is a folder, want a regular file`, []string{"location", "."}},
		{`external data "gone.bin" is not there, want it beside the model`, []string{"location", "gone.bin"}},
		{`external data "w.bin" has 24 bytes, want 16 from 12`, []string{"location", "w.bin", "offset", "12"}},
		{`external data "w.bin" has 24 bytes, want 16 from 9223372036854775807`, []string{"location", "w.bin", "offset", "9223372036854775807"}},
		{`external data has offset "9223372036854775808", want a number from 0`, []string{"location", "w.bin", "offset", "9223372036854775808"}},
		{`external data has offset "-4", want a number from 0`, []string{"location", "w.bin", "offset", "-4"}},
		{`external data has offset "x", want a number from 0`, []string{"location", "w.bin", "offset", "x"}},
		{`external data has length "20", want 16 for FLOAT [4]`, []string{"location", "w.bin", "length", "20"}},
		{`external data has length "-16", want 16 for FLOAT [4]`, []string{"location", "w.bin", "length", "-16"}},
	} {
		path := filepath.Join(dir, "model.onnx")
		if err := os.WriteFile(path, beside(c.entries...), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path, Limits{})
		if want := `model.onnx: tensor "w": ` + c.want; err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", c.entries, err, want)
		}
	}
}

func TestExternalRead(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "model.onnx")
	for location, want := range map[string][]float32{"w.bin": {1, 2, 3, 4}, "sub/w.bin": {5, 6, 7, 8}, "in.bin": {5, 6, 7, 8}} {
		entries := []string{"location", location, "offset", "8", "length", "16"}
		if location != "w.bin" {
			entries = entries[:2]
		}
		if err := os.WriteFile(path, beside(entries...), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, path).Graph.Initializers[0].Float32s()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", location, got, err, want)
		}
	}
}

// TestExternalByPython reads what onnx 1.23.2 laid out (testdata/make.py).
func TestExternalByPython(t *testing.T) {
	m := read(t, "testdata/external.onnx")
	a, err := m.Graph.Initializers[0].Float32s()
	if err != nil || !slices.Equal(a, []float32{0, 1, 2, 3, 4, 5}) {
		t.Errorf("a is %v, %v", a, err)
	}
	b, err := m.Graph.Initializers[1].Float64s()
	if err != nil || !slices.Equal(b, []float64{0, 1, 2, 3}) {
		t.Errorf("b is %v, %v", b, err)
	}
}

// TestExternalTruncated cuts the file short after the model was read, and while its content is read.
func TestExternalTruncated(t *testing.T) {
	dir := folder(t)
	path, data := filepath.Join(dir, "model.onnx"), filepath.Join(dir, "w.bin")
	if err := os.WriteFile(path, beside("location", "w.bin"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := read(t, path).Graph.Initializers[0]
	cut := func(int, int) {
		if err := os.Truncate(data, 10); err != nil {
			t.Fatal(err)
		}
	}
	err := w.scan(cut, func([]byte) { t.Error("handed out a piece that is not there") })
	if want := `tensor "w": external data "w.bin": ended while it was read`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = w.Float32s()
	if want := `tensor "w": external data "w.bin" has 10 bytes, want 16 from 0`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestModelTruncated(t *testing.T) {
	_, err := readExactly(strings.NewReader("abc"), 5)
	if want := "ended after 3 bytes while it was read, had 5"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestExternalSum holds the limit of all external data together.
func TestExternalSum(t *testing.T) {
	path := filepath.Join(folder(t), "model.onnx")
	if err := os.WriteFile(path, beside("location", "w.bin"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path, Limits{ExternalBytes: 15})
	if want := `model.onnx: tensor "w": external data is more than 15 bytes in all`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestParsedAlone makes sure that bytes without a folder never lead to a file.
func TestParsedAlone(t *testing.T) {
	m, err := Parse(beside("location", "w.bin"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Graph.Initializers[0].Float32s()
	if want := `tensor "w": data lies beside the model, and the model was not read from a folder`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReadRefused(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty.onnx": "", "zip.onnx": "PK\x03\x04aaaa", "cut.onnx": "\x3a\x05ab"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"empty.onnx": "empty.onnx: cannot be read as ONNX: holds no graph, it is empty",
		"cut.onnx":   "cut.onnx: cannot be read as ONNX: damaged: field 7 is cut or invalid",
		"gone.onnx":  "gone.onnx: no such file or directory",
		".":          ": is a folder, want a regular file",
	} {
		_, err := Read(filepath.Join(dir, name), Limits{})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if _, err := Read(filepath.Join(dir, "zip.onnx"), Limits{}); err == nil {
		t.Error("a zip archive is read as a model")
	}
	if _, err := Read(filepath.Join(dir, "cut.onnx"), Limits{FileBytes: 3}); err == nil || err.Error() != "cut.onnx: has 4 bytes, want at most 3" {
		t.Errorf("got %v", err)
	}
}
