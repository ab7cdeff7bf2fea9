package recording

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/tensor"
)

func writeNpy(t testing.TB, dir, name string, x tensor.Tensor) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := npy.Write(f, x); err != nil {
		t.Fatal(err)
	}
}

func numbers(shape ...int) tensor.Tensor {
	x := tensor.New(tensor.Float32, shape...)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i%7) - 2
	}
	return x
}

func plainFolder(t testing.TB) string {
	dir := t.TempDir()
	conv := numbers(5, 2, 3, 3)
	for i, v := range conv.Float32s() {
		conv.Float32s()[i] = max(0, v)
	}
	writeNpy(t, dir, "10-head.npy", numbers(5, 3)) // after 2, though not by name
	writeNpy(t, dir, "2-conv1.npy", conv)
	writeNpy(t, dir, "labels.npy", tensor.Of([]int64{0, 1, 2, -1, 1}, 5))
	writeNpy(t, dir, "logits.npy", numbers(5, 3))
	writeNpy(t, dir, "split.npy", tensor.Of([]int32{1, 0, 1, 0, 1}, 5))
	return dir
}

func TestPlainFolder(t *testing.T) {
	r := mustOpen(t, plainFolder(t), Options{})
	ls := r.Layers("")
	if len(ls) != 2 || ls[0].Name != "conv1" || ls[0].Op != "Conv" || ls[0].Activation != "Relu" || ls[0].Units != 2 || ls[0].Axis != 1 ||
		ls[1].Name != "head" || ls[1].Op != "Linear" || ls[1].Activation != "" || !ls[1].Head || !slices.Equal(ls[1].After, []string{"conv1"}) {
		t.Errorf("layers %+v", ls)
	}
	if s := r.Samples(capture.View{Split: dataset.Val}); !slices.Equal(s.IDs, []string{"0", "2", "4"}) || !slices.Equal(s.Labels, []int32{0, 2, 1}) {
		t.Errorf("samples %v", s)
	}
	if s := r.Samples(capture.View{Split: dataset.Train}); !slices.Equal(s.IDs, []string{"1", "3"}) || !slices.Equal(s.Labels, []int32{1, -1}) {
		t.Errorf("samples %v", s)
	}
	if task := r.Task(); task.Kind != dataset.Classification || !slices.Equal(task.Classes, []string{"0", "1", "2"}) {
		t.Errorf("task %v", task)
	}
	all := numbers(5, 3).Float32s()
	m, err := capture.All(r.Table(capture.View{Split: dataset.Train, Reduce: capture.Row}, capture.Site{Layer: "head", Of: finding.Activation}))
	if err != nil || !slices.Equal(m.X, append(slices.Clone(all[3:6]), all[9:12]...)) {
		t.Errorf("rows of train: %v, %v", m, err)
	}
	for _, want := range []string{"follow one another", "for convolutions", "taken to end in Relu", "named by their row"} {
		if !strings.Contains(strings.Join(r.Notes(), "\n"), want) {
			t.Errorf("notes %q, want %q", r.Notes(), want)
		}
	}
}

func TestPlainFolderMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(dir string)
		want   string
	}{
		"rows":   {func(dir string) { writeNpy(t, dir, "03-more.npy", numbers(4, 3)) }, "want 4 samples first"},
		"twice":  {func(dir string) { writeNpy(t, dir, "03-head.npy", numbers(5, 3)) }, "a second file for feat/head"},
		"scalar": {func(dir string) { writeNpy(t, dir, "03-one.npy", numbers(5)) }, "samples first, then a layer's values"},
		"split":  {func(dir string) { writeNpy(t, dir, "split.npy", numbers(5)) }, "want texts or whole numbers"},
		"number": {func(dir string) { writeNpy(t, dir, "split.npy", tensor.Of([]int32{9, 9, 9, 9, 9}, 5)) }, "row 0 is"},
		"label":  {func(dir string) { writeNpy(t, dir, "labels.npy", tensor.Of([]int64{-2, 0, 0, 0, 0}, 5)) }, "label -2"},
		"cut":    {func(dir string) { os.Truncate(filepath.Join(dir, "10-head.npy"), 90) }, "10-head.npy"},
		"object": {func(dir string) { os.WriteFile(filepath.Join(dir, "03-x.npy"), []byte("\x93NUMPY"), 0o600) }, "03-x.npy"},
	} {
		dir := plainFolder(t)
		c.change(dir)
		if _, err := Open(context.Background(), dir, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if _, err := Open(context.Background(), t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "no recording") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestSteps(t *testing.T) {
	dir := t.TempDir()
	first, last := newRun(), newRun()
	last.layers[3].Parameters = 99
	for name, src := range map[string]*run{"step-000000100": first, "step-000048000": last} {
		if err := os.Rename(record(t, src, Plan{}), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := mustOpen(t, dir, Options{})
	if !slices.Equal(r.Steps(), []int64{100, 48000}) || r.Layers("")[3].Parameters != 99 {
		t.Errorf("steps %v, layers %v", r.Steps(), r.Layers("")[3])
	}
	site := capture.Site{Layer: "head", Of: finding.Activation}
	for _, step := range []int64{0, 100, 48000} {
		v := capture.View{Split: dataset.Val, Step: step, Reduce: capture.Row}
		if m, err := capture.All(r.Table(v, site)); err != nil || m.N != 150 || r.Samples(v).Len() != 150 {
			t.Errorf("step %d: %v", step, err)
		}
	}
	if err := r.Offers(capture.View{Split: dataset.Val, Step: 5}, site); err == nil {
		t.Error("a step that was not recorded is offered")
	}
}

func TestInspect(t *testing.T) {
	dir := record(t, newRun(), Plan{Model: Model{Name: "net\x1b[31m"}, MadeBy: MadeBy{Tool: "t", Framework: "f"}})
	s, err := Inspect(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Splits, []SplitSize{{dataset.Train, 300}, {dataset.Val, 150}}) || !s.Output || !s.Inputs || !s.Labels || len(s.Damaged) != 0 {
		t.Errorf("%+v", s)
	}
	text := s.String()
	for _, want := range []string{"network   net[31m\n", "made by   t, f\n", "samples   300 train, 150 val\n", "holds     labels, outputs, inputs\n", "   1  stem.conv ", " Conv Relu ", " 4 x 3 x 3 "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	path := filepath.Join(dir, "val-00000.safetensors")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-4000] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = Inspect(context.Background(), dir, Options{}); err != nil || !slices.Equal(s.Damaged, []string{"val-00000.safetensors"}) {
		t.Errorf("damaged %v, %v", s, err)
	}
}
