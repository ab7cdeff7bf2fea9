package attribution

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/onnx"
)

// reference holds what captum and shap say; testdata/reference.py made it.
type reference struct {
	InputXGradient     []float64 `json:"input_x_gradient"`
	Midpoint, Legendre struct {
		Values []float64
		Error  float64
	}
	Owner                            []int
	Parts                            []float64
	Point, Background, Exact, Kernel []float64
}

func load(t *testing.T) (r reference) {
	t.Helper()
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &r); err != nil || len(r.InputXGradient) != len(r.Owner) || len(r.Parts) != 9 || len(r.Kernel) != 9 {
		t.Fatalf("reference.json lacks a part: %v", err)
	}
	return r
}

const forward = "../internal/golden/testdata/forward/"

func network(t *testing.T, name string) *graph.Graph {
	t.Helper()
	m, err := onnx.Read(forward+name, onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(t.Context(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// same compares attributions, the error as a share of the largest value.
func same(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var top, worst float64
	for i, v := range want {
		top, worst = max(top, math.Abs(v)), max(worst, math.Abs(got[i]-v))
	}
	if !(worst <= tol*top) {
		t.Errorf("%s: values of up to %.3g differ by %.3g", what, top, worst)
	}
}

// A network's attributions are captum's and shap's, in both precisions.
func TestNetworkAgreesWithCaptumAndShap(t *testing.T) {
	r := load(t)
	x := floats(enginetest.Archive(t, forward+"lenet.input.npz")["input"])[:len(r.Owner)]
	base := make([]float64, len(x))
	for i := range base {
		base[i] = 0.25
	}
	for _, c := range []struct {
		double bool
		tol    float64
	}{{true, 1e-6}, {false, 1e-3}} {
		n := must(Compile(t.Context(), native.Engine{}, network(t, "lenet-old.onnx"), "", engine.Options{Float64: c.double}))
		defer n.Close()
		same(t, "input x gradient", must(InputXGradient(t.Context(), n.Gradient(0), x, 1)), r.InputXGradient, c.tol)
		ig := must(IntegratedGradients(t.Context(), n.Gradient(0), x, base, PathOptions{}))
		same(t, "integrated gradients", ig.Values, r.Midpoint.Values, c.tol)
		if ig.Steps != 64 || math.Abs(ig.Error-r.Midpoint.Error) > c.tol {
			t.Errorf("error %v of %d points, want %v of 64", ig.Error, ig.Steps, r.Midpoint.Error)
		}
		ig = must(IntegratedGradients(t.Context(), n.Gradient(0), x, base, PathOptions{Steps: 20, Most: 20, Legendre: true}))
		same(t, "integrated gradients, Gauss-Legendre", ig.Values, r.Legendre.Values, c.tol)
		if math.Abs(ig.Error-r.Legendre.Error) > 10*c.tol {
			t.Errorf("error %v, want %v", ig.Error, r.Legendre.Error)
		}
		game, players, err := Masked(n.Model(0), x, base, r.Owner)
		if err != nil || players != 9 {
			t.Fatalf("%d players, want 9: %v", players, err)
		}
		same(t, "Shapley values of blocks", values(must(Exact(t.Context(), game, players))), r.Parts, 10*c.tol)
	}
}

func formula(_ context.Context, x []float64, n int) ([]float64, error) {
	y := make([]float64, n)
	for i := range y {
		z := x[i*9 : (i+1)*9]
		y[i] = z[0]*z[1] + math.Tanh(z[2]-z[3]) + max(z[4], z[5])*z[0] + 0.5*(z[6]+z[7]+z[8])
	}
	return y, nil
}

// Against shap, absent parts having the values of four samples.
func TestShapleyAgreesWithShap(t *testing.T) {
	r := load(t)
	game, players, err := Masked(formula, r.Point, r.Background, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "exact", values(must(Exact(t.Context(), game, players))), r.Exact, 1e-9)
	same(t, "kernel", values(must(Kernel(t.Context(), game, players, KernelOptions{}))), r.Kernel, 1e-9)
}

func values(s *Shapley) []float64 {
	out := make([]float64, len(s.Values))
	for p, v := range s.Values {
		out[p] = v.Value
	}
	return out
}

// The gradient of each output is how it changes, whichever sample of a batch it is of.
func TestNetworkGradientIsTheSlope(t *testing.T) {
	n := must(Compile(t.Context(), native.Engine{}, network(t, "lenet-old.onnx"), "", engine.Options{Float64: true}))
	defer n.Close()
	x := floats(enginetest.Archive(t, forward+"lenet.input.npz")["input"])
	width := product(n.in)
	for _, element := range []int{0, 3, product(n.Shape()) - 1} {
		_, d, err := n.Gradient(element)(t.Context(), x, len(x)/width)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{100, 406, width + 250} {
			const h = 1e-5
			y := [2]float64{}
			for side, sign := range []float64{-1, 1} {
				moved := append([]float64(nil), x...)
				moved[i] += sign * h
				y[side] = must(n.Model(element)(t.Context(), moved, len(x)/width))[i/width]
			}
			if slope := (y[1] - y[0]) / (2 * h); math.Abs(slope-d[i]) > 1e-7 {
				t.Errorf("output %d by element %d: gradient %v, slope %v", element, i, d[i], slope)
			}
		}
	}
	if _, _, err := n.Gradient(product(n.Shape()))(t.Context(), x, len(x)/width); !errors.Is(err, infer.ErrRange) {
		t.Errorf("an element beyond the output: %v", err)
	}
}

// What cannot be explained is refused with where and why.
func TestCompileRefuses(t *testing.T) {
	for name, want := range map[string]string{
		"gpt-old.onnx":          `value "input" holds int64, which has no gradient`,
		"lenet-old-batch1.onnx": "",
	} {
		n, err := Compile(t.Context(), native.Engine{}, network(t, name), "", engine.Options{})
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if err == nil {
			n.Close()
		}
	}
	two := network(t, "lenet-old.onnx")
	two.Inputs = append(two.Inputs, graph.Value{Name: "second"})
	if _, err := Compile(t.Context(), native.Engine{}, two, "", engine.Options{}); err == nil || err.Error() != "the network has 2 inputs, want one" {
		t.Errorf("two inputs: %v", err)
	}
	if _, err := Compile(t.Context(), native.Engine{}, network(t, "lenet-old.onnx"), "nothing", engine.Options{}); err == nil {
		t.Error("an output that does not exist is explained")
	}
}
