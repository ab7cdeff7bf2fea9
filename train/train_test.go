package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// noisy is a training that uses everything that is drawn at random, on the network with BatchNorm.
func noisy(t *testing.T) (*graph.Graph, train.Tensors, train.Options) {
	_, g := network(t, "resnet")
	return g, garments(t), train.Options{
		Losses:    []train.Term{{Loss: train.CrossEntropy{Smoothing: 0.1}, Target: "label"}},
		Optimiser: train.SAM{Base: train.SGD{Momentum: 0.9}}, Schedule: train.WarmUp{Steps: 3, Then: train.Cosine{Start: 0.05}},
		Batch: 8, Steps: 6, Seed: 7, Mixup: 0.4, Clip: train.Clip{Norm: 1}, Penalty: train.Penalty{L1: 1e-4, L2: 1e-3},
		Noise:   train.Noise{Input: 0.05, Weight: 0.01, Gradient: 0.02},
		Dropout: []train.Dropout{{Value: g.Layers[0].Output, Rate: 0.2, Units: true}, {Value: g.Layers[3].Output, Rate: 0.1}},
	}
}

// The same bits come out for any number of workers.
func TestWorkers(t *testing.T) {
	g, data, o := noisy(t)
	one := trained(t, g, data, o)
	for _, n := range []int{2, 5} {
		o.Workers = n
		r := trained(t, g, data, o)
		same(t, "workers", one.Graph, r.Graph)
		if r.Loss != one.Loss {
			t.Errorf("%d workers: loss %v, with one %v", n, r.Loss, one.Loss)
		}
	}
	o.Seed++
	if r := trained(t, g, data, o); r.Loss == one.Loss {
		t.Error("another seed gives the same loss")
	}
}

// The graph that is given stays as it is, and its weights are not those of the result.
func TestGraphStays(t *testing.T) {
	g, data, o := noisy(t)
	before := map[string]tensor.Tensor{}
	for name, w := range g.Weights {
		before[name] = w.Clone()
	}
	r := trained(t, g, data, o)
	for name, w := range before {
		if w.DType() == tensor.Float32 && !slices.Equal(w.Float32s(), g.Weights[name].Float32s()) {
			t.Errorf("weight %q of the given graph was changed", name)
		}
	}
	for _, name := range train.Learned(g) {
		if apart(g.Weights[name].Float32s(), r.Graph.Weights[name].Float32s()) == 0 {
			t.Errorf("weight %q was not trained", name)
		}
	}
}

// A weight that two nodes read is one weight, and its gradient the sum of both: x w w has the gradient of 2 w x.
func TestSharedWeights(t *testing.T) {
	g := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 1}}}},
		Weights: map[string]tensor.Tensor{"w": tensor.Of([]float32{3}, 1, 1)},
		Nodes: []graph.Node{{Name: "a", Op: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"h"}},
			{Name: "b", Op: "MatMul", Inputs: []string{"h", "w"}, Outputs: []string{"y"}}},
		Outputs: []string{"y"},
	}
	r := trained(t, g, train.Tensors{"x": tensor.Of([]float32{2}, 1, 1)}, train.Options{
		Losses: []train.Term{{Loss: train.Mean{}}}, Schedule: train.Constant(0.25), Steps: 1, Batch: 1})
	if got := r.Graph.Weights["w"].Float32s()[0]; len(r.Graph.Weights) != 1 || got != 3-0.25*2*3*2 {
		t.Errorf("the weight is %v, want %v", got, 3-0.25*2*3*2)
	}
}

// With squares around a centre c, minimising (w - c)^2 / 2 + L1 |w| + L2 / 2 w^2 by proximal steps ends at
// sign(c) max(|c| - L1, 0) / (1 + L2), exactly zero where |c| is at most L1.
func TestPenaltyMakesExactZeros(t *testing.T) {
	centres := []float32{-2, -0.4, 0.3, 0.45, 1.5}
	g, data := movable(tensor.Of([]float32{1, 1, -1, 1, -1}, 1, 5))
	data["c"] = tensor.Of(centres, 1, 5)
	o := train.Options{Losses: []train.Term{{Loss: train.MSE{}, Target: "c", Weight: 2.5}}, Trained: []string{"w"},
		Schedule: train.Constant(0.1), Steps: 400, Batch: 1, Penalty: train.Penalty{L1: 0.5, L2: 0.25}}
	zeros := 0
	for i, v := range trained(t, g, data, o).Graph.Weights["w"].Float32s() {
		c := float64(centres[i])
		want := math.Copysign(max(math.Abs(c)-0.5, 0)/1.25, c)
		if want == 0 && v == 0 {
			zeros++
		}
		if math.Abs(float64(v)-want) > 1e-6 || want == 0 && v != 0 {
			t.Errorf("around %v the weight is %v, want %v", c, v, want)
		}
	}
	if zeros != 3 {
		t.Errorf("%d exact zeros, want 3", zeros)
	}
	o.Penalty.Exclude = []string{"w"}
	for i, v := range trained(t, g, data, o).Graph.Weights["w"].Float32s() {
		if math.Abs(float64(v-centres[i])) > 1e-6 {
			t.Errorf("without a penalty the weight is %v, want %v", v, centres[i])
		}
	}
}

