package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/onnx"
)

func TestDoctorOfMachine(t *testing.T) {
	code, out, stderr := said("doctor")
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, %q", code, stderr)
	}
	for _, want := range []string{runtime.GOOS + "/" + runtime.GOARCH, runtime.Version(), "native, " + native.Engine{}.Kernel() + " kernels", "onnxruntime (PyPI)", "--memory", "  cache  "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if !slices.Contains(kernels(runtime.GOARCH), native.Engine{}.Kernel()) {
		t.Errorf("the kernel %s is not one of %v", native.Engine{}.Kernel(), kernels(runtime.GOARCH))
	}
}

// npy writes an array of zeros in the format of NumPy (NEP 1, version 1.0).
func npy(t *testing.T, path string, descr string, size int, shape ...int) {
	t.Helper()
	n := 1
	text := ""
	for _, d := range shape {
		n *= d
		text += fmt.Sprintf("%d,", d)
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, text)
	head += strings.Repeat(" ", (64-(10+len(head)+1)%64)%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(head)))...)
	b = append(append(b, head...), make([]byte, n*size)...)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDoctorOfInputs holds what is understood of each kind of input.
func TestDoctorOfInputs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"dense.onnx", "unsupported.onnx", "rows.csv", "unlabelled"} {
		if err := fixture(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	layers, arrays := filepath.Join(dir, "layers"), filepath.Join(dir, "arrays")
	for _, d := range []string{layers, arrays, filepath.Join(dir, "empty")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	npy(t, filepath.Join(layers, "01-conv1.npy"), "<f4", 4, 10, 4)
	npy(t, filepath.Join(layers, "02-fc.npy"), "<f4", 4, 10, 2)
	npy(t, filepath.Join(layers, "labels.npy"), "<i8", 8, 10)
	npy(t, filepath.Join(layers, "logits.npy"), "<f4", 4, 10, 2)
	npy(t, filepath.Join(arrays, "x.npy"), "<f4", 4, 10, 4)
	npy(t, filepath.Join(arrays, "y.npy"), "<i8", 8, 10)
	for name, text := range map[string]string{"notes.txt": "garbage\n", "cut.onnx": "\x08\x08\x12", "weights.pt": "PK\x03\x04 and so on"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		path string
		code int
		want []string
	}{
		{"dense.onnx", 0, []string{"  model     dense.onnx, 2 layers, 212 parameters, opset 17\n", "  input     x [N,8]\n", "  output    logits: logits\n", "  runs      yes, all layers\n", " of weights\n"}},
		{"unsupported.onnx", 0, []string{"  not run   Bernoulli (ai.onnx), needed for layer 2 \"fc2\"\n", "  runs      layers 1-1: --until fc1\n"}},
		{"rows.csv", 0, []string{"400 val, 400 train, 4 classes, 8 features", "  task      classification\n"}},
		{"arrays", 0, []string{"  data  ", "  task      classification\n"}},
		{"layers", 0, []string{"  recording ", "2 layers"}},
		{"unlabelled", exitInput, []string{"no labels. Found 412 images in one folder"}},
		{"empty", exitInput, []string{"is neither a recording nor data", "As data: "}},
		{"notes.txt", exitInput, []string{"is neither a network nor data", "As a network: ", "As data: "}},
		{"cut.onnx", exitInput, []string{"cut.onnx: cannot be read as ONNX"}},
		{"weights.pt", exitInput, []string{"not a readable archive"}},
		{"none", exitInput, []string{"none: no such file or directory"}},
	} {
		code, out, stderr := said("doctor", filepath.Join(dir, c.path))
		if c.code != 0 && out != "" {
			t.Errorf("%s: wrote %q", c.path, out)
		}
		for _, want := range c.want {
			if code != c.code || !strings.Contains(out+stderr, want) {
				t.Errorf("%s: code %d, want %d; %q is missing in\n%s%s", c.path, code, c.code, want, out, stderr)
			}
		}
	}
}

func TestDoctorOfRecording(t *testing.T) {
	code, out, stderr := said("doctor", "../../capture/recording/testdata/torch-small/recording")
	for _, want := range []string{"  recording small, 10 layers, output logits\n", "  train     8 samples\n", "  val       6 samples\n", "  task      classification, 3 classes\n"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("code %d, %q is missing in\n%s%s", code, want, out, stderr)
		}
	}
}

// TestUnsupported holds that every operator is listed once, with the first layer that is lost; the engine
// itself names only the first of them.
func TestUnsupported(t *testing.T) {
	g := random()
	g.Nodes[3].Outputs[0] = "c" // behind the last layer: twice an operator of a domain of its own
	g.Nodes = append(g.Nodes, &onnx.Node{Name: "m1", Domain: "org.example", OpType: "Draw", Inputs: []string{"c"}, Outputs: []string{"d"}},
		&onnx.Node{Name: "m2", Domain: "org.example", OpType: "Draw", Inputs: []string{"d"}, Outputs: []string{"logits"}})
	path := filepath.Join(t.TempDir(), "two.onnx")
	file := &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.Opset{{Version: 17}, {Domain: "org.example", Version: 1}}, Graph: g}
	if err := file.WriteFile(path, onnx.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	m, err := stratascope.OpenModel(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	gap, err := m.Unsupported(context.Background(), native.Engine{})
	if err != nil || gap.Op != "Bernoulli" || gap.Opset != 17 {
		t.Errorf("the first gap is %+v (%v), want Bernoulli of opset 17", gap, err)
	}
	got := unsupported(m.Graph)
	want := []string{`Bernoulli (ai.onnx), needed for layer 2 "fc2"`, "Draw (org.example), after the last layer"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDimensions(t *testing.T) {
	for want, shape := range map[string][]int{"[]": nil, "[N]": {-1}, "[N,3,?,224]": {-1, 3, -1, 224}, "[1,0]": {1, 0}} {
		if got := dimensions(shape); got != want {
			t.Errorf("%v is %s, want %s", shape, got, want)
		}
	}
}
