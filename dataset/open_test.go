package dataset

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/tensor"
)

// tree writes files under a new folder and returns it.
func tree(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func npyBytes(t *testing.T, x tensor.Tensor) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, x); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func npzBytes(t *testing.T, arrays map[string]tensor.Tensor) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, x := range arrays {
		m, err := w.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		m.Write(npyBytes(t, x))
	}
	w.Close()
	return b.Bytes()
}

// pngBytes is a picture of one grey.
func pngBytes(w, h int, v uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	var b bytes.Buffer
	png.Encode(&b, m)
	return b.Bytes()
}

func rgbBytes(w, h int, c color.Color) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	png.Encode(&b, m)
	return b.Bytes()
}

func opened(t *testing.T, path string, o Options) *Set {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func read(t *testing.T, s *Set, name string, indices ...int) tensor.Tensor {
	t.Helper()
	b, err := s.Read(context.Background(), indices, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Inputs[name]
}

func TestNpzOfNumPy(t *testing.T) {
	for _, form := range []string{"stored", "deflated"} {
		s := opened(t, "npz/testdata/"+form+".npz", Options{Inputs: []Input{{"features", []int{-1, 4}, tensor.Float32}}})
		if got, want := s.String(), "4 val, 6 train, 3 classes, 4 features, group site of 3"; got != want {
			t.Errorf("%s: %q, want %q", form, got, want)
		}
		if s.IDs[9] != "s9" || s.Keys[9] != Key("s9") || s.Splits[6] != Val || s.Labels[4] != 1 || s.Groups[0].Values[9] != 1 {
			t.Errorf("%s: %v %v %v %v", form, s.IDs, s.Splits, s.Labels, s.Groups)
		}
		if x := read(t, s, "features", 9, 0); !slices.Equal(x.Float32s(), []float32{9, 9.25, 9.5, 9.75, 0, 0.25, 0.5, 0.75}) {
			t.Errorf("%s: samples 9 and 0 are %v", form, x.Float32s())
		}
	}
}

func TestArraysOfSplitsAndFolderOfNpy(t *testing.T) {
	x := func(v float32, n int) tensor.Tensor {
		data := make([]float32, n*2)
		for i := range data {
			data[i] = v + float32(i)
		}
		return tensor.Of(data, n, 2)
	}
	y := func(n int) tensor.Tensor { return tensor.New(tensor.Int64, n) }
	arrays := map[string]tensor.Tensor{"x_train": x(0, 5), "y_train": y(5), "x_val": x(100, 3), "y_val": y(3), "X_test": x(200, 2), "y_test": y(2)}
	files := map[string][]byte{}
	for name, a := range arrays {
		files[name+".npy"] = npyBytes(t, a)
	}
	folder := tree(t, files)
	archive := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, arrays)}), "d.npz")
	for _, path := range []string{folder, archive} {
		s := opened(t, path, Options{})
		if s.N() != 10 || s.Count(Train) != 5 || s.Count(Val) != 3 || s.Count(Test) != 2 || s.SplitMade || s.IDs[5] != "val/0000" {
			t.Errorf("%s: %v, ids %v", path, s, s.IDs)
		}
		if got := read(t, s, "x", 9, 4, 5, 6); !slices.Equal(got.Float32s(), []float32{202, 203, 8, 9, 100, 101, 102, 103}) {
			t.Errorf("%s: rows across splits %v", path, got.Float32s())
		}
	}
}

func TestSeveralInputsByName(t *testing.T) {
	ids := tensor.Of([]int64{5, 6, 7, 1 << 40, 9, 10}, 2, 3)
	path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"input_ids": ids, "y": tensor.Of([]int64{0, 1}, 2)})}), "d.npz")
	s := opened(t, path, Options{Inputs: []Input{
		{"attention_mask", []int{-1, -1}, tensor.Int64}, {"input_ids", []int{-1, -1}, tensor.Int64}, {"position_ids", []int{-1, -1}, tensor.Int64},
		{"past_key_values.0.key", []int{-1, 4, -1, 8}, tensor.Float32},
	}})
	b, err := s.Read(context.Background(), []int{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]int64{"input_ids": {1 << 40, 9, 10}, "attention_mask": {1, 1, 1}, "position_ids": {0, 1, 2}} {
		if got := b.Inputs[name]; !slices.Equal(got.Int64s(), want) {
			t.Errorf("%s = %v, want %v", name, got.Int64s(), want)
		}
	}
	if got := b.Inputs["past_key_values.0.key"].String(); got != "float32[1,4,0,8]" {
		t.Errorf("past %s", got)
	}
	_, err = Open(path, Options{Model: "m.onnx", Inputs: []Input{{"pixels", []int{-1, 3}, tensor.Float32}}})
	var p *Problem
	if !errors.As(err, &p) && err == nil {
		t.Errorf("an input without values: %v", err)
	}
}

