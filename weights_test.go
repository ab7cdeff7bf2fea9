package stratascope_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset/npy"
	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/tensor"
)

func layerNames(w *stratascope.Weights) []string {
	var out []string
	for _, l := range w.Case.Layers {
		out = append(out, l.Name)
	}
	return out
}

func written(t *testing.T, tensors map[string]tensor.Tensor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.safetensors")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(tensors))
	for name := range tensors {
		names = append(names, name)
	}
	slices.Sort(names)
	if err := errors.Join(safetensors.Write(f, names, tensors, nil), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTensorsAreGroupedIntoLayers(t *testing.T) {
	x := func(n int) tensor.Tensor { return tensor.Of(make([]float32, n), n) }
	path := written(t, map[string]tensor.Tensor{"b10.conv.weight": x(4), "b10.conv.bias": x(2), "b2.conv.weight": x(4), "b2.conv.inner.weight": x(3), "b2.norm.weight": x(2), "b2.norm.bias": x(2),
		"b2.norm.running_mean": x(2), "b2.norm.running_var": x(2), "attn.in_proj_weight": x(6), "pos": x(5), "b2.norm.num_batches_tracked": tensor.Of([]int64{7}, 1)})
	w, err := stratascope.OpenWeights(path, stratascope.WeightsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"attn.in_proj_weight", "b2.conv", "b2.conv.inner", "b2.norm", "b10.conv", "pos"}; !slices.Equal(layerNames(w), want) {
		t.Errorf("layers are %q, want %q", layerNames(w), want)
	}
	if w.Result.Model.Parameters != 32 {
		t.Errorf("%d parameters, want 32", w.Result.Model.Parameters)
	}
	if l := w.Case.Layers[3]; l.Norm == nil || l.Norm.Variance != "b2.norm.running_var" || l.Weight != "" || l.Op != "Norm" {
		t.Errorf("the normalisation is %+v", l)
	}
	var no *engine.MemoryError
	if _, err := stratascope.OpenWeights(path, stratascope.WeightsOptions{Memory: 100}); !errors.As(err, &no) {
		t.Errorf("got %v, want that the memory is too small", err)
	}
}

// Double precision that single cannot hold is no fault of the network; what is not finite stays so.
func TestWeightsOfDoublePrecisionStayFinite(t *testing.T) {
	for _, c := range []struct {
		last  float64
		found bool
	}{{1e300, false}, {math.Inf(1), true}, {math.NaN(), true}} {
		w, err := stratascope.OpenWeights(written(t, map[string]tensor.Tensor{"fc.weight": tensor.Of([]float64{1, c.last}, 2)}), stratascope.WeightsOptions{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.Diagnose(context.Background(), stratascope.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(d.Findings, func(f finding.Finding) bool { return f.Code == "GRD-06" && f.Site.Layer == "fc" })
		if found != c.found {
			t.Errorf("last weight %g: found %v, want %v", c.last, found, c.found)
		}
		for _, r := range d.Rules {
			if r.Code == "UNI-01" && (r.State != finding.NotAssessed || r.Reason != "no-network") {
				t.Errorf("UNI-01 is %s (%s)", r.State, r.Reason)
			}
		}
	}
}

func TestWeightsOfOneArrayAndOfPyTorch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.npy")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(npy.Write(f, tensor.Of([]float32{1, 2}, 2)), f.Close()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{path: {"weight"}, "dataset/pickle/testdata/state.pt": {"fc", "half", "parameter", "part", "turned"}} {
		w, err := stratascope.OpenWeights(path, stratascope.WeightsOptions{})
		if err != nil || !slices.Equal(layerNames(w), want) {
			t.Errorf("%s: %v, %v, want %q", path, err, w, want)
		}
	}
}
