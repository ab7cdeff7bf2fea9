package grad_test

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// Other people's networks, which internal/golden/fetch_thirdparty.sh fetches: the gradient of the outputs
// along a direction of the float inputs against a difference, in double precision: the one of the step at which
// those to both sides agree best.
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
			if errors.As(err, &u) { // perhaps because a rank depends on sizes
				g, feeds = sized(g, feeds)
				r, err = grad.Of(t.Context(), g, grad.Request{Seeds: seeds, Values: wrt})
				t.Log("at these sizes only:", u)
			}
			if errors.As(err, &u) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, r.Graph, feeds, names(r, wrt), true)
			if slices.ContainsFunc(g.Nodes, func(n graph.Node) bool { return grad.Kind(n.Domain, n.Op) == "straight-through" }) {
				t.Skip("the gradient takes rounding for the identity, differences do not")
			}
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
			at := func(step float64) (values []float64) {
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
					values = append(values, out[s.Value].Float64s()...)
				}
				return values
			}
			here := at(0)
			difference, apart, rounding := 0.0, math.Inf(1), 0.0
			for _, v := range here {
				rounding += 1e-15 * math.Abs(v)
			}
			for step := 1e-5; step > 1e-11 && apart > 1e-9*math.Abs(along); step /= 3 { // a long one may cross a kink, a short one drown in rounding
				right, left := apartBy(at(step), here)/step, apartBy(here, at(-step))/step
				if d := math.Abs(right-left) + rounding/step; d < apart {
					difference, apart = (right+left)/2, d
				}
			}
			t.Logf("%d nodes for %d, along a direction %.9g, by differences %.9g, whose sides are %.1e apart, %d paths end", len(r.Graph.Nodes)-len(g.Nodes), len(g.Nodes), along, difference, apart, len(r.Flat))
			if math.Abs(along-difference) > apart+1e-6*max(1e-3, math.Abs(difference)) || apart > 1e-4*max(1e-2, math.Abs(difference)) {
				t.Errorf("gradient along a direction %.9g, by differences %.9g, whose sides are %.1e apart", along, difference, apart)
			}
		})
	}
}

// apartBy sums the differences, which sums of their own would lose in rounding.
func apartBy(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v - b[i]
	}
	return sum
}

// sized is a graph whose inputs have the sizes of what they are fed, and whole numbers, such as a sampling
// rate, as weights; and what is still to be fed.
func sized(g *graph.Graph, feeds map[string]tensor.Tensor) (*graph.Graph, map[string]tensor.Tensor) {
	h, left := *g, maps.Clone(feeds)
	h.Inputs, h.Weights = nil, maps.Clone(g.Weights)
	for _, v := range g.Inputs {
		x := feeds[v.Name]
		if x.DType() == tensor.Int64 {
			h.Weights[v.Name] = x
			delete(left, v.Name)
			continue
		}
		v.Shape = []graph.Dim{}
		for _, n := range x.Shape() {
			v.Shape = append(v.Shape, graph.Dim{Size: n})
		}
		h.Inputs = append(h.Inputs, v)
	}
	h.Values = shape.Infer(&h)
	return &h, left
}