// Penalties and weight decay leave biases alone unless told otherwise.
func TestPenaltySparesVectors(t *testing.T) {
	a := arrays(t, "testdata/optimisers.npz")
	o := train.Options{Losses: []train.Term{{Loss: train.Mean{}, Weight: 1e-30}}, Schedule: train.Constant(0.1), Steps: 1, Batch: 6,
		Optimiser: train.SGD{Decay: 1}, Penalty: train.Penalty{L2: 1}}
	data := train.Tensors{"x": a["x"]}
	r := trained(t, perceptron(a), data, o)
	if d := apart(r.Graph.Weights["b1"].Float32s(), a["b1"].Float32s()); d != 0 {
		t.Errorf("a bias moved by %g", d)
	}
	for i, v := range r.Graph.Weights["w1"].Float32s() {
		if want := a["w1"].Float32s()[i] * 0.9 / 1.1; math.Abs(float64(v-want)) > 1e-6 {
			t.Fatalf("weight %v, want %v", v, want)
		}
	}
	o.Penalty.Vectors = true
	r = trained(t, perceptron(a), data, o)
	if v, was := r.Graph.Weights["b1"].Float32s()[0], a["b1"].Float32s()[0]; math.Abs(float64(v-was*0.9/1.1)) > 1e-6 {
		t.Errorf("a bias is %v, want %v", v, was*0.9/1.1)
	}
}

// What is frozen keeps its bits, running statistics included; what a mask zeroes is zero after every step.
func TestFrozenAndMasked(t *testing.T) {
	g, data, o := noisy(t)
	l := g.Layers[0]
	mask := tensor.New(tensor.Float32, g.Weights[g.Layers[1].Weight].Shape()...)
	for i := range mask.Float32s() {
		mask.Float32s()[i] = float32(i % 2)
	}
	o.Trained, o.Frozen, o.Masks = []string{"*"}, []string{l.Name}, map[string]tensor.Tensor{g.Layers[1].Weight: mask}
	for _, noise := range []train.Noise{{}, o.Noise} {
		o.Noise = noise
		r := trained(t, g, data, o)
		for _, name := range []string{l.Weight, l.Norm.Scale, l.Norm.Bias, l.Norm.Mean, l.Norm.Variance} {
			if apart(g.Weights[name].Float32s(), r.Graph.Weights[name].Float32s()) != 0 {
				t.Errorf("frozen weight %q changed", name)
			}
		}
		if other := g.Layers[1].Norm.Mean; apart(g.Weights[other].Float32s(), r.Graph.Weights[other].Float32s()) == 0 {
			t.Errorf("running mean %q stayed", other)
		}
		for i, v := range r.Graph.Weights[g.Layers[1].Weight].Float32s() {
			if (v == 0) != (i%2 == 0) {
				t.Fatalf("element %d of the masked weight is %v", i, v)
			}
		}
	}
}

// A climb goes its whole distance along what is not masked: from 1, of (w - 0)^2 / 2, to 1.5.
func TestMaskedClimb(t *testing.T) {
	g, data := movable(tensor.Of([]float32{1, 1}, 1, 2))
	data["c"] = tensor.Of([]float32{0, 5}, 1, 2)
	r := trained(t, g, data, train.Options{Losses: []train.Term{{Loss: train.MSE{}, Target: "c"}}, Trained: []string{"w"}, Schedule: train.Constant(0.5),
		Steps: 1, Batch: 1, Optimiser: train.SAM{Rho: 0.5}, Masks: map[string]tensor.Tensor{"w": tensor.Of([]float32{1, 0}, 1, 2)}})
	if w := r.Graph.Weights["w"].Float32s(); apart(w, []float32{1 - 0.5*1.5, 0}) > 1e-6 {
		t.Errorf("weights %v, want [0.25 0]", w)
	}
}

