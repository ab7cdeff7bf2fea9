package train_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// Each step of each optimiser is PyTorch's.
func TestOptimisers(t *testing.T) {
	a := arrays(t, "testdata/optimisers.npz")
	all := train.Penalty{Vectors: true} // PyTorch's weight decay is for biases, too
	for name, o := range map[string]train.Options{
		"sgd":        {Schedule: train.Constant(0.1)},
		"momentum":   {Schedule: train.Constant(0.1), Optimiser: train.SGD{Momentum: 0.9}},
		"nesterov":   {Schedule: train.Constant(0.1), Optimiser: train.SGD{Momentum: 0.9, Nesterov: true, Decay: 0.01}, Penalty: all},
		"dampened":   {Schedule: train.Constant(0.1), Optimiser: train.SGD{Momentum: 0.8, Dampening: 0.3, Decay: 0.05}, Penalty: all},
		"adam":       {Schedule: train.Constant(0.02), Optimiser: train.Adam{}},
		"adam-decay": {Schedule: train.Constant(0.02), Optimiser: train.Adam{Beta1: 0.8, Beta2: 0.95, Epsilon: 1e-4, Decay: 0.1}, Penalty: all},
		"adamw":      {Schedule: train.Constant(0.02), Optimiser: train.AdamW{Decay: 0.1}, Penalty: all},
		"clip-norm":  {Schedule: train.Constant(0.1), Optimiser: train.SGD{Momentum: 0.9}, Clip: train.Clip{Norm: 0.5}},
		"clip-value": {Schedule: train.Constant(0.02), Optimiser: train.Adam{}, Clip: train.Clip{Value: 0.05}},
		"sam":        {Schedule: train.Constant(0.1), Optimiser: train.SAM{Base: train.SGD{Momentum: 0.9}}},
		"asam":       {Schedule: train.Constant(0.02), Optimiser: train.SAM{Base: train.Adam{}, Rho: 0.5, Adaptive: true}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Losses = []train.Term{{Loss: train.MSE{}, Target: "y"}}
			o.Batch, o.Order = 6, func(int, int) []int { return []int{0, 1, 2, 3, 4, 5} }
			data := train.Tensors{"x": a["x"], "y": a["y"]}
			for steps := 1; steps <= a[name+".w1"].Dim(0); steps++ {
				o.Steps = steps
				r := trained(t, perceptron(a), data, o)
				for _, w := range []string{"w1", "b1", "w2", "b2"} {
					want := a[name+"."+w].Rows(steps-1, steps).Float32s()
					if d := apart(r.Graph.Weights[w].Float32s(), want); d > 2e-6 {
						t.Fatalf("step %d: %s is %g from PyTorch's", steps, w, d)
					}
				}
			}
		})
	}
}

// A value that a step of rate 1 moves by its gradient.
func movable(v tensor.Tensor) (*graph.Graph, train.Tensors) {
	shape := make([]graph.Dim, v.Rank())
	for i, n := range v.Shape() {
		shape[i].Size = n
	}
	g := &graph.Graph{Inputs: []graph.Value{{Name: "zero", DType: tensor.Float32, Shape: shape}}, Outputs: []string{"value"},
		Nodes:   []graph.Node{{Name: "add", Op: "Add", Inputs: []string{"zero", "w"}, Outputs: []string{"value"}}},
		Weights: map[string]tensor.Tensor{"w": v}}
	return g, train.Tensors{"zero": tensor.New(tensor.Float32, v.Shape()...)}
}

// Losses and their gradients are PyTorch's.
func TestLosses(t *testing.T) {
	a := arrays(t, "testdata/losses.npz")
	weights := []float64{0.5, 1, 2, 0, 1.5}
	for _, c := range []struct {
		name, value, target string
		loss                train.Loss
	}{
		{"hard", "logits", "labels", train.CrossEntropy{}},
		{"smooth", "logits", "labels", train.CrossEntropy{Smoothing: 0.1}},
		{"weighted", "logits", "labels", train.CrossEntropy{Classes: weights}},
		{"weighted-smooth", "logits", "labels", train.CrossEntropy{Classes: weights, Smoothing: 0.2}},
		{"maps", "maps", "pixels", train.CrossEntropy{Classes: weights, Smoothing: 0.1}},
		{"tokens", "tokens", "words", train.CrossEntropy{Classes: weights, Axis: -1}},
		{"soft", "logits", "shares", train.CrossEntropy{}},
		{"soft-smooth", "logits", "shares", train.CrossEntropy{Classes: weights, Smoothing: 0.1}},
		{"mse", "logits", "teacher", train.MSE{}},
		{"kl", "logits", "teacher", train.KL{}},
		{"kl-4", "logits", "teacher", train.KL{Temperature: 4}},
	} {
		terms := []train.Term{{Loss: c.loss, Target: c.target}}
		compareLoss(t, a, c.name, c.value, terms)
	}
	compareLoss(t, a, "sum", "logits", []train.Term{{Loss: train.CrossEntropy{}, Target: "labels", Weight: 0.1},
		{Loss: train.KL{Temperature: 4}, Target: "teacher", Weight: 0.9}})
}

