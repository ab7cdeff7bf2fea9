package dataset

import (
	"context"
	"errors"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/stratascope/stratascope/dataset/image"
	"github.com/stratascope/stratascope/internal/allocated"
	"github.com/stratascope/stratascope/tensor"
)

func preset(t *testing.T, name string) Preprocess {
	t.Helper()
	p, ok := Preset(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	return p
}

// One orange pixel in each preset and layout, by hand.
func TestPresetsByHand(t *testing.T) {
	orange := color.RGBA{255, 102, 51, 255}
	dir := tree(t, map[string][]byte{"c/p.png": rgbBytes(2, 2, orange)})
	for _, c := range []struct {
		prep  Preprocess
		shape []int
		want  []float32
	}{
		{Preprocess{}, []int{-1, 3, 2, 2}, []float32{1, 0.4, 0.2}},
		{preset(t, "none"), []int{-1, 3, 2, 2}, []float32{255, 102, 51}},
		{preset(t, "0-1"), []int{-1, 3, 2, 2}, []float32{1, 0.4, 0.2}},
		{preset(t, "-1-1"), []int{-1, 3, 2, 2}, []float32{1, -0.2, -0.6}},
		{preset(t, "bgr255"), []int{-1, 3, 2, 2}, []float32{51, 102, 255}},
		{preset(t, "imagenet"), []int{1, 3, 2, 2}, []float32{0.515 / 0.229, -0.056 / 0.224, -0.206 / 0.225}},
		{preset(t, "bgr255"), []int{-1, 2, 2, 3}, []float32{51, 102, 255}},
		{Preprocess{Name: "f", Color: "grey"}, []int{-1, 1, 2, 2}, []float32{142.0 / 255}}, // 0.299 R + 0.587 G + 0.114 B
		{Preprocess{Name: "f", Mean: []float64{123.675, 116.28, 103.53}, Std: []float64{58.395, 57.12, 57.375}}, []int{-1, 3, 2, 2}, []float32{131.325 / 58.395, -14.28 / 57.12, -52.53 / 57.375}},
		{Preprocess{Name: "f", Scale: 2}, []int{-1, 3, 2, 2}, []float32{510, 204, 102}},
		{Preprocess{Layout: "nhwc"}, nil, []float32{1, 0.4, 0.2}},
	} {
		s := opened(t, dir, Options{Preprocess: c.prep, Inputs: []Input{{"x", c.shape, tensor.Float32}}})
		x := read(t, s, "x", 0)
		nhwc := x.Dim(3) == len(c.want)
		for k, w := range c.want {
			at := k * 4
			if nhwc {
				at = k
			}
			if got := x.Float32s()[at]; math.Abs(float64(got-w)) > 2e-6*math.Max(1, math.Abs(float64(w))) {
				t.Errorf("%s %v: channel %d is %v, want %v", c.prep.Name, c.shape, k, got, w)
			}
		}
	}
}

// The same picture stored as bytes or floats, in either layout, gives the same input.
func TestStoredLayoutsAgree(t *testing.T) {
	hwc := tensor.New(tensor.Uint8, 1, 6, 5, 3)
	chw := tensor.New(tensor.Uint8, 1, 3, 6, 5)
	for y := range 6 {
		for x := range 5 {
			for k := range 3 {
				v := uint8(40*y + 13*x + 5*k)
				tensor.Data[uint8](hwc)[(y*5+x)*3+k] = v
				tensor.Data[uint8](chw)[(k*6+y)*5+x] = v
			}
		}
	}
	floats, err := convert(hwc, tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	for i := range floats.Float32s() {
		floats.Float32s()[i] /= 255
	}
	var first []float32
	for name, x := range map[string]tensor.Tensor{"hwc": hwc, "chw": chw, "floats": floats} {
		path := filepath.Join(tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x})}), "d.npz")
		s := opened(t, path, Options{NoLabels: true, Preprocess: preset(t, "imagenet"), Inputs: []Input{{"x", []int{-1, 3, 6, 5}, tensor.Float32}}})
		got := read(t, s, "x", 0).Float32s()
		if first == nil {
			first = got
		}
		for i := range got {
			if math.Abs(float64(got[i]-first[i])) > 1e-6 {
				t.Errorf("%s: value %d is %v, else %v", name, i, got[i], first[i])
				break
			}
		}
	}
}