// Noise of a share s of x + w = 2 + 1 gives the squared error s^2 of what it is added to, and of the gradient
// 2/n a step that is as noisy. What is masked gets none.
func TestNoiseIsWhereItIsAskedFor(t *testing.T) {
	const n = 20000
	full := func(v float32) tensor.Tensor { return tensor.Of(slices.Repeat([]float32{v}, n), 1, n) }
	g, _ := movable(full(1))
	data := train.Tensors{"zero": full(2), "target": full(3)}
	o := train.Options{Losses: []train.Term{{Loss: train.MSE{}, Target: "target"}}, Trained: []string{"w"}, Schedule: train.Constant(0), Steps: 1, Batch: 1}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 0.05*want {
			t.Errorf("%s: %v, want about %v", what, got, want)
		}
	}
	o.Noise = train.Noise{Input: 0.1}
	near("inputs", trained(t, g, data, o).Loss, 0.04)
	o.Noise = train.Noise{Weight: 0.1}
	near("weights", trained(t, g, data, o).Loss, 0.01)
	mask := full(1)
	for i := range n / 2 {
		mask.Float32s()[i] = 0
	}
	o.Masks, o.Noise.Weight = map[string]tensor.Tensor{"w": mask}, 1
	near("masked weights", trained(t, g, data, o).Loss, 0.5+0.5*0.5) // half the elements are 0, of mean square 1/2 all
	o.Masks, o.Noise, o.Schedule = nil, train.Noise{Gradient: 0.5}, train.Constant(n)
	o.Losses = []train.Term{{Loss: train.Mean{}}}
	mean, square := 0.0, 0.0
	for _, v := range trained(t, g, data, o).Graph.Weights["w"].Float32s() {
		mean += (1 - float64(v)) / n
		square += float64(v) * float64(v) / n
	}
	near("mean gradient", mean, 1)
	near("deviation", math.Sqrt(square), 0.5)
}

// A dropout at rate p keeps the share 1 - p of elements and their mean: the mean loss of a value of ones
// behind it is 1, and its elements are 0 or 1/(1-p).
func TestDropout(t *testing.T) {
	g := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 2000}}}},
		Weights: map[string]tensor.Tensor{"w": tensor.Of(slices.Repeat([]float32{1}, 2000), 2000)},
		Nodes: []graph.Node{{Name: "a", Op: "Mul", Inputs: []string{"x", "w"}, Outputs: []string{"h"}},
			{Name: "b", Op: "Identity", Inputs: []string{"h"}, Outputs: []string{"y"}}},
		Outputs: []string{"y"},
	}
	x := tensor.Of(slices.Repeat([]float32{1}, 2000), 1, 2000)
	o := train.Options{Losses: []train.Term{{Loss: train.Mean{}, Value: "y"}}, Trained: []string{"w"}, Schedule: train.Constant(2000), Steps: 1, Batch: 1,
		Dropout: []train.Dropout{{Value: "h", Rate: 0.25}}}
	r := trained(t, g, train.Tensors{"x": x}, o)
	if math.Abs(r.Loss-1) > 0.04 { // 3 standard deviations
		t.Errorf("the mean is %v, want about 1", r.Loss)
	}
	dropped := 0
	for _, v := range r.Graph.Weights["w"].Float32s() {
		switch d := 1 - v; {
		case d == 0:
			dropped++
		case math.Abs(float64(d)-4.0/3) > 1e-5:
			t.Fatalf("an element kept moves by %v, want 4/3", d)
		}
	}
	if math.Abs(float64(dropped)-500) > 58 {
		t.Errorf("%d of 2000 elements dropped, want about 500", dropped)
	}
}

// The loss of two labels in shares is that of a target that holds the shares: mixing labels and mixing
// one-hot targets is the same training.
func TestMixup(t *testing.T) {
	g, data, o := noisy(t)
	labels := tensor.Data[uint8](data["label"])
	hot := tensor.New(tensor.Float32, len(labels), 10)
	for i, v := range labels {
		hot.Float32s()[10*i+int(v)] = 1
	}
	data["hot"] = hot
	o.Noise, o.Mixup = train.Noise{}, 1.5
	hard := trained(t, g, data, o)
	o.Losses = []train.Term{{Loss: train.CrossEntropy{Smoothing: 0.1}, Target: "hot"}}
	soft := trained(t, g, data, o)
	o.Mixup = 0
	plain := trained(t, g, data, o)
	if math.Abs(hard.Loss-soft.Loss) > 1e-4 || math.Abs(hard.Loss-plain.Loss) < 1e-2 {
		t.Errorf("losses %v with labels, %v with targets, %v unmixed", hard.Loss, soft.Loss, plain.Loss)
	}
}