func TestTasks(t *testing.T) {
	x := tensor.New(tensor.Float32, 4, 2)
	for name, c := range map[string]struct {
		y    tensor.Tensor
		want Kind
	}{
		"whole":   {tensor.Of([]int32{0, 1, 2, -1}, 4), Classification},
		"column":  {tensor.Of([]uint8{0, 1, 2, 1}, 4, 1), Classification},
		"one-hot": {tensor.Of([]float32{1, 0, 0, 1, 1, 0, 0, 1}, 4, 2), Classification},
		"matrix":  {tensor.Of([]uint8{1, 1, 0, 1, 1, 0, 0, 0}, 4, 2), MultiLabel},
		"floats":  {tensor.Of([]float64{0.5, 1, 2, 3}, 4), Regression},
		"columns": {tensor.Of([]float32{0.5, 1, 2, 3, 4, 5, 6, 7}, 4, 2), Regression},
		"map":     {tensor.New(tensor.Uint8, 4, 3, 3), Segmentation},
		"tokens":  {tensor.Of([]int64{1, 2, 3, 4, 5, 6, 7, 8}, 4, 2), Segmentation},
	} {
		path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x, "y": c.y})}), "d.npz")
		s := opened(t, path, Options{})
		if s.Task.Kind != c.want || !s.SplitMade {
			t.Errorf("%s: task %v, want %v", name, s.Task.Kind, c.want)
		}
		if c.want != Classification {
			if y, err := s.ReadTargets([]int{3}); err != nil || y.Dim(0) != 1 {
				t.Errorf("%s: targets %v, %v", name, y, err)
			}
		}
	}
}

func TestNamedTask(t *testing.T) {
	x := tensor.New(tensor.Float32, 2, 2)
	for name, c := range map[string]struct {
		y     tensor.Tensor
		named Kind
		fits  bool
	}{
		"whole numbers as targets":   {tensor.Of([]int64{3, 4}, 2), Regression, true},
		"floats as classes":          {tensor.Of([]float32{0, 1}, 2), Classification, true},
		"fractions as classes":       {tensor.Of([]float32{0, 1.5}, 2), Classification, false},
		"none":                       {tensor.Of([]int64{3, 4}, 2), NoTask, true},
		"columns of floats as a map": {tensor.Of([]float32{0, 1.5, 2, 3}, 2, 2), Segmentation, false},
	} {
		path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x, "y": c.y})}), "d.npz")
		s, err := Open(path, Options{Task: c.named})
		if (err == nil) != c.fits || (err == nil && (s.Task.Kind != c.named || s.Labelled() == (c.named == NoTask))) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Data from deployment have no labels; the rest keeps its own.
func TestPartsWithoutLabels(t *testing.T) {
	x, y := tensor.New(tensor.Float32, 2, 2), tensor.Of([]int64{1, 0}, 2)
	dir := tree(t, map[string][]byte{
		"d.npz": npzBytes(t, map[string]tensor.Tensor{"x_val": x, "y_val": y, "x_deploy": x}), "a.csv": []byte("label,f,g\n1,1,2\n"), "b.csv": []byte("f,g\n3,4\n"),
	})
	if s := opened(t, filepath.Join(dir, "d.npz"), Options{}); !slices.Equal(s.Labels, []int32{1, 0, -1, -1}) {
		t.Errorf("arrays: %v", s.Labels)
	}
	if s := opened(t, "", Options{Val: filepath.Join(dir, "a.csv"), Deploy: filepath.Join(dir, "b.csv")}); !slices.Equal(s.Labels, []int32{1, -1}) {
		t.Errorf("tables: %v", s.Labels)
	}
}

