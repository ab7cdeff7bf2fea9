package train_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// Trained networks get as many test images right as those that PyTorch trained from the same weights on the same
// batches, within half a point in the mean of three seeds, as far as three seeds tell. STRATASCOPE_ACCURACY is the
// folder that accuracy.py wrote.
func TestAccuracy(t *testing.T) {
	folder := os.Getenv("STRATASCOPE_ACCURACY")
	if folder == "" {
		t.Skip("STRATASCOPE_ACCURACY is not set")
	}
	data := arrays(t, filepath.Join(folder, "data.npz"))
	for name, least := range map[string]float64{"lenet": 0.84, "resnet": 0.75} {
		t.Run(name, func(t *testing.T) {
			var ours, theirs, apart []float64
			for seed := 1; seed <= 3; seed++ {
				base := filepath.Join(folder, fmt.Sprintf("%s-%d", name, seed))
				ref := arrays(t, base+".npz")
				g := trainedFrom(t, base+".onnx", ref, data)
				a, b := accuracy(t, g, data), ref["accuracy"].Float64s()[0]
				t.Logf("seed %d: %.2f %%, PyTorch %.2f %%", seed, 100*a, 100*b)
				ours, theirs, apart = append(ours, a), append(theirs, b), append(apart, 100*(a-b))
			}
			d, half := mean(apart), 4.303*deviation(apart)/math.Sqrt(3) // Student's t, two degrees of freedom
			t.Logf("%.2f %% and %.2f %%: %+.2f points, 95 %% interval %+.2f to %+.2f", 100*mean(ours), 100*mean(theirs), d, d-half, d+half)
			if math.Abs(d) > max(0.5, half) { // rounding alone moves a seed by about half a point
				t.Errorf("accuracies are %.2f points apart, want at most 0.5 or what chance does, %.2f", d, half)
			}
			if mean(ours) < least {
				t.Errorf("the accuracy is %.3f, want at least %v", mean(ours), least)
			}
		})
	}
}

// trainedFrom trains a file as PyTorch did.
func trainedFrom(t *testing.T, path string, ref, data map[string]tensor.Tensor) *graph.Graph {
	t.Helper()
	m, err := onnx.Read(path, onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(t.Context(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := int(tensor.Data[int32](ref["samples"])[0])
	return trained(t, g, train.Tensors{"input": pixels(data["x"].Rows(0, n)), "label": data["y"].Rows(0, n)}, train.Options{
		Losses: []train.Term{{Loss: train.CrossEntropy{}, Target: "label"}}, Optimiser: train.Adam{},
		Schedule: train.Cosine{Start: float64(ref["rate"].Float32s()[0])}, Batch: 100, Epochs: ref["order"].Len() / n, Order: inOrder(ref["order"]), Workers: 2}).Graph
}

// accuracy is the share of the test images that a network gets right.
func accuracy(t *testing.T, g *graph.Graph, data map[string]tensor.Tensor) float64 {
	t.Helper()
	p, err := native.Engine{}.Compile(t.Context(), g, engine.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	labels, right := tensor.Data[uint8](data["y_test"]), 0
	const part = 500
	for lo := 0; lo < len(labels); lo += part {
		feeds := map[string]tensor.Tensor{"input": pixels(data["x_test"].Rows(lo, lo+part))}
		if err := p.Run(t.Context(), feeds, func(_ string, y tensor.Tensor) error {
			for i := range part {
				if largest(y.Rows(i, i+1).Float32s()) == int(labels[lo+i]) {
					right++
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return float64(right) / float64(len(labels))
}

// pixels are bytes as 0 to 1.
func pixels(t tensor.Tensor) tensor.Tensor {
	x := make([]float32, t.Len())
	for i, v := range tensor.Data[uint8](t) {
		x[i] = float32(v) / 255
	}
	return tensor.Of(x, t.Shape()...)
}

func largest(v []float32) (at int) {
	for i := range v {
		if v[i] > v[at] {
			at = i
		}
	}
	return at
}

func mean(v []float64) (sum float64) {
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}

func deviation(v []float64) float64 {
	m, sum := mean(v), 0.0
	for _, x := range v {
		sum += (x - m) * (x - m)
	}
	return math.Sqrt(sum / float64(len(v)-1))
}