// A crop larger than the picture puts black round it, in the network's range.
func TestCropLargerThanThePicture(t *testing.T) {
	dir := tree(t, map[string][]byte{"c/p.png": pngBytes(3, 1, 255)})
	s := opened(t, dir, Options{Preprocess: Preprocess{Name: "f", Crop: Size{3, 6}, Mean: []float64{0.5}}})
	want := []float32{-.5, -.5, -.5, -.5, -.5, -.5, -.5, .5, .5, .5, -.5, -.5, -.5, -.5, -.5, -.5, -.5, -.5}
	if got := read(t, s, "x", 0).Float32s(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestImagesOfSeveralSizes(t *testing.T) {
	dir := tree(t, map[string][]byte{"a/1.png": pngBytes(20, 30, 5), "a/2.png": pngBytes(40, 30, 5), "b/3.png": rgbBytes(25, 25, color.RGBA{5, 5, 5, 255})})
	in := []Input{{"x", []int{-1, 3, 8, 8}, tensor.Float32}}
	var p *Problem
	if _, err := Open(dir, Options{Inputs: in}); !errors.As(err, &p) {
		t.Errorf("sizes differ and nothing is resized: %v", err)
	}
	s := opened(t, dir, Options{Preprocess: preset(t, "0-1"), Inputs: in})
	x := read(t, s, "x", 0, 1, 2)
	for i, v := range x.Float32s() { // grey pictures among coloured ones are read as RGB
		if v != float32(5.0/255) {
			t.Fatalf("value %d is %v", i, v)
		}
	}
	open := opened(t, dir, Options{Preprocess: Preprocess{Name: "f", Resize: Size{Height: 12}, Crop: Size{Height: 10}}, Inputs: []Input{{"x", []int{-1, 3, -1, -1}, tensor.Float32}}})
	if got := read(t, open, "x", 0, 1).String(); got != "float32[2,3,10,10]" {
		t.Errorf("%s", got)
	}
}

func TestAPictureOfAnotherSizeIsNamed(t *testing.T) {
	files := map[string][]byte{}
	for i := range 40 {
		files["a/"+string(rune('a'+i/26))+string(rune('a'+i%26))+".png"] = pngBytes(4, 4, 1)
	}
	files["a/ab.png"] = pngBytes(5, 4, 1) // not among those looked at when opening
	s := opened(t, tree(t, files), Options{})
	i := slices.Index(s.IDs, "a/ab.png")
	if _, err := s.Read(context.Background(), []int{i}, nil); err == nil || !strings.Contains(err.Error(), "a/ab.png") {
		t.Errorf("%v, want an error that names a/ab.png", err)
	}
}

func presetNames(ps []Preprocess) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Name)
	}
	return out
}

func TestAlternativesKeepTheGeometry(t *testing.T) {
	p := preset(t, "imagenet")
	p.Resize, p.Crop, p.Layout = Size{Height: 256}, Size{224, 224}, "nhwc"
	dir := tree(t, map[string][]byte{"train/c/p.png": rgbBytes(2, 2, color.White), "train/c/q.png": rgbBytes(2, 2, color.RGBA{90, 10, 200, 255})})
	s := opened(t, dir, Options{Preprocess: p, Inputs: []Input{{"x", []int{-1, 224, 224, 3}, tensor.Float32}}})
	others, same := s.Alternatives()
	for _, a := range others {
		if a.Resize != p.Resize || a.Crop != p.Crop || a.Layout != p.Layout {
			t.Errorf("%s: %+v", a.Name, a)
		}
	}
	if want := []string{"0-1", "-1-1", "bgr255", "bgr", "none", "standard"}; !slices.Equal(presetNames(others), want) || !slices.Equal(same, []string{"imagenet"}) {
		t.Errorf("%q, the same %q, want %q and imagenet", presetNames(others), same, want)
	}
	s = opened(t, dir, Options{Inputs: []Input{{"x", []int{-1, 3, 2, 2}, tensor.Float32}}})
	others, same = s.Alternatives()
	if want := []string{"imagenet", "-1-1", "bgr255", "bgr", "none", "standard"}; !slices.Equal(presetNames(others), want) || !slices.Equal(same, []string{"0-1"}) {
		t.Errorf("%q, the same %q, want %q and 0-1", presetNames(others), same, want)
	}
	if x := read(t, s, "x", 0); x.Float32s()[0] != 1 {
		t.Error("trying others changed the set")
	}
}

// Pictures that a preset resized are resized alike under every alternative, and recoloured alike.
func TestAlternativesFitAlike(t *testing.T) {
	dir := tree(t, map[string][]byte{"c/p.png": pngBytes(9, 7, 100)})
	for _, name := range []string{"imagenet", "0-1"} {
		s := opened(t, dir, Options{Preprocess: preset(t, name), Inputs: []Input{{"x", []int{-1, 3, 4, 4}, tensor.Float32}}})
		others, _ := s.Alternatives()
		if len(others) < 3 {
			t.Errorf("instead of %s: %q", name, presetNames(others))
		}
		for _, a := range others {
			other, err := s.With(a)
			if err != nil {
				t.Errorf("%s instead of %s: %v", a.Name, name, err)
				continue
			}
			if x := read(t, other, "x", 0); x.String() != "float32[1,3,4,4]" {
				t.Errorf("%s instead of %s: %v", a.Name, name, x)
			}
		}
	}
	var p *Problem
	if _, err := Open(dir, Options{Preprocess: Preprocess{Name: "f", Mean: []float64{0.5}}, Inputs: []Input{{"x", []int{-1, 1, 4, 4}, tensor.Float32}}}); !errors.As(err, &p) {
		t.Errorf("pictures were resized though the settings do not say so: %v", err)
	}
}