func TestBadLabels(t *testing.T) {
	x := tensor.New(tensor.Float32, 2, 2)
	for name, y := range map[string]tensor.Tensor{
		"negative": tensor.Of([]int64{0, -7}, 2), "huge": tensor.Of([]int64{0, 1 << 40}, 2), "fewer": tensor.Of([]int64{0}, 1), "NaN": tensor.Of([]float32{0.5, float32(math.NaN())}, 2),
	} {
		path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x, "y": y})}), "d.npz")
		if _, err := Open(path, Options{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMNISTFiles(t *testing.T) {
	images := func(n byte) []byte {
		b := []byte{0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 2, 0, 0, 0, 2}
		for i := range 4 * int(n) {
			b = append(b, byte(i))
		}
		return b
	}
	labels := func(n byte) []byte { return append([]byte{0, 0, 8, 1, 0, 0, 0, n}, make([]byte, n)...) }
	zip := func(b []byte) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		w.Write(b)
		w.Close()
		return out.Bytes()
	}
	dir := tree(t, map[string][]byte{
		"train-images-idx3-ubyte": images(5), "train-labels.idx1-ubyte": labels(5), "t10k-images-idx3-ubyte.gz": zip(images(3)), "t10k-labels-idx1-ubyte.gz": zip(labels(3)),
	})
	s := opened(t, dir, Options{Inputs: []Input{{"x", []int{-1, 1, 2, 2}, tensor.Float32}}})
	if got, want := s.String(), "5 train, 3 test, 1 class, 2 x 2 grey, values 0 to 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if x := read(t, s, "x", 6); x.Float32s()[3] != 7.0/255 || s.Unseen() != Test {
		t.Errorf("%v, unseen %v", x.Float32s(), s.Unseen())
	}
	flat := opened(t, dir, Options{Inputs: []Input{{"x", []int{-1, 4}, tensor.Float32}}})
	if x := read(t, flat, "x", 1); x.String() != "float32[1,4]" || x.Float32s()[0] != 4.0/255 {
		t.Errorf("flat: %v %v", x, x.Float32s())
	}
}

