package grad_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func TestFunctionsOfOneVariable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var list []check
	for _, name := range []string{"Abs", "Asinh", "Atan", "Cos", "Cosh", "Erf", "Exp", "Identity", "Neg", "Sin", "Sinh", "Tan", "Tanh",
		"Relu", "Sigmoid", "Softplus", "Softsign", "Gelu", "Mish", "Swish", "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Celu", "Selu",
		"ThresholdedRelu", "Shrink", "Softmax", "LogSoftmax", "Dropout"} {
		list = append(list, check{op: name, in: []tensor.Tensor{random(r, 3, 4)}})
	}
	for _, name := range []string{"Log", "Sqrt", "Reciprocal"} {
		list = append(list, check{op: name, in: []tensor.Tensor{positive(r, 3, 4)}})
	}
	for _, name := range []string{"Acos", "Asin", "Atanh"} {
		list = append(list, check{op: name, in: []tensor.Tensor{unit(r, 3, 4)}})
	}
	x := func() []tensor.Tensor { return []tensor.Tensor{random(r, 2, 3, 4)} }
	list = append(list,
		check{op: "Acosh", in: []tensor.Tensor{moved(positive(r, 3, 4), 1, 1)}},
		check{op: "Gelu", name: "tanh", attr: op.Attributes{"approximate": "tanh"}, in: x()},
		check{op: "Swish", name: "alpha", attr: op.Attributes{"alpha": float32(1.5)}, in: x()},
		check{op: "LeakyRelu", name: "alpha", attr: op.Attributes{"alpha": float32(0.25)}, in: x()},
		check{op: "Elu", name: "alpha", attr: op.Attributes{"alpha": float32(1.5)}, in: x()},
		check{op: "Celu", name: "alpha", attr: op.Attributes{"alpha": float32(1.5)}, in: x()},
		check{op: "Selu", name: "alpha", attr: op.Attributes{"alpha": float32(1.5), "gamma": float32(0.5)}, in: x()},
		check{op: "HardSigmoid", name: "alpha", attr: op.Attributes{"alpha": float32(0.375), "beta": float32(0.25)}, in: x()},
		check{op: "ThresholdedRelu", name: "alpha", attr: op.Attributes{"alpha": float32(0.5)}, in: x()},
		check{op: "Shrink", name: "bias", attr: op.Attributes{"lambd": float32(0.5), "bias": float32(0.25)}, in: x()},
		check{op: "Softmax", name: "first axis", attr: op.Attributes{"axis": int64(0)}, in: x()},
		check{op: "LogSoftmax", name: "axis 1", attr: op.Attributes{"axis": int64(1)}, in: x()},
		check{op: "Cast", name: "to double", attr: op.Attributes{"to": int64(11)}, in: x()},
	)
	runAll(t, list)
}

func TestArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	shapes := [][2][]int{{{3, 4}, {3, 4}}, {{3, 4}, {4}}, {{3, 4}, {3, 1}}, {{4}, {2, 3, 4}}, {{2, 1, 4}, {3, 1}}, {{2, 3}, {}}, {{1, 1}, {2, 5}}}
	var list []check
	for _, s := range shapes {
		for _, name := range []string{"Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean"} {
			list = append(list, check{op: name, in: []tensor.Tensor{random(r, s[0]...), moved(random(r, s[1]...), 1, 0.01)}})
		}
		list = append(list,
			check{op: "Div", in: []tensor.Tensor{random(r, s[0]...), positive(r, s[1]...)}},
			check{op: "Pow", in: []tensor.Tensor{positive(r, s[0]...), random(r, s[1]...)}},
			check{op: "Where", in: []tensor.Tensor{truths(s[0]), random(r, s[0]...), random(r, s[1]...)}, fixed: true},
		)
	}
	x := func() tensor.Tensor { return random(r, 3, 4) }
	list = append(list,
		check{op: "Sum", name: "of three", in: []tensor.Tensor{x(), x(), random(r, 4)}},
		check{op: "Max", name: "of three", in: []tensor.Tensor{x(), moved(x(), 1, 0.01), moved(x(), 1, 0.02)}},
		check{op: "Pow", name: "to a fixed number", in: []tensor.Tensor{x(), tensor.Scalar(float32(2))}},
		check{op: "Pow", name: "to an integer", in: []tensor.Tensor{x(), tensor.Scalar(int64(3))}},
		check{op: "Pow", name: "of zero", in: []tensor.Tensor{floats(0, 0, 1.5), floats(2, 1, 0)}, skip: []int{1}, once: "0^1 has a kink"},
		check{op: "Mod", attr: op.Attributes{"fmod": int64(1)}, in: []tensor.Tensor{x(), positive(r, 4)}, once: "piecewise linear"},
		check{op: "Mod", name: "with the divisor's sign", in: []tensor.Tensor{x(), positive(r, 4)}, once: "piecewise linear"},
		check{op: "PRelu", in: []tensor.Tensor{x(), random(r, 4)}},
		check{op: "PRelu", name: "one slope", in: []tensor.Tensor{x(), random(r, 1)}},
		check{op: "Clip", in: []tensor.Tensor{x(), scalar(-0.7), scalar(0.9)}},
		check{op: "Clip", name: "from below", in: []tensor.Tensor{x(), scalar(-0.7)}},
		check{op: "Clip", name: "from above", in: []tensor.Tensor{x(), {}, scalar(0.9)}},
		check{op: "SwiGLU", in: []tensor.Tensor{x(), x()}},
	)
	runAll(t, list)
}

func truths(shape []int) tensor.Tensor {
	x := tensor.New(tensor.Bool, shape...)
	for i := range tensor.Data[bool](x) {
		tensor.Data[bool](x)[i] = i%3 == 0
	}
	return x
}
