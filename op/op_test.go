package op

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/stratascope/stratascope/tensor"
)

// The official vectors (package enginetest) test what each operator computes; here is what they leave
// out: broadcasting in every form, memory that is handed over, workers, limits.

func TestListIsSortedAndComplete(t *testing.T) {
	for i, o := range All() {
		if got, ok := Lookup(o.Domain, o.Name); !ok || got != o || o.Run == nil {
			t.Errorf("%s is not found under its name", o.Name)
		}
		if i > 0 && all[i-1].Name >= o.Name {
			t.Errorf("%s stands after %s", o.Name, all[i-1].Name)
		}
	}
	if _, ok := Lookup("com.example", "Relu"); ok {
		t.Error("an operator of another domain is found")
	}
	if o, ok := Lookup("ai.onnx", "Relu"); !ok || o != Relu {
		t.Error("ai.onnx is not the default domain")
	}
}

// element returns the broadcast element of t at a coordinate of a larger shape: the definition.
func element(t tensor.Tensor, coordinate []int) float32 {
	at := 0
	for d, n := range t.Shape() {
		c := coordinate[len(coordinate)-t.Rank()+d]
		if n == 1 {
			c = 0
		}
		at = at*n + c
	}
	return t.Float32s()[at]
}

// shapes draws a shape and one that can be broadcast with it.
func shapes(t *rapid.T) (a, b []int) {
	for range rapid.IntRange(0, 5).Draw(t, "rank") {
		n := rapid.IntRange(1, 4).Draw(t, "n")
		a, b = append(a, n), append(b, n)
		switch rapid.IntRange(0, 3).Draw(t, "which") {
		case 0:
			a[len(a)-1] = 1
		case 1:
			b[len(b)-1] = 1
		}
	}
	if cut := rapid.IntRange(0, len(b)).Draw(t, "cut"); rapid.Bool().Draw(t, "shorter") {
		b = b[cut:]
	} else {
		a = a[cut:]
	}
	return a, b
}

func counted(shape []int, first float32) tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	for i := range t.Float32s() {
		t.Float32s()[i] = first + float32(i)
	}
	return t
}

func TestBroadcastingIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sa, sb := shapes(t)
		a, b := counted(sa, 1), counted(sb, 1000)
		out, err := Sub.Run(&Exec{Workers: rapid.IntRange(1, 3).Draw(t, "workers")}, nil, []tensor.Tensor{a, b})
		if err != nil {
			t.Fatal(err)
		}
		y := out[0]
		coordinate := make([]int, y.Rank())
		for i, v := range y.Float32s() {
			if w := element(a, coordinate) - element(b, coordinate); v != w {
				t.Fatalf("%v - %v: element %d is %v, want %v", sa, sb, i, v, w)
			}
			advance(coordinate, y.Shape())
		}
	})
}

func TestTransposeIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 40), 0, 4).Draw(t, "shape")
		perm := make([]int, len(shape))
		list := make([]int64, len(shape))
		for i, p := range rapid.Permutation(from(0, len(shape))).Draw(t, "perm") {
			perm[i], list[i] = p, int64(p)
		}
		x := counted(shape, 0)
		out, err := Transpose.Run(&Exec{Workers: 2}, Attributes{"perm": list}, []tensor.Tensor{x})
		if err != nil {
			t.Fatal(err)
		}
		coordinate, source := make([]int, len(shape)), make([]int, len(shape))
		for i, v := range out[0].Float32s() {
			for d, p := range perm {
				source[p] = coordinate[d]
			}
			if w := element(x, source); v != w {
				t.Fatalf("perm %v of %v: element %d is %v, want %v", perm, shape, i, v, w)
			}
			advance(coordinate, out[0].Shape())
		}
	})
}