func TestTables(t *testing.T) {
	csv := "id,split,label,group_site,b,a\nr1,train,cat,north,1,2\nr2,val,dog,,3,4\nr3,train,cat,south,5.5,-6e2\n"
	dir := tree(t, map[string][]byte{"d.csv": []byte(csv), "d.tsv": []byte(strings.ReplaceAll(csv, ",", "\t"))})
	for _, name := range []string{"d.csv", "d.tsv"} {
		s := opened(t, filepath.Join(dir, name), Options{})
		if got, want := s.String(), "1 val, 2 train, 2 classes, 2 features, group site of 2"; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if x := read(t, s, "x", 2); !slices.Equal(x.Float32s(), []float32{5.5, -600}) {
			t.Errorf("%s: %v", name, x.Float32s())
		}
		if !slices.Equal(s.Task.Classes, []string{"cat", "dog"}) || s.Groups[0].Values[1] != -1 {
			t.Errorf("%s: %v %v", name, s.Task, s.Groups)
		}
		s = opened(t, filepath.Join(dir, name), Options{Features: []string{"a", "b"}})
		if x := read(t, s, "x", 2); !slices.Equal(x.Float32s(), []float32{-600, 5.5}) {
			t.Errorf("%s: chosen columns %v", name, x.Float32s())
		}
	}
	for name, text := range map[string]string{
		"no number": "label,a\n0,red\n", "NaN": "label,a\n0,nan\n", "empty cell": "label,a\n0,\n", "no header": "1,2\n3,4\n", "ragged": "label,a\n0,1,2\n",
		"column twice": "a,a\n1,2\n", "id twice": "id,label,a\nx,0,1\nx,0,1\n", "split": "split,label,a\ntrian,0,1\n", "no rows": "label,a\n", "quote": "label,a\n\"0,1\n",
	} {
		path := filepath.Join(tree(t, map[string][]byte{"d.csv": []byte(text)}), "d.csv")
		if _, err := Open(path, Options{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSeparatePaths(t *testing.T) {
	dir := tree(t, map[string][]byte{"a.csv": []byte("id,label,f\n0,1,2\n1,0,3\n"), "b.csv": []byte("id,label,f\n0,1,5\n")})
	s := opened(t, "", Options{Train: filepath.Join(dir, "a.csv"), Val: filepath.Join(dir, "b.csv")})
	if !slices.Equal(s.IDs, []string{"train/0", "train/1", "val/0"}) || s.Splits[2] != Val || s.SplitMade {
		t.Errorf("%v %v", s.IDs, s.Splits)
	}
}

func TestSeenAndGroupsFiles(t *testing.T) {
	dir := tree(t, map[string][]byte{"d.csv": []byte("id,label,f\nr0,1,2\nr1,0,3\nr2,0,1\n"), "seen.txt": []byte("id\nr1\n"), "groups.csv": []byte("id,site\nr0,north\nr2,south\n"), "classes.txt": []byte("cat\ndog\n")})
	s := opened(t, filepath.Join(dir, "d.csv"), Options{Seen: filepath.Join(dir, "seen.txt"), Groups: filepath.Join(dir, "groups.csv"), Classes: filepath.Join(dir, "classes.txt")})
	if !slices.Equal(s.Splits, []Split{Val, Train, Val}) || s.SplitMade || s.Group("site").Values[1] != -1 || s.Task.Classes[1] != "dog" {
		t.Errorf("%v %v %v", s.Splits, s.Groups, s.Task)
	}
}

func TestImageFolders(t *testing.T) {
	dir := tree(t, map[string][]byte{
		"train/cat/1.png": pngBytes(4, 4, 10), "train/cat/2.png": pngBytes(4, 4, 20), "train/dog/1.png": pngBytes(4, 4, 30), "valid/dog/9.png": pngBytes(4, 4, 51), "README.txt": []byte("x"),
	})
	s := opened(t, dir, Options{Inputs: []Input{{"x", []int{-1, 1, 4, 4}, tensor.Float32}}})
	if got, want := s.String(), "1 val, 3 train, 2 classes, 4 x 4 grey, values 0 to 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !slices.Equal(s.Labels, []int32{0, 0, 1, 1}) || s.IDs[3] != "valid/dog/9.png" {
		t.Errorf("%v %v", s.Labels, s.IDs)
	}
	if x := read(t, s, "x", 3, 0); x.Float32s()[0] != 0.2 || x.Float32s()[16] != float32(10.0/255) {
		t.Errorf("%v", x.Float32s())
	}
	imagenet, _ := Preset("imagenet")
	s = opened(t, dir, Options{Preprocess: imagenet, Inputs: []Input{{"x", []int{-1, 3, 8, 8}, tensor.Float32}}})
	if x := read(t, s, "x", 3); x.String() != "float32[1,3,8,8]" || math.Abs(float64(x.Float32s()[0])-(0.2-0.485)/0.229) > 1e-6 {
		t.Errorf("%v %v", x, x.Float32s()[0])
	}
	flat := tree(t, map[string][]byte{"a.png": pngBytes(4, 4, 1), "b.png": pngBytes(4, 4, 2), "labels.csv": []byte("id,label,split,group_sex\na,yes,train,f\nb.png,no,test,m\n")})
	s = opened(t, flat, Options{})
	if !slices.Equal(s.Task.Classes, []string{"no", "yes"}) || !slices.Equal(s.Labels, []int32{1, 0}) || s.Splits[1] != Test || s.Group("sex") == nil {
		t.Errorf("%v %v %v", s.Task, s.Labels, s.Splits)
	}
}

func TestPipelineIsThatOfTorchvision(t *testing.T) {
	want := loadPipeline(t)
	picture, err := os.ReadFile("testdata/pipeline.png")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := Preset("imagenet")
	p.Resize, p.Crop = Size{Height: 27}, Size{24, 24}
	s := opened(t, tree(t, map[string][]byte{"a/p.png": picture}), Options{Preprocess: p, Inputs: []Input{{"x", []int{-1, 3, 24, 24}, tensor.Float32}}})
	got := read(t, s, "x", 0).Float32s()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > 1.1e-5 {
			t.Fatalf("value %d is %v, torchvision's way gives %v", i, got[i], w)
		}
	}
}

func TestMessages(t *testing.T) {
	pictures := map[string][]byte{}
	for i := range 412 {
		pictures[fmt.Sprintf("%03d.png", i)] = pngBytes(28, 28, uint8(i))
	}
	dir := tree(t, pictures)
	_, err := Open(dir, Options{Rules: 46, LabelRules: 19})
	wantProblem(t, err, dir+": no labels. Found 412 images in one folder, no class folders, no labels.csv.",
		"19 of 46 rules need labels. Give --labels labels.csv (id,label), or go on without: --no-labels.")
	o := Options{NoLabels: true, Model: "model.onnx", Inputs: []Input{{"pixel_values", []int{-1, 3, 224, 224}, tensor.Float32}}}
	_, err = Open(dir, o)
	wantProblem(t, err, `model.onnx: input "pixel_values" wants [N,3,224,224], the images are [N,1,28,28].`,
		"Grey to RGB and resize: --preprocess imagenet. Or say how it was trained: preprocess: in stratascope.yaml.")
	o.Preprocess, _ = Preset("imagenet")
	opened(t, dir, o) // what the message says helps
}

// A hint names what would work, and the size of the network decides what that is.
func TestShapeHints(t *testing.T) {
	fed := func(shape ...int) Options {
		return Options{Model: "m.onnx", Inputs: []Input{{"x", shape, tensor.Float32}}}
	}
	fits := "Or say how it was trained: preprocess: in stratascope.yaml."
	for _, c := range []struct {
		file   string
		data   []byte
		want   []int
		is     string
		help   string
		preset string
	}{
		{"train/a/p.png", pngBytes(28, 28, 1), []int{-1, 3, 8, 8}, "images are [N,1,28,28]", "Grey to RGB and resize: --preprocess 0-1. " + fits, "0-1"},
		{"train/a/p.png", pngBytes(8, 8, 1), []int{-1, 3, 8, 8}, "images are [N,1,8,8]", "Grey to RGB: --preprocess 0-1. " + fits, "0-1"},
		{"train/a/p.png", rgbBytes(9, 7, color.White), []int{-1, 8, 8, 1}, "images are [N,7,9,3]", "RGB to grey and resize: --preprocess 0-1. " + fits, "0-1"},
		{"train/a/p.png", rgbBytes(9, 7, color.White), []int{-1, 3, 64, 64}, "images are [N,3,7,9]", "Resize: --preprocess imagenet. " + fits, "imagenet"},
		{"train/a/p.png", pngBytes(8, 8, 1), []int{-1, 100}, "images are [N,1,8,8]", sayHow, ""},
		{"d.csv", []byte("label,a,b\n0,1,2\n1,2,3\n"), []int{-1, 3}, "samples are [N,2]", "2 columns of the input were found, 3 are wanted.", ""},
		{"d.csv", []byte("label,a,b\n0,1,2\n1,2,3\n"), []int{-1, 1}, "samples are [N,2]", "2 columns of the input were found, 1 is wanted. Choose them: --features.", ""},
		{"d.npz", npzBytes(t, map[string]tensor.Tensor{"x": ramp(0, 1, 2, 5), "y": tensor.Of([]int64{0, 1}, 2)}), []int{-1, 3, 8, 8}, "samples are [N,5]", "Store the samples in that shape.", ""},
	} {
		dir := tree(t, map[string][]byte{c.file: c.data})
		if !strings.HasPrefix(c.file, "train") {
			dir = filepath.Join(dir, c.file)
		}
		o := fed(c.want...)
		_, err := Open(dir, o)
		wantProblem(t, err, fmt.Sprintf("m.onnx: input \"x\" wants %s, the %s.", bracket(c.want), c.is), c.help)
		if c.preset != "" {
			o.Preprocess = preset(t, c.preset)
			opened(t, dir, o)
		}
	}
}

func wantProblem(t *testing.T, err error, message, help string) {
	t.Helper()
	var p *Problem
	if !errors.As(err, &p) || p.Message != message || strings.Join(p.Help, "\n") != help {
		t.Errorf("got  %v\nwant %s\n%s", err, message, help)
		if p != nil {
			t.Errorf("help %q", p.Help)
		}
	}
}

func TestRefusedForms(t *testing.T) {
	tar := make([]byte, 512)
	copy(tar[257:], "ustar")
	for want, data := range map[string][]byte{
		"Parquet": []byte("PAR1...."), "tar shards": tar, "HDF5": []byte("\x89HDF\r\n\x1a\n"), "pickled": []byte("\x80\x04K\x01."), "FASTA": []byte(">seq1\nACGT\n"), "JSON": []byte(`{"text":"x"}`),
		"text is not read": []byte("text\nhello\n"), "one image": pngBytes(1, 1, 0), "empty": {}, "not a form": {1, 0, 2},
	} {
		path := filepath.Join(tree(t, map[string][]byte{"d": data}), "d")
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestLinksOutOfTheFolderAreRefused(t *testing.T) {
	outside := tree(t, map[string][]byte{"x.npy": npyBytes(t, tensor.New(tensor.Float32, 2, 2)), "a.png": pngBytes(2, 2, 1)})
	for name, target := range map[string]string{"x.npy": "x.npy", "cat/a.png": "a.png"} {
		dir := tree(t, map[string][]byte{"cat/b.png": pngBytes(2, 2, 1)})
		if err := os.Symlink(filepath.Join(outside, target), filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
		if _, err := Open(dir, Options{NoLabels: true}); err == nil {
			t.Errorf("%s: a link out of the folder was followed", name)
		}
	}
	dir := tree(t, map[string][]byte{"cat/b.png": pngBytes(2, 2, 1)})
	if err := os.Symlink("b.png", filepath.Join(dir, "cat", "c.png")); err != nil {
		t.Skip(err)
	}
	if s := opened(t, dir, Options{}); s.N() != 2 {
		t.Errorf("a link within the folder: %d samples, want 2", s.N())
	}
}

// A pipe must not be waited for.
func TestPipesAreRefused(t *testing.T) {
	dir := tree(t, map[string][]byte{"y.npy": npyBytes(t, tensor.New(tensor.Int64, 2))})
	if err := pipe(filepath.Join(dir, "x.npy")); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "x.npy")} {
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestReadFromManyGoroutines(t *testing.T) {
	x := tensor.New(tensor.Float32, 1000, 8)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i)
	}
	path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x})}), "d.npz")
	s := opened(t, path, Options{NoLabels: true})
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			feeds := map[string]tensor.Tensor{}
			for k := range 50 {
				indices := []int{(g*131 + k*17) % 1000, (g + k) % 1000}
				b, err := s.Read(context.Background(), indices, feeds)
				if err != nil {
					t.Error(err)
					return
				}
				feeds = b.Inputs
				if got := b.Inputs["x"].Float32s()[8]; got != float32(indices[1]*8) {
					t.Errorf("sample %d starts with %v", indices[1], got)
				}
			}
		})
	}
	group.Wait()
}

