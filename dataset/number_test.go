package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// withLabels opens two features a sample with labels, as an npz or a table, and class names a line each.
func withLabels(t *testing.T, y any, classes string, outputs int) (*Set, error) {
	t.Helper()
	dir := t.TempDir()
	o := Options{Outputs: outputs, Model: "m.onnx"}
	if classes != "" {
		o.Classes = filepath.Join(dir, "classes.txt")
		if err := os.WriteFile(o.Classes, []byte(strings.ReplaceAll(classes, " ", "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, data := filepath.Join(dir, "d.csv"), []byte{}
	switch y := y.(type) {
	case string:
		data = []byte("a,b,label\n")
		for i, l := range strings.Fields(y) {
			data = fmt.Appendf(data, "%d,1,%s\n", i, l)
		}
	case tensor.Tensor:
		path = filepath.Join(dir, "d.npz")
		data = npzBytes(t, map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, y.Dim(0), 2), "y": y})
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, o)
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// A list of classes maps numbers that it names, in arrays and tables alike; other names are those of the
// numbers.
func TestClassesOfNumbers(t *testing.T) {
	numbers, hot := tensor.Of([]int64{1, 2, 3, 1}, 4), tensor.Of([]uint8{0, 0, 1, 1, 0, 0, 0, 1, 0}, 3, 3)
	for _, c := range []struct {
		y       any
		classes string
		want    []int32
		labels  string // of the classes, as the data write them
	}{
		{numbers, "1 2 3", []int32{0, 1, 2, 0}, "1 2 3"},
		{"1 2 3 1", "1 2 3", []int32{0, 1, 2, 0}, "1 2 3"},
		{numbers, "3 1 2", []int32{1, 2, 0, 1}, "3 1 2"},
		{hot, "2 0 1", []int32{0, 1, 2}, "2 0 1"},
		{numbers, "none cat dog cow", []int32{1, 2, 3, 1}, "0 1 2 3"},
		{"cat dog", "dog cat", []int32{1, 0}, "dog cat"},
		{"0 1", "", []int32{0, 1}, "0 1"},
	} {
		s, err := withLabels(t, c.y, c.classes, 0)
		if err != nil {
			t.Errorf("%v with %q: %v", c.y, c.classes, err)
			continue
		}
		var labels []string
		for i := range s.Task.Classes {
			labels = append(labels, s.Label(i))
		}
		if !slices.Equal(s.Labels, c.want) || strings.Join(labels, " ") != c.labels {
			t.Errorf("%v with %q: labels %v, classes %v; want %v, %s", c.y, c.classes, s.Labels, labels, c.want, c.labels)
		}
	}
}

func TestLabelsBeyondTheOutputs(t *testing.T) {
	one := "Write the numbers 1 to 3 to classes.txt, a line each, and use it: --classes classes.txt."
	order := "Write the numbers in the order of the outputs to classes.txt, a line each, and use it: --classes classes.txt."
	for _, c := range []struct {
		y             any
		message, help string
	}{
		{tensor.Of([]int64{1, 2, 3}, 3), "the labels are 1 to 3, the outputs of m.onnx 0 to 2: off by one.", one},
		{tensor.Of([]float32{1, 2, 3}, 3), "the labels are 1 to 3, the outputs of m.onnx 0 to 2: off by one.", one},
		{"1 2 3", "the labels are 1 to 3, the outputs of m.onnx 0 to 2: off by one.", one},
		{"10 20 30", "the labels are 10 to 30, the outputs of m.onnx 0 to 2.", order},
		{"a b c d", "4 classes, m.onnx has 3 outputs.", "Name those it knows, in the order of its outputs, a line each: --classes classes.txt."},
	} {
		_, err := withLabels(t, c.y, "", 3)
		if err == nil {
			t.Errorf("%v: accepted", c.y)
			continue
		}
		wantProblem(t, err, err.Error(), c.help)
		if _, message, _ := strings.Cut(err.Error(), ": "); message != c.message {
			t.Errorf("%v: %q, want %q", c.y, message, c.message)
		}
	}
	if s, err := withLabels(t, "1 2 3", "1 2 3", 3); err != nil || !slices.Equal(s.Labels, []int32{0, 1, 2}) {
		t.Errorf("what the message says does not help: %v", err)
	}
}

// Whole numbers of a floating type are classes if the network has outputs for them, and what was assumed
// is said.
func TestWholeFloats(t *testing.T) {
	classes, values := "taken as classes, since m.onnx has 4 outputs", "taken as values to be predicted"
	for _, c := range []struct {
		y       any
		outputs int
		kind    Kind
		note    string
	}{
		{tensor.Of([]float32{3, 0, 1, 2}, 4), 4, Classification, classes},
		{tensor.Of([]float64{3, 0, 1, 2}, 4, 1), 4, Classification, classes},
		{"3.0 0.0 1.0 2.0", 4, Classification, classes},
		{tensor.Of([]float32{3, 0, 1, 2}, 4), 0, Regression, values},
		{tensor.Of([]float32{3, 0, 1, 9}, 4), 4, Regression, values},
		{tensor.Of([]float32{3, 0, 1, 0.5}, 4), 4, Regression, ""},
		{"3.0 0.0 1.0 0.5", 4, Regression, ""},
	} {
		s, err := withLabels(t, c.y, "", c.outputs)
		if err != nil {
			t.Errorf("%v: %v", c.y, err)
			continue
		}
		note := strings.Join(s.Notes, " ")
		if s.Task.Kind != c.kind || !strings.Contains(note, c.note) || c.note == "" && strings.Contains(note, "floating") {
			t.Errorf("%v for %d outputs: %s, %q; want %s, %q", c.y, c.outputs, s.Task.Kind, note, c.kind, c.note)
		}
		if c.kind == Classification && !slices.Equal(s.Labels, []int32{3, 0, 1, 2}) {
			t.Errorf("%v: labels %v", c.y, s.Labels)
		}
	}
}