// Validation ends a training that no longer gets better, and the best weights are the result.
func TestValidation(t *testing.T) {
	a := arrays(t, "testdata/optimisers.npz")
	data := train.Tensors{"x": a["x"], "y": a["y"]}
	o := train.Options{Losses: []train.Term{{Loss: train.MSE{}, Target: "y"}}, Schedule: train.Constant(0.1), Steps: 500, Batch: 6,
		Validation: &train.Validation{Data: train.Tensors{"x": a["x"].Rows(0, 3), "y": tensor.New(tensor.Float32, 3, 3)}, Every: 1, Patience: 3}}
	r := trained(t, perceptron(a), data, o)
	if !r.Stopped || r.Steps != r.Step+3 || r.Steps == 500 {
		t.Fatalf("stopped %v after %d steps, the best at %d", r.Stopped, r.Steps, r.Step)
	}
	out := output(t, r.Graph, map[string]tensor.Tensor{"x": a["x"].Rows(0, 3)})
	sum := 0.0
	for _, v := range out {
		sum += float64(v) * float64(v) / 9
	}
	if math.Abs(sum-r.Best) > 1e-6 {
		t.Errorf("the result has a validation loss of %v, said to be %v", sum, r.Best)
	}
}

// A target that is a value of the network is held: only the other side moves.
func TestHeldTarget(t *testing.T) {
	g := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 1}}}},
		Weights: map[string]tensor.Tensor{"a": tensor.Of([]float32{1}, 1, 1), "b": tensor.Of([]float32{2}, 1, 1)},
		Nodes: []graph.Node{{Name: "a", Op: "MatMul", Inputs: []string{"x", "a"}, Outputs: []string{"student"}},
			{Name: "b", Op: "MatMul", Inputs: []string{"x", "b"}, Outputs: []string{"teacher"}}},
		Outputs: []string{"student", "teacher"},
	}
	data := train.Tensors{"x": tensor.Of([]float32{1}, 1, 1)}
	r := trained(t, g, data, train.Options{Losses: []train.Term{{Loss: train.MSE{}, Value: "student", Target: "teacher"}},
		Schedule: train.Constant(0.25), Steps: 1, Batch: 1})
	if a, b := r.Graph.Weights["a"].Float32s()[0], r.Graph.Weights["b"].Float32s()[0]; a != 1.5 || b != 2 {
		t.Errorf("weights %v and %v, want 1.5 and 2", a, b)
	}
}

// The log has one number a line, of the step and by layer.
func TestLog(t *testing.T) {
	_, g := network(t, "lenet")
	ref := arrays(t, "testdata/lenet.npz")
	o := curves["lenet"]
	var text bytes.Buffer
	o.Batch, o.Order, o.Steps, o.Log = 30, inOrder(ref["order"]), 2, &text
	r := trained(t, g, garments(t), o)
	got := map[string]float64{}
	for _, s := range strings.Split(strings.TrimSpace(text.String()), "\n") {
		var l struct {
			Step  int
			Name  string
			Value float64
		}
		d := json.NewDecoder(strings.NewReader(s))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if l.Step == 1 {
			got[l.Name] = l.Value
		}
	}
	if want := ref["loss"].Float64s()[0]; math.Abs(got["loss"]-want) > 1e-6 || got["learning_rate"] != 0.01 || r.Steps != 2 {
		t.Errorf("loss %v and rate %v, want %v and 0.01", got["loss"], got["learning_rate"], want)
	}
	for _, l := range g.Layers {
		want := ref["grad."+l.Weight].Float64s()[0]
		if v := got["gradient_norm/"+l.Name]; math.Abs(v-want) > 1e-5*want {
			t.Errorf("layer %s: gradient norm %v, PyTorch's is %v", l.Name, v, want)
		}
		n := math.Sqrt(float64(g.Weights[l.Weight].Len()))
		if v := got["gradient_rms/"+l.Name]; math.Abs(v*n-want) > 1e-5*want {
			t.Errorf("layer %s: rms %v, want %v", l.Name, v, want/n)
		}
		// The first step of Nesterov's momentum goes 1.9 times the gradient.
		norm := 0.0
		for _, v := range g.Weights[l.Weight].Float32s() {
			norm += float64(v) * float64(v)
		}
		ratio := 0.01 * 1.9 * want / math.Sqrt(norm)
		if v := got["update_ratio/"+l.Name]; math.Abs(v-ratio) > 1e-3*ratio {
			t.Errorf("layer %s: update ratio %v, want %v", l.Name, v, ratio)
		}
	}
}