func TestNotFiniteInputsAreNamed(t *testing.T) {
	x := tensor.Of([]float32{1, 2, float32(math.NaN()), 4, float32(math.Inf(-1)), 6}, 3, 2)
	path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x})}), "d.npz")
	s := opened(t, path, Options{NoLabels: true})
	b, err := s.Read(context.Background(), []int{2, 0, 1}, nil)
	if err != nil || !slices.Equal(b.NotFinite, []int{0, 2}) {
		t.Errorf("%v, %v, want positions 0 and 2", b.NotFinite, err)
	}
}

func TestTruncatedWhileOpen(t *testing.T) {
	path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, 100000, 8)})}), "d.npz")
	s := opened(t, path, Options{NoLabels: true})
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(context.Background(), []int{99999}, nil); err == nil || !strings.Contains(err.Error(), "became shorter") {
		t.Errorf("%v, want that the file became shorter", err)
	}
}

func TestRawHash(t *testing.T) {
	x := tensor.Of([]float32{1, 2, 1, 2, 1, 3}, 3, 2)
	path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x})}), "d.npz")
	s := opened(t, path, Options{NoLabels: true})
	a, _ := s.RawHash(0)
	b, _ := s.RawHash(1)
	c, err := s.RawHash(2)
	if err != nil || a != b || a == c {
		t.Errorf("%x %x %x %v", a[:4], b[:4], c[:4], err)
	}
}