// An operator marked InPlace must give the same when it writes over the input it was offered.
func TestInPlaceGivesTheSame(t *testing.T) {
	compared := 0
	for _, o := range All() {
		if !o.InPlace {
			continue
		}
		for seed := range uint64(400) {
			r := rand.New(rand.NewPCG(seed, 3))
			in := []tensor.Tensor{random(r), random(r)}[:1+r.IntN(2)]
			if len(in) == 2 && in[0].Valid() && r.IntN(2) == 0 {
				in[1] = in[0].Clone()
			}
			a := randomAttributes(r)
			want, err := o.Run(&Exec{Workers: 1}, a, in)
			if err != nil {
				continue
			}
			for i := range in {
				offered := slices.Clone(in)
				offered[i] = in[i].Clone()
				given := false
				x := &Exec{Workers: 1, Alloc: func(d tensor.DType, shape ...int) (tensor.Tensor, error) {
					if u := offered[i]; !given && u.DType() == d && slices.Equal(u.Shape(), shape) {
						given = true
						return u, nil
					}
					return tensor.New(d, shape...), nil
				}}
				got, err := o.Run(x, a, offered)
				if err != nil || !equalBits(got[0], want[0]) {
					t.Errorf("%s of %v in the memory of input %d differs (%v)", o.Name, in, i, err)
				}
				if given {
					compared++
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d results were written over an input", compared)
	}
}

func equalBits(a, b tensor.Tensor) bool {
	if a.DType() != b.DType() || !slices.Equal(a.Shape(), b.Shape()) {
		return false
	}
	switch a.DType() {
	case tensor.Float32:
		return slices.EqualFunc(a.Float32s(), b.Float32s(), func(u, v float32) bool { return math.Float32bits(u) == math.Float32bits(v) || u != u && v != v })
	case tensor.Float64:
		return slices.EqualFunc(a.Float64s(), b.Float64s(), func(u, v float64) bool { return u == v || u != u && v != v })
	case tensor.Bool:
		return slices.Equal(tensor.Data[bool](a), tensor.Data[bool](b))
	}
	u, _ := intsOf(a)
	v, _ := intsOf(b)
	return slices.Equal(u, v)
}

func TestWorkersDoNotChangeBits(t *testing.T) {
	x, row := counted([]int{37, 1033}, -18000), counted([]int{1033}, 1)
	for _, o := range []*Op{Exp, Tanh, Erf, Gelu, Sigmoid, Softmax, LogSoftmax, ReduceSum, ReduceMean, Swish} {
		in := []tensor.Tensor{scaledDown(x)}
		compareWorkers(t, o, nil, in)
	}
	compareWorkers(t, Add, nil, []tensor.Tensor{x, row})
	compareWorkers(t, LayerNormalization, nil, []tensor.Tensor{x, row, row})
	compareWorkers(t, MatMul, nil, []tensor.Tensor{scaledDown(x), scaledDown(counted([]int{1033, 91}, 3))})
}

func scaledDown(t tensor.Tensor) tensor.Tensor {
	y := t.Clone()
	for i := range y.Float32s() {
		y.Float32s()[i] /= 10000
	}
	return y
}

func compareWorkers(t *testing.T, o *Op, a Attributes, in []tensor.Tensor) {
	t.Helper()
	want, err := o.Run(&Exec{Workers: 1}, a, in)
	if err != nil {
		t.Fatal(o.Name, err)
	}
	for _, n := range []int{2, 3, 8} {
		got, err := o.Run(&Exec{Workers: n}, a, in)
		if err != nil || !equalBits(got[0], want[0]) {
			t.Errorf("%s with %d workers differs (%v)", o.Name, n, err)
		}
	}
}

// A file of a few bytes must not be able to ask for more memory than is allowed.
func TestSizesAreCapped(t *testing.T) {
	ints := func(v ...int64) tensor.Tensor { return tensor.Of(v, len(v)) }
	x := counted([]int{2, 2}, 0)
	for _, c := range []struct {
		op *Op
		a  Attributes
		in []tensor.Tensor
	}{
		{Expand, nil, []tensor.Tensor{counted([]int{1}, 0), ints(1<<20, 1<<20)}},
		{Tile, nil, []tensor.Tensor{x, ints(1<<31, 1<<31)}},
		{ConstantOfShape, nil, []tensor.Tensor{ints(1<<20, 1<<20)}},
		{ConstantOfShape, nil, []tensor.Tensor{ints(1<<40, 1<<40)}},
		{ConstantOfShape, nil, []tensor.Tensor{ints(-5)}},
		{Range, nil, []tensor.Tensor{tensor.Scalar(int64(0)), tensor.Scalar(int64(1 << 39)), tensor.Scalar(int64(1))}},
		{Range, nil, []tensor.Tensor{tensor.Scalar(float32(0)), tensor.Scalar(float32(1)), tensor.Scalar(float32(0))}},
		{Pad, nil, []tensor.Tensor{x, ints(0, 0, 1<<35, 1<<35)}},
		{Pad, Attributes{"mode": "edge"}, []tensor.Tensor{x, ints(1<<30, 0, 1<<30, 1<<30)}},
		{OneHot, nil, []tensor.Tensor{ints(1), ints(1 << 38), counted([]int{2}, 0)}},
		{Resize, nil, []tensor.Tensor{x, {}, {}, ints(1<<30, 1<<30)}},
		{MelWeightMatrix, nil, []tensor.Tensor{tensor.Scalar(int64(1 << 23)), tensor.Scalar(int64(1 << 23)), tensor.Scalar(int64(8000)), tensor.Scalar(float32(0)), tensor.Scalar(float32(1))}},
		{MaxRoiPool, Attributes{"pooled_shape": []int64{1 << 20, 1 << 20}}, []tensor.Tensor{counted([]int{1, 1, 2, 2}, 0), tensor.New(tensor.Float32, 1, 5)}},
		{Conv, Attributes{"pads": []int64{1 << 23, 1 << 23, 1 << 23, 1 << 23}}, []tensor.Tensor{counted([]int{1, 1, 2, 2}, 0), counted([]int{1, 1, 1, 1}, 0)}},
	} {
		if out, err := c.op.Run(&Exec{Workers: 1, Limit: limit}, c.a, c.in); err == nil {
			t.Errorf("%s of %v gives %v", c.op.Name, c.in, out[0])
		}
	}
}

func TestBatchNormalizationKeepsItsInputs(t *testing.T) {
	x := tensor.Of([]float64{1, 2, 3, 4}, 2, 2)
	p := func(v float64) tensor.Tensor { return tensor.Of([]float64{v, v}, 2) }
	mean, variance := p(5), p(7)
	out, err := BatchNormalization.Run(&Exec{Workers: 1, Outputs: 3}, Attributes{"training_mode": int64(1), "momentum": float32(0.5)}, []tensor.Tensor{x, p(1), p(0), mean, variance})
	if err != nil {
		t.Fatal(err)
	}
	if mean.Float64s()[0] != 5 || variance.Float64s()[1] != 7 {
		t.Errorf("the stored statistics became %v and %v", mean.Float64s(), variance.Float64s())
	}
	if m, v := out[1].Float64s(), out[2].Float64s(); m[0] != 3.5 || m[1] != 4 || v[0] != 4 || v[1] != 4 {
		t.Errorf("running mean %v and variance %v, want [3.5 4] and [4 4]", m, v)
	}
}

// TestSigmoidTail: far below zero a sigmoid is exp(x). A rational function around a half, as ONNX Runtime
// 1.32 has, gives a text detector's probabilities of 3e-7 as multiples of 6e-8.
func TestSigmoidTail(t *testing.T) {
	x := []float32{-14.989459, -16, -39.759579, -80, -0.5, 0, 3, 15, 40, -15, -17, -20}
	out, err := Sigmoid.Run(&Exec{Workers: 1, Outputs: 1}, nil, []tensor.Tensor{tensor.Of(x, len(x))})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range out[0].Float32s() {
		want := 1 / (1 + math.Exp(-float64(x[i])))
		if math.Abs(float64(v)-want) > 1e-6*want {
			t.Errorf("sigmoid of %v: %v, want %v", x[i], v, want)
		}
	}
}