// A training that diverges says so.
func TestDiverges(t *testing.T) {
	a := arrays(t, "testdata/optimisers.npz")
	_, err := train.Run(context.Background(), perceptron(a), train.Tensors{"x": a["x"], "y": a["y"]}, train.Options{
		Losses: []train.Term{{Loss: train.MSE{}, Target: "y"}}, Schedule: train.Constant(1e20), Steps: 20, Batch: 6})
	if d := (*train.DivergedError)(nil); !errors.As(err, &d) || d.Step < 2 {
		t.Errorf("%v, want a DivergedError", err)
	}
}

// What is not there or does not fit is said in one line.
func TestRefusals(t *testing.T) {
	a := arrays(t, "testdata/optimisers.npz")
	good := func() train.Options {
		return train.Options{Losses: []train.Term{{Loss: train.MSE{}, Target: "y"}}, Schedule: train.Constant(0.1), Steps: 1, Batch: 6}
	}
	for want, change := range map[string]func(*train.Options){
		"no loss is given":               func(o *train.Options) { o.Losses = nil },
		"no schedule":                    func(o *train.Options) { o.Schedule = nil },
		"want one of them above 0":       func(o *train.Options) { o.Epochs = 1 },
		`no value named "z"`:             func(o *train.Options) { o.Losses[0].Value = "z" },
		`target "z" is neither a field`:  func(o *train.Options) { o.Losses[0].Target = "z" },
		`target "y" has shape [6 3] for`: func(o *train.Options) { o.Losses[0].Value = "h1" },
		`frozen: "q*" names no weight`:   func(o *train.Options) { o.Frozen = []string{"q*"} },
		`trained: "q" names no weight`:   func(o *train.Options) { o.Trained = []string{"q"} },
		"the losses depend on no weight": func(o *train.Options) {
			o.Trained, o.Losses[0].Value, o.Losses[0].Loss, o.Losses[0].Target = []string{"b2"}, "h1", train.Mean{}, ""
		},
		`dropout of "out": no node reads it`: func(o *train.Options) { o.Dropout = []train.Dropout{{Value: "out", Rate: 0.1}} },
		"a rate of 1":                        func(o *train.Options) { o.Dropout = []train.Dropout{{Value: "h1", Rate: 1}} },
		"6 samples an epoch give no batch":   func(o *train.Options) { o.Batch, o.DropLast = 7, true },
		"the learning rate of step 1 is NaN": func(o *train.Options) { o.Schedule = train.Constant(math.NaN()) },
		"2 classes are weighed, want 3": func(o *train.Options) {
			o.Losses[0].Loss = train.CrossEntropy{Classes: []float64{1, 2}}
		},
		"which has no dimension 2 for": func(o *train.Options) { o.Losses[0].Loss = train.CrossEntropy{Axis: 2} },
		"a temperature of -1":          func(o *train.Options) { o.Losses[0].Loss = train.KL{Temperature: -1} },
		`mask of "q"`:                  func(o *train.Options) { o.Masks = map[string]tensor.Tensor{"q": a["w1"]} },
	} {
		o := good()
		change(&o)
		_, err := train.Run(context.Background(), perceptron(a), train.Tensors{"x": a["x"], "y": a["y"]}, o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Logits are wanted where a softmax is taken, not what one has made.
func TestProbabilitiesAreNoLogits(t *testing.T) {
	a := arrays(t, "testdata/optimisers.npz")
	g := perceptron(a)
	g.Nodes = append(g.Nodes, graph.Node{Name: "end", Op: "Softmax", Inputs: []string{"out"}, Outputs: []string{"shares"}})
	g.Outputs = []string{"shares"}
	o := train.Options{Losses: []train.Term{{Loss: train.CrossEntropy{}, Target: "y"}}, Schedule: train.Constant(0.1), Steps: 1, Batch: 6}
	data := train.Tensors{"x": a["x"], "y": a["y"]}
	if _, err := train.Run(context.Background(), g, data, o); err == nil || !strings.Contains(err.Error(), `value "shares" holds probabilities, want logits`) {
		t.Error(err)
	}
	o.Losses[0].Value = "out"
	trained(t, g, data, o)
}

// What is trained unless told otherwise is what PyTorch calls the parameters of the networks that were exported
// (numbers of tensors and elements by torch 2.15.0); masks and running statistics are not.
func TestLearned(t *testing.T) {
	for name, want := range map[string][2]int{"forward/lenet-old": {10, 16446}, "forward/lenet-new": {10, 16446}, "forward/mobilenet-old-bn": {50, 7462},
		"forward/resnet18-old-bn": {62, 17936}, "forward/perceptron-new": {8, 1949}, "forward/encoder-old": {28, 4628}, "healthy/cnn-1": {10, 22554}} {
		m, err := onnx.Read("../internal/golden/testdata/"+name+".onnx", onnx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		g, got := imported(t, m), [2]int{}
		for _, w := range train.Learned(g) {
			got[0]++
			got[1] += g.Weights[w].Len()
		}
		if got != want {
			t.Errorf("%s: %v tensors and elements, want %v", name, got, want)
		}
	}
}

// Running statistics move by a tenth to the batch's mean and unbiased variance, as PyTorch's do.
func TestRunningStatistics(t *testing.T) {
	one := func(v ...float32) tensor.Tensor { return tensor.Of(v, len(v)) }
	g := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 2}}}},
		Weights: map[string]tensor.Tensor{"scale": one(1, 1), "bias": one(0, 0), "mean": one(1, 2), "variance": one(4, 8)},
		Nodes: []graph.Node{{Name: "norm", Op: "BatchNormalization", Inputs: []string{"x", "scale", "bias", "mean", "variance"}, Outputs: []string{"y"}},
			{Name: "end", Op: "Relu", Inputs: []string{"y"}, Outputs: []string{"z"}}},
		Outputs: []string{"z"},
	}
	x := tensor.Of([]float32{1, 10, 2, 20, 6, 30}, 3, 2) // means 3 and 20, variances 7 and 100
	o := train.Options{Losses: []train.Term{{Loss: train.Mean{}}}, Schedule: train.Constant(0), Steps: 1, Batch: 3}
	w := trained(t, g, train.Tensors{"x": x}, o).Graph.Weights
	got := slices.Concat(w["mean"].Float32s(), w["variance"].Float32s())
	if d := apart(got, []float32{1.2, 3.8, 4.3, 17.2}); d > 1e-5 {
		t.Errorf("running statistics %v, want [1.2 3.8 4.3 17.2]", got)
	}
	o.Batch = 1
	if _, err := train.Run(context.Background(), g, train.Tensors{"x": x}, o); err == nil || !strings.Contains(err.Error(), "at least 2 values a channel") {
		t.Errorf("a batch of one sample: %v", err)
	}
}

