package enginetest

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/dataset/npz"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// agreement is how far a value may be from ONNX Runtime's, as a share of the largest one; judge makes
// an exception where ONNX Runtime's value is the less exact.
const agreement = 2e-5

// Forward runs every network of the fixtures and compares each value that exists in both with ONNX
// Runtime's: with all of them asked for, with the outputs alone, when steps may be joined, and with every third.
func Forward(t *testing.T, e engine.Engine, folder string) {
	models, err := filepath.Glob(filepath.Join(folder, "*.onnx"))
	if err != nil || len(models) == 0 {
		t.Fatalf("no networks in %s: %v", folder, err)
	}
	for _, path := range models {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".onnx"), func(t *testing.T) {
			g := Load(t, path)
			want := Archive(t, strings.TrimSuffix(path, ".onnx")+".values.npz")
			feeds := Archive(t, inputOf(path))
			for name, x := range feeds {
				for _, v := range g.Inputs {
					if v.Name == name && len(v.Shape) > 0 && v.Shape[0].Size > 0 {
						feeds[name] = x.Rows(0, v.Shape[0].Size)
					}
				}
			}
			var names []string
			for name := range want {
				if _, ok := g.Values[name]; ok {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			compareValues(t, e, g, feeds, want, names)
			compareValues(t, e, g, feeds, want, nil)
			var some []string // steps between two of these may be joined
			for i := 0; i < len(names); i += 3 {
				some = append(some, names[i])
			}
			compareValues(t, e, g, feeds, want, some)
		})
	}
}

// inputOf returns the archive of a network's input: its own, or that of its family, the part of the name
// before the first hyphen.
func inputOf(path string) string {
	own := strings.TrimSuffix(path, ".onnx") + ".input.npz"
	if _, err := os.Stat(own); err == nil {
		return own
	}
	family, _, _ := strings.Cut(filepath.Base(path), "-")
	return filepath.Join(filepath.Dir(path), family+".input.npz")
}

// compareValues runs a network and compares what is asked for and the outputs.
func compareValues(t *testing.T, e engine.Engine, g *graph.Graph, feeds, want map[string]tensor.Tensor, names []string) {
	t.Helper()
	p, err := e.Compile(context.Background(), g, engine.Options{Workers: 2, Values: names})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var apart []apartness
	seen, worst := 0, 0.0
	if err := p.Run(context.Background(), feeds, func(name string, got tensor.Tensor) error {
		w, ok := want[name]
		if !ok {
			return nil
		}
		d, err := distance(got, w)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		seen++
		if err != nil || d <= agreement {
			worst = max(worst, d)
			return nil
		}
		apart = append(apart, apartness{name, d, got.Clone(), w})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	judge(t, e, g, feeds, apart)
	if seen < len(names) || seen == 0 {
		t.Errorf("%d values were compared, want %d and at least one", seen, len(names))
	}
	t.Logf("%d of %d values agree within %.1e", seen, len(want), worst)
}

// An apartness is a value that is not ONNX Runtime's within the agreement.
type apartness struct {
	name      string
	distance  float64
	got, want tensor.Tensor
}

const (
	mostApart  = 1e-4            // of the largest value, where ONNX Runtime is the less exact of the two
	roundOfOne = 1.0 / (1 << 23) // what its rational Sigmoid and Tanh are off by, however small the result
)

// judge lets a value differ from ONNX Runtime's when a run in double precision is nearer to ours, and the
// two are no further apart than rounding explains: double precision shares our idea of an operator, so
// that it alone would let a wrong idea pass. Met so far: the variance of a normalisation written out as
// the mean of squares less the square of the mean (magika), and a sigmoid of -15, which ONNX Runtime
// rounds to a multiple of 2^-24 (ocr-detect).
func judge(t *testing.T, e engine.Engine, g *graph.Graph, feeds map[string]tensor.Tensor, apart []apartness) {
	t.Helper()
	if len(apart) == 0 {
		return
	}
	var names []string
	for _, a := range apart {
		names = append(names, a.name)
	}
	var exact map[string]tensor.Tensor
	if single(e, g) == nil {
		exact = run(t, e, g, engine.Options{Workers: 2, Values: names, Float64: true}, feeds)
	}
	for _, a := range apart {
		largest := 0.0
		for _, v := range floats(a.want) {
			largest = max(largest, math.Abs(v))
		}
		if exact == nil { // ONNX Runtime itself, with its optimisations: both sides are off
			if a.distance > mostApart && a.distance*largest > 2*roundOfOne {
				t.Errorf("%s: %.2g of the largest value away from ONNX Runtime without optimisations, at most %.2g is allowed", a.name, a.distance, mostApart)
			}
			continue
		}
		ours, err := distance(a.got, exact[a.name])
		theirs, err2 := distance(a.want, exact[a.name])
		if err != nil || err2 != nil || !(ours <= theirs) || a.distance > mostApart && a.distance*largest > roundOfOne {
			t.Errorf("%s: %.2g of the largest value away from ONNX Runtime, at most %.2g is allowed; from double precision we are %.2g away, it is %.2g (%v, %v)",
				a.name, a.distance, agreement, ours, theirs, err, err2)
			continue
		}
		t.Logf("%s: %.1e from ONNX Runtime; from double precision we are %.1e away, it is %.1e", a.name, a.distance, ours, theirs)
	}
}

// distance is the largest difference as a share of the largest value wanted.
func distance(got, want tensor.Tensor) (float64, error) {
	if !slices.Equal(got.Shape(), want.Shape()) {
		return math.Inf(1), fmt.Errorf("shape %v, want %v", got.Shape(), want.Shape())
	}
	if !want.DType().IsFloat() || !got.DType().IsFloat() {
		return 0, Compare(got, want, 0, 0)
	}
	largest, apart := 0.0, 0.0
	g, w := floats(got), floats(want)
	for i, v := range w {
		if !math.IsInf(v, 0) { // infinities of masks
			largest = max(largest, math.Abs(v))
		}
		if g[i] != v {
			apart = max(apart, math.Abs(g[i]-v))
		}
	}
	if apart == 0 {
		return 0, nil
	}
	return apart / max(largest, math.SmallestNonzeroFloat32), nil
}

func floats(t tensor.Tensor) []float64 {
	if t.DType() == tensor.Float64 {
		return t.Float64s()
	}
	out := make([]float64, t.Len())
	for i, v := range t.Float32s() {
		out[i] = float64(v)
	}
	return out
}

// Load reads a model file and brings it to canonical form.
func Load(t testing.TB, path string) *graph.Graph {
	t.Helper()
	m, err := onnx.Read(path, onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(context.Background(), m, canonical.Options{KeepBatch: true})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Archive reads all arrays of an npz file.
func Archive(t testing.TB, path string) map[string]tensor.Tensor {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := npz.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]tensor.Tensor{}
	for _, name := range z.Names() {
		a, err := z.Array(name)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = a.Tensor(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