func TestNetworkThatScalesForItself(t *testing.T) {
	dir := tree(t, map[string][]byte{"c/p.png": pngBytes(2, 2, 100)})
	s := opened(t, dir, Options{Inputs: []Input{{"x", []int{-1, 2, 2, 1}, tensor.Uint8}}})
	if x := read(t, s, "x", 0); x.String() != "uint8[1,2,2,1]" || tensor.Data[uint8](x)[0] != 100 {
		t.Errorf("%v", x)
	}
}

func TestPreprocessFiles(t *testing.T) {
	block := "resize: 256\ncrop: 224\nmean: [0.485, 0.456, 0.406]\nstd: [0.229, 0.224, 0.225]\nlayout: nchw\ncolor: rgb\n"
	want := Preprocess{Resize: Size{256, 0}, Crop: Size{224, 0}, Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}, Layout: "nchw", Color: "rgb"}
	dir := tree(t, map[string][]byte{
		"p.yaml": []byte(block), "whole.yaml": []byte("version: 1\npreprocess: { resize: 256, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], layout: nchw, color: rgb }\n"),
		// google/vit-base-patch16-224 and facebook/convnext-tiny-224, as published
		"vit.json":      []byte(`{"do_normalize": true, "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2, "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224}}`),
		"convnext.json": []byte(`{"crop_pct": 0.875, "do_normalize": true, "do_resize": true, "feature_extractor_type": "ConvNextFeatureExtractor", "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "size": {"shortest_edge": 224}}`),
	})
	for _, name := range []string{"p.yaml", "whole.yaml"} {
		got, err := ParsePreprocess(filepath.Join(dir, name))
		got.Name = ""
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	vit, err := ParsePreprocess(filepath.Join(dir, "vit.json"))
	if err != nil || vit.Resize != (Size{224, 224}) || !vit.Crop.zero() || vit.Mean[0] != 0.5 || vit.Filter != image.Bilinear || math.Abs(vit.Scale*255-1) > 1e-9 {
		t.Errorf("%+v, %v", vit, err)
	}
	conv, err := ParsePreprocess(filepath.Join(dir, "convnext.json"))
	if err != nil || conv.Resize != (Size{256, 0}) || conv.Crop != (Size{224, 224}) || conv.Filter != image.Bicubic {
		t.Errorf("%+v, %v", conv, err)
	}
	var config struct{ Preprocess Preprocess }
	if err := yaml.Unmarshal([]byte("preprocess: bgr255"), &config); err != nil || config.Preprocess.Name != "bgr255" {
		t.Errorf("%+v, %v", config, err)
	}
}

var badPreprocess = []string{
	"resize: 0\n", "resize: [1, 2, 3]\n", "resize: 100000\n", "std: [0]\n", "std: [-1]\n", "layout: chwn\n", "color: cyan\n", "scale: -1\n", "resise: 3\n", "{}", "[]", "", "p.yaml", "preprocess: /etc/hostname\n", "mean: red\n", "mean: [.nan]\n", `{"do_resize": true, "size": -3}`, `{"do_resize": true, "resample": 9, "size": 3}`,
}

func TestBadPreprocess(t *testing.T) {
	for _, text := range badPreprocess {
		if p, err := parsePreprocess([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, p)
		}
	}
	if _, err := ParsePreprocess("imagenette"); err == nil || !strings.Contains(err.Error(), "imagenet,") {
		t.Errorf("%v, want the names", err)
	}
}

func FuzzPreprocess(f *testing.F) {
	for _, text := range badPreprocess {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"do_resize": true, "size": {"shortest_edge": 224}, "do_normalize": true, "image_mean": [0.5], "image_std": [0.5]}`))
	f.Add([]byte("resize: 256\ncrop: [224, 200]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Preprocess
		var err error
		allocated.Within(t, len(data), func() { p, err = parsePreprocess(data) })
		if err == nil && p.check() != nil {
			t.Errorf("%+v was accepted", p)
		}
	})
}

func FuzzTable(f *testing.F) {
	for _, text := range []string{"id,split,label,a\nx,train,0,1\n", "label\ta\n1\t2\n", "a;b\n1;2\n", "\ufeffa,b\n1,2\n", "\"a\nb\",c\n1,2\n", "label,a\n0.5,1\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		allocated.Within(t, len(data), func() {
			path := filepath.Join(t.TempDir(), "d.csv")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Skip(err)
			}
			s, err := Open(path, Options{})
			if err != nil {
				return
			}
			defer s.Close()
			if s.N() > 0 {
				if b, err := s.Read(context.Background(), []int{s.N() - 1}, nil); err == nil && len(b.NotFinite) > 0 {
					t.Error("a table gave a value that is not finite")
				}
			}
		})
	})
}
