package stratascope_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/detector/inputmismatch"
	"github.com/stratascope/stratascope/detector/normmismatch"
	"github.com/stratascope/stratascope/detector/numericfaults"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/tensor"
)

// fed writes some of the demo's images as arrays of floats, each value made another, with other labels.
func fed(t *testing.T, value func(x float32) float32, label func(l int64) int64) string {
	t.Helper()
	m, err := stratascope.OpenModel(t.Context(), demo+"model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	set, err := stratascope.OpenData(demo+"data.npz", m, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	dir := t.TempDir()
	for _, split := range []dataset.Split{dataset.Train, dataset.Val} {
		rows := set.Choose(split, 300)
		b, err := set.Read(t.Context(), rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		x := b.Inputs["input"]
		for i, v := range x.Float32s() {
			x.Float32s()[i] = value(v)
		}
		y := make([]int64, len(rows))
		for i, row := range rows {
			y[i] = label(int64(set.Labels[row]))
		}
		for name, a := range map[string]tensor.Tensor{"x": x, "y": tensor.Of(y, len(y))} {
			f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s_%s.npy", name, split)))
			if err != nil {
				t.Fatal(err)
			}
			if err := npy.Write(f, a); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// rules are those that tell a mismatch from stale statistics.
var rules = []*detector.Detector{inputmismatch.Detector, normmismatch.Detector}

func as(x float32) float32 { return x }
func same(l int64) int64   { return l }

// look takes a first look at the healthy twin of the demo's network, with other normalisation statistics.
func look(t *testing.T, data string, o dataset.Options, stale func(mean, variance []float32, layer int)) (*stratascope.Run, *stratascope.Verification) {
	t.Helper()
	m, err := stratascope.OpenModel(t.Context(), "internal/golden/testdata/healthy/demo-twin.onnx")
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string]tensor.Tensor{}
	for i, l := range m.Graph.Layers {
		if l.Norm != nil && stale != nil {
			mean, variance := m.Graph.Weights[l.Norm.Mean].Clone(), m.Graph.Weights[l.Norm.Variance].Clone()
			stale(mean.Float32s(), variance.Float32s(), i)
			weights[l.Norm.Mean], weights[l.Norm.Variance] = mean, variance
		}
	}
	if m.Graph, err = m.Graph.ReplaceWeights(weights); err != nil {
		t.Fatal(err)
	}
	return first(t, m, data, o)
}

// first takes a first look at a network.
func first(t *testing.T, m *stratascope.Model, data string, o dataset.Options) (*stratascope.Run, *stratascope.Verification) {
	t.Helper()
	set, err := stratascope.OpenData(data, m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	lo := stratascope.LiveOptions{Workers: 2, Seed: 1}
	lo.Alternatives, _ = set.Alternatives()
	r, err := stratascope.Live(m, set, lo)
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Verify(t.Context(), stratascope.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r, v
}

// Floats of another range look like stale statistics of the first normalisation, and are told from them.
func TestRangesOfFloatsAreRecognised(t *testing.T) {
	for name, c := range map[string]struct {
		value func(float32) float32
		want  string
	}{
		"0 to 1":       {as, ""},
		"0 to 255":     {func(x float32) float32 { return 255 * x }, "0-1"},
		"-1 to 1":      {func(x float32) float32 { return 2*x - 1 }, "0-1"},
		"standardised": {func(x float32) float32 { return (x - 0.286) / 0.353 }, "0-1"}, // the mean and sd of Fashion-MNIST
	} {
		t.Run(name, func(t *testing.T) {
			r, v := look(t, fed(t, c.value, same), dataset.Options{}, nil)
			got := ""
			if v.Better != nil {
				got = v.Better.Name
			}
			if got != c.want || v.Renamed != "" {
				t.Fatalf("better is %q with %.3f instead of %.3f, %s; want %q", got, v.Best, v.Accuracy, v.Renamed, c.want)
			}
			if got == "" {
				return
			}
			if v.Best < 0.8 || slices.Contains(v.Tried, "bgr255") || slices.Contains(v.Tried, "imagenet") {
				t.Errorf("%.3f with %s of %q", v.Best, got, v.Tried)
			}
			d, err := r.Diagnose(t.Context(), stratascope.Options{Detectors: rules, Known: []detector.Outcome{v.Outcome}})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range d.Findings {
				if f.Code == "NRM-01" && !strings.HasPrefix(f.ExplainedBy, "DAT-01") {
					t.Errorf("NRM-01 at %s stands for itself", f.Site.Layer)
				}
			}
		})
	}
}

// What other statistics mend is no mismatch of the input.
func TestStaleStatisticsAreNoPreprocessing(t *testing.T) {
	data := fed(t, as, same)
	m, err := stratascope.OpenModel(t.Context(), "internal/golden/testdata/healthy/demo-twin.onnx")
	if err != nil {
		t.Fatal(err)
	}
	w := m.Graph.Weights[m.Graph.Layers[0].Weight]
	sums := make([]float32, w.Dim(0))
	for i, v := range w.Float32s() {
		sums[i/(w.Len()/w.Dim(0))] += v
	}
	for name, stale := range map[string]func(mean, variance []float32, layer int){
		"never set": func(mean, variance []float32, _ int) {
			for u := range mean {
				mean[u], variance[u] = 0, 1
			}
		},
		"the second never set": func(mean, variance []float32, layer int) {
			for u := range mean {
				if layer == 1 {
					mean[u], variance[u] = 0, 1
				}
			}
		},
		"the first off": func(mean, variance []float32, layer int) {
			for u := range mean {
				if layer == 0 {
					mean[u] += 2 * float32(math.Sqrt(float64(variance[u]))) * float32(1-2*(u%2))
				}
			}
		},
		"those of -1 to 1 first, and the third off": func(mean, variance []float32, layer int) {
			for u := range mean {
				switch layer {
				case 0: // 2x-1 doubles what the convolution gives and takes the sum of its weights off
					mean[u], variance[u] = 2*mean[u]-sums[u], 4*variance[u]
				case 2:
					mean[u] += 1.5 * float32(math.Sqrt(float64(variance[u]))) * float32(1-2*(u%2))
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, v := look(t, data, dataset.Options{}, stale)
			if v.Better != nil || v.Renamed != "" || v.Accuracy > 0.6 {
				t.Fatalf("accuracy %.3f, better %v with %.3f, %q", v.Accuracy, v.Better, v.Best, v.Renamed)
			}
			d, err := r.Diagnose(t.Context(), stratascope.Options{Detectors: rules, Known: []detector.Outcome{v.Outcome}})
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Findings) == 0 || !slices.ContainsFunc(d.Findings, func(f finding.Finding) bool { return f.Code == "NRM-01" && f.ExplainedBy == "" }) {
				t.Error("NRM-01 is not told")
			}
		})
	}
}

// Inputs 255 times as large drown the biases of a network without normalisation: where its weights were
// spoilt, by rounding to five levels here, that gives more right answers, but is not what it was fed.
func TestDrownedBiasesAreNoPreprocessing(t *testing.T) {
	m, err := stratascope.OpenModel(t.Context(), "internal/golden/testdata/healthy/perceptron-1.onnx")
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string]tensor.Tensor{}
	for _, l := range m.Graph.Layers {
		w := m.Graph.Weights[l.Weight].Clone()
		top := max(slices.Max(w.Float32s()), -slices.Min(w.Float32s()))
		for i, v := range w.Float32s() {
			w.Float32s()[i] = float32(math.RoundToEven(float64(v/top)*2)) / 2 * top
		}
		weights[l.Weight] = w
	}
	if m.Graph, err = m.Graph.ReplaceWeights(weights); err != nil {
		t.Fatal(err)
	}
	_, v := first(t, m, "internal/golden/testdata/healthy/data.npz", dataset.Options{})
	if v.Better != nil {
		t.Errorf("%s is recommended: accuracy %.3f instead of %.3f", v.Better.Name, v.Best, v.Accuracy)
	}
}

// Numbers in another order are named, in an order that --classes takes.
func TestNumbersInAnotherOrder(t *testing.T) {
	data := fed(t, as, func(l int64) int64 { return (l + 3) % 10 })
	_, v := look(t, data, dataset.Options{}, nil)
	want := strings.Split("3456789012", "")
	if v.Better != nil || !slices.Equal(v.Order, want) || !strings.Contains(v.Renamed, "3=0, 4=1, 5=2, ...") {
		t.Fatalf("better %v, %q, order %q; want %q", v.Better, v.Renamed, v.Order, want)
	}
	classes := filepath.Join(t.TempDir(), "classes.txt")
	if err := os.WriteFile(classes, []byte(strings.Join(v.Order, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, v = look(t, data, dataset.Options{Classes: classes}, nil); v.Accuracy < 0.8 || v.Renamed != "" {
		t.Errorf("with the order named accuracy is %.3f, %q", v.Accuracy, v.Renamed)
	}
}

// NaN in a sample is told of the input, with the sample's name, and of no layer.
func TestNaNInSamples(t *testing.T) {
	n := 0
	data := fed(t, func(x float32) float32 {
		if n++; n == 5*28*28 {
			return float32(math.NaN())
		}
		return x
	}, same)
	r, _ := look(t, data, dataset.Options{}, nil)
	d, err := r.Diagnose(t.Context(), stratascope.Options{Detectors: []*detector.Detector{numericfaults.Detector}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range d.Findings {
		if f.Code == "GRD-06" {
			got = append(got, fmt.Sprint(f.Extent.Layers, f.Extent.Samples, f.Message))
		}
	}
	ids := r.Samples.Samples(capture.View{Split: dataset.Train}).IDs
	if want := "[input] [train/0004]the input holds NaN or infinity in 1 of 300 train samples (first: train/0004)"; len(got) != 1 || got[0] != want || !slices.Contains(ids, "train/0004") {
		t.Errorf("%q, want %q", got, want)
	}
}