func compareLoss(t *testing.T, a map[string]tensor.Tensor, name, value string, terms []train.Term) {
	t.Helper()
	g, data := movable(a[value])
	for _, term := range terms {
		data[term.Target] = a[term.Target]
	}
	n := a[value].Dim(0)
	r := trained(t, g, data, train.Options{Losses: terms, Trained: []string{"w"}, Schedule: train.Constant(1), Steps: 1, Batch: n,
		Order: func(int, int) []int { return upTo(n) }})
	if want := float64(a[name+".loss"].Float32s()[0]); math.Abs(r.Loss-want) > 2e-6*max(1, want) {
		t.Errorf("%s: loss %v, PyTorch's is %v", name, r.Loss, want)
	}
	moved := slices.Clone(a[value].Float32s())
	for i, v := range r.Graph.Weights["w"].Float32s() {
		moved[i] -= v
	}
	if d := apart(moved, a[name+".grad"].Float32s()); d > 2e-6 {
		t.Errorf("%s: gradient is %g from PyTorch's", name, d)
	}
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Learning rates are those of PyTorch's schedulers.
func TestSchedules(t *testing.T) {
	text, err := os.ReadFile("testdata/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]float64
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]train.Schedule{
		"stairs":    train.Stairs{Start: 0.1, Every: 7, Factor: 0.5},
		"cosine":    train.Cosine{Start: 0.1, End: 0.001},
		"warm-up":   train.WarmUp{Steps: 8, From: 0.1, Then: train.Cosine{Start: 0.1}},
		"one-cycle": train.OneCycle{Top: 0.1},
	} {
		if len(want[name]) == 0 {
			t.Errorf("%s: no rates to compare with", name)
		}
		for i, w := range want[name] {
			if got := s.Rate(i, len(want[name])); math.Abs(got-w) > 1e-12 {
				t.Errorf("%s: step %d has rate %v, want %v", name, i, got, w)
			}
		}
	}
}

// curves are trainings of testdata as PyTorch did them.
var curves = map[string]train.Options{
	"lenet": {Losses: []train.Term{{Loss: train.CrossEntropy{Smoothing: 0.1}, Target: "label"}},
		Optimiser: train.SGD{Momentum: 0.9, Nesterov: true}, Schedule: train.Constant(0.01)},
	"resnet": {Losses: []train.Term{{Loss: train.CrossEntropy{}, Target: "label"}},
		Optimiser: train.AdamW{Epsilon: 1e-3, Decay: 0.05}, Schedule: train.Cosine{Start: 1e-4}, Clip: train.Clip{Norm: 5}, Penalty: train.Penalty{Vectors: true}},
}

// of200 is a schedule of 200 steps, however many are taken.
type of200 struct{ train.Schedule }

func (s of200) Rate(step, _ int) float64 { return s.Schedule.Rate(step, 200) }

// The loss follows PyTorch's, step by step, on batches in the same order, and so do all weights and the running
// statistics of normalisations. STRATASCOPE_TRAIN_LONG follows to the end.
func TestLossCurves(t *testing.T) {
	data := garments(t)
	for name, o := range curves {
		t.Run(name, func(t *testing.T) {
			ref := arrays(t, "testdata/"+name+".npz")
			want := ref["loss"].Float64s()
			o.Batch, o.Order, o.Workers = 30, inOrder(ref["order"]), 2
			o.Schedule, o.Steps = of200{o.Schedule}, 20
			after, within := "after.", 1e-5
			if os.Getenv("STRATASCOPE_TRAIN_LONG") != "" {
				o.Steps, after, within = 200, "last.", 1e-4
			}
			_, g := network(t, name)
			worst := 0.0
			o.Progress = func(p train.Progress) error {
				worst = max(worst, math.Abs(p.Loss-want[p.Step-1]))
				return nil
			}
			r := trained(t, g, data, o)
			if worst > within {
				t.Errorf("the loss is %g from PyTorch's", worst)
			}
			far := 0.0
			for key, w := range ref {
				if weight, ok := strings.CutPrefix(key, after); ok {
					far = max(far, apart(r.Graph.Weights[weight].Float32s(), w.Float32s()))
				}
			}
			t.Logf("%d steps: the loss is at most %.1e from PyTorch's, weights %.1e", o.Steps, worst, far)
			if far > 10*within {
				t.Errorf("weights and statistics are %g from PyTorch's", far)
			}
		})
	}
}

// An embedding that is the head, too, stays one weight, though the file holds two matrices; the loss follows
// PyTorch's, which an untied one does not.
func TestTiedWeights(t *testing.T) {
	_, g := network(t, "gpt")
	ref := arrays(t, "testdata/gpt.npz")
	want := ref["loss"].Float64s()
	worst := 0.0
	r := trained(t, g, train.Tensors{"input": ref["input"], "next": ref["next"]}, train.Options{
		Losses: []train.Term{{Loss: train.CrossEntropy{Axis: -1}, Target: "next"}}, Optimiser: train.SGD{Momentum: 0.9}, Schedule: train.Constant(0.1),
		Batch: 8, Steps: len(want), Order: func(int, int) []int { return upTo(8) },
		Progress: func(p train.Progress) error {
			worst = max(worst, math.Abs(p.Loss-want[p.Step-1]))
			return nil
		}})
	if worst > 1e-5 {
		t.Errorf("the loss is %g from PyTorch's", worst)
	}
	embedding := r.Graph.Weights["wte.weight"]
	if d := apart(embedding.Float32s(), ref["embedding"].Float32s()); d > 1e-5 {
		t.Errorf("the embedding is %g from PyTorch's", d)
	}
	head := r.Graph.Weights[g.Layers[len(g.Layers)-1].Weight]
	for i := range head.Dim(0) {
		for k := range head.Dim(1) {
			if head.Float32s()[i*head.Dim(1)+k] != embedding.Float32s()[k*head.Dim(0)+i] {
				t.Fatalf("the head's element %d, %d is not the embedding's", i, k)
			}
		}
	}
}