// What moves and scales the input, a mask of large numbers and single numbers are not taken for trained weights.
func TestNotLearned(t *testing.T) {
	four := func(v float32) tensor.Tensor { return tensor.Of([]float32{v, 0, 0, 1}, 4) }
	g := &graph.Graph{
		Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 4}}}},
		Weights: map[string]tensor.Tensor{"mean": four(0.5), "w": tensor.New(tensor.Float32, 4, 4), "half": tensor.Scalar(float32(0.5)), "hidden": four(-1e9),
			"b": four(0.1)},
		Nodes: []graph.Node{{Name: "1", Op: "Add", Inputs: []string{"x", "mean"}, Outputs: []string{"a"}},
			{Name: "2", Op: "MatMul", Inputs: []string{"a", "w"}, Outputs: []string{"c"}},
			{Name: "3", Op: "Mul", Inputs: []string{"c", "half"}, Outputs: []string{"d"}},
			{Name: "4", Op: "Add", Inputs: []string{"d", "hidden"}, Outputs: []string{"e"}},
			{Name: "5", Op: "Add", Inputs: []string{"b", "e"}, Outputs: []string{"f"}}},
		Outputs: []string{"f"},
	}
	if got := train.Learned(g); !slices.Equal(got, []string{"b", "w"}) {
		t.Errorf("%v, want [b w]", got)
	}
}
