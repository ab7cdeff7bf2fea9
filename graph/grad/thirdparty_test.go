package grad_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/tensor"
)

// Other people's networks, which internal/golden/fetch_thirdparty.sh fetches: the gradient of the outputs
// along a direction of the float inputs against a difference, in double precision.
func TestThirdParty(t *testing.T) {
	folder := os.Getenv("STRATASCOPE_THIRDPARTY")
	if folder == "" {
		t.Skip("no third-party networks here: make thirdparty fetches them")
	}
	files, err := filepath.Glob(filepath.Join(folder, "forward", "*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".onnx"), func(t *testing.T) {
			g := load(t, file)
			feeds := archive(t, strings.TrimSuffix(file, ".onnx")+".input.npz")
			var seeds []grad.Seed
			for _, name := range g.Outputs {
				if d := g.Values[name].DType; d.IsFloat() || d == tensor.Invalid {
					seeds = append(seeds, grad.Seed{Value: name})
				}
			}
			var wrt []string
			for name, x := range feeds {
				if x.DType() == tensor.Float32 {
					v := make([]float64, x.Len())
					for i, f := range x.Float32s() {
						v[i] = float64(f)
					}
					feeds[name] = tensor.Of(v, x.Shape()...)
					wrt = append(wrt, name)
				}
			}
			slices.Sort(wrt)
			for name, w := range g.Weights {
				if w.DType().IsFloat() && len(wrt) == 0 {
					wrt = append(wrt, name) // so that something is differentiated
				}
			}
			r, err := grad.Of(g, grad.Request{Seeds: seeds, Values: wrt})
			var u *grad.UnsupportedError
			if errors.As(err, &u) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, r.Graph, feeds, names(r, wrt), true)
			forward := runner(t, g, nil, true)
			along, want := 0.0, [2]float64{}
			rng := rand.New(rand.NewPCG(1, 1))
			moved := [2]map[string]tensor.Tensor{without(feeds, nil), without(feeds, nil)}
			for _, name := range wrt {
				x, ok := feeds[name]
				if !ok {
					t.Skip("no float inputs")
				}
				a, b := x.Clone(), x.Clone()
				for i := range a.Float64s() {
					d := rng.NormFloat64()
					along += d * got[r.Names[name]].Float64s()[i]
					a.Float64s()[i] += 1e-8 * d
					b.Float64s()[i] -= 1e-8 * d
				}
				moved[0][name], moved[1][name] = a, b
			}
			for side := range moved {
				out := forward(moved[side])
				for _, s := range seeds {
					for _, v := range out[s.Value].Float64s() {
						want[side] += v
					}
				}
			}
			difference := (want[0] - want[1]) / 2e-8
			t.Logf("%d nodes for %d, along a direction %.9g, by differences %.9g, %d paths end", len(r.Graph.Nodes)-len(g.Nodes), len(g.Nodes), along, difference, len(r.Flat))
			if math.Abs(along-difference) > 1e-4*max(1e-3, math.Abs(difference)) {
				t.Errorf("gradient along a direction %.9g, by differences %.9g", along, difference)
			}
		})
	}
}
