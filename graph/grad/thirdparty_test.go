package grad_test

import (
	"errors"
	"github.com/stratascope/stratascope/engine/enginetest"
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
			feeds := enginetest.Archive(t, strings.TrimSuffix(file, ".onnx")+".input.npz")
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
			if len(seeds) == 0 {
				t.Skip("no float outputs")
			}
			r, err := grad.Of(t.Context(), g, grad.Request{Seeds: seeds, Values: wrt})
			var u *grad.UnsupportedError
			if errors.As(err, &u) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, r.Graph, feeds, names(r, wrt), true)
			forward := runner(t, g, nil, true)
			along, direction := 0.0, map[string][]float64{}
			rng := rand.New(rand.NewPCG(1, 1))
			for _, name := range wrt {
				x, ok := feeds[name]
				if !ok {
					t.Skip("no float inputs")
				}
				d := make([]float64, x.Len())
				for i := range d {
					d[i] = rng.NormFloat64()
					along += d[i] * got[r.Names[name]].Float64s()[i]
				}
				direction[name] = d
			}
			difference := math.Inf(1)
			for _, step := range []float64{1e-6, 1e-7, 1e-8, 1e-9, 1e-10} { // a long one may cross a kink, a short one drown in rounding
				var sum [2]float64
				for side, step := range []float64{step, -step} {
					moved := without(feeds, nil)
					for name, d := range direction {
						x := feeds[name].Clone()
						for i := range d {
							x.Float64s()[i] += step * d[i]
						}
						moved[name] = x
					}
					out := forward(moved)
					for _, s := range seeds {
						for _, v := range out[s.Value].Float64s() {
							sum[side] += v
						}
					}
				}
				if d := (sum[0] - sum[1]) / (2 * step); math.Abs(d-along) < math.Abs(difference-along) {
					difference = d
				}
			}
			t.Logf("%d nodes for %d, along a direction %.9g, by differences %.9g, %d paths end", len(r.Graph.Nodes)-len(g.Nodes), len(g.Nodes), along, difference, len(r.Flat))
			if math.Abs(along-difference) > 1e-4*max(1e-3, math.Abs(difference)) {
				t.Errorf("gradient along a direction %.9g, by differences %.9g", along, difference)
			}
		})
	}
}
