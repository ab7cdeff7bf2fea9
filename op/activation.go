package op

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// The activations.
var (
	Relu            = &Op{Name: "Relu", InPlace: true, Run: function(kernel.Relu32, relu, func(v int64) int64 { return max(v, 0) })}
	Sigmoid         = &Op{Name: "Sigmoid", InPlace: true, Run: function(kernel.Sigmoid32, sigmoid, nil)}
	Tanh            = &Op{Name: "Tanh", InPlace: true, Run: function(kernel.Tanh32, math.Tanh, nil)}
	Softplus        = &Op{Name: "Softplus", InPlace: true, Run: function(nil, softplus, nil)}
	Softsign        = &Op{Name: "Softsign", InPlace: true, Run: function(nil, func(v float64) float64 { return v / (1 + math.Abs(v)) }, nil)}
	HardSwish       = &Op{Name: "HardSwish", InPlace: true, Run: function(hardSwish32, func(v float64) float64 { return v * clamp(v/6+0.5, 0, 1) }, nil)}
	Mish            = &Op{Name: "Mish", InPlace: true, Run: function(nil, func(v float64) float64 { return v * math.Tanh(softplus(v)) }, nil)}
	Gelu            = &Op{Name: "Gelu", InPlace: true, Run: gelu}
	Swish           = &Op{Name: "Swish", InPlace: true, Run: swish}
	SwiGLU          = &Op{Name: "SwiGLU", Run: swiGLU}
	LeakyRelu       = &Op{Name: "LeakyRelu", InPlace: true, Run: shaped(leakyRelu)}
	Elu             = &Op{Name: "Elu", InPlace: true, Run: shaped(elu)}
	Celu            = &Op{Name: "Celu", InPlace: true, Run: shaped(celu)}
	Selu            = &Op{Name: "Selu", InPlace: true, Run: shaped(selu)}
	HardSigmoid     = &Op{Name: "HardSigmoid", InPlace: true, Run: shaped(hardSigmoid)}
	ThresholdedRelu = &Op{Name: "ThresholdedRelu", InPlace: true, Run: shaped(thresholdedRelu)}
	Shrink          = &Op{Name: "Shrink", InPlace: true, Run: shaped(shrink)}
	PRelu           = &Op{Name: "PRelu", InPlace: true, Run: arithmetic(binary{
		float: func(v, slope float64) float64 {
			if v < 0 {
				return v * slope
			}
			return v
		},
		signed: func(v, slope int64) int64 {
			if v < 0 {
				return v * slope
			}
			return v
		},
		unsigned: func(v, _ uint64) uint64 { return v },
	})}
	Clip = &Op{Name: "Clip", InPlace: true, Run: clip}
)

// shaped makes an operator of a function that its attributes decide.
func shaped(f func(Attributes) func(float64) float64) Func {
	return func(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 1, 1); err != nil {
			return nil, err
		}
		g := f(a)
		return one(apply(x, in[0], nil, g, func(v int64) int64 { return int64(g(float64(v))) }))
	}
}

func relu(v float64) float64 {
	if v < 0 {
		return 0
	}
	return v
}

func sigmoid(v float64) float64 { return 1 / (1 + math.Exp(-v)) }

func softplus(v float64) float64 { return max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))) }

func clamp(v, lo, hi float64) float64 { return min(max(v, lo), hi) }

func hardSwish32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = v * min(max(v/6+0.5, 0), 1)
	}
}

// gelu is x*Phi(x), exact or with the tanh approximation (Hendrycks and Gimpel 2016, section 2).
func gelu(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	if a.Str("approximate", "none") == "tanh" {
		return one(apply(x, in[0], geluTanh32, func(v float64) float64 {
			return v / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
		}, nil))
	}
	return one(apply(x, in[0], kernel.Gelu32, func(v float64) float64 { return v / 2 * (1 + math.Erf(v/math.Sqrt2)) }, nil))
}

// geluTanh32 needs room of its own because dst may be src.
func geluTanh32(dst, src []float32) {
	var room [256]float32
	for lo := 0; lo < len(src); lo += len(room) {
		s := src[lo:min(lo+len(room), len(src))]
		t := room[:len(s)]
		for i, v := range s {
			t[i] = float32(math.Sqrt(2/math.Pi)) * (v + 0.044715*v*v*v)
		}
		kernel.Tanh32(t, t)
		for i, v := range s {
			dst[lo+i] = 0.5 * v * (1 + t[i])
		}
	}
}

// swish is x*sigmoid(alpha*x) (Ramachandran, Zoph and Le 2017).
func swish(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	alpha := a.Float("alpha", 1)
	fast := func(dst, src []float32) {
		var room [256]float32
		for lo := 0; lo < len(src); lo += len(room) {
			s := src[lo:min(lo+len(room), len(src))]
			t := room[:len(s)]
			kernel.Scale32(t, s, alpha)
			kernel.Sigmoid32(t, t)
			kernel.Mul32(dst[lo:lo+len(s)], t, s)
		}
	}
	return one(apply(x, in[0], fast, func(v float64) float64 { return v * sigmoid(float64(alpha)*v) }, nil))
}

// swiGLU is swish of the first input times the second (Shazeer 2020, eq. 5).
func swiGLU(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	if !slices.Equal(in[0].Shape(), in[1].Shape()) {
		return nil, errShape(in[1].Shape(), in[0].Shape())
	}
	y, err := swish(x, a, in[:1])
	if err != nil {
		return nil, err
	}
	return one(combine(x, &multiplication, y[0], in[1]))
}

func leakyRelu(a Attributes) func(float64) float64 {
	alpha := float64(a.Float("alpha", 0.01))
	return func(v float64) float64 {
		if v < 0 {
			return alpha * v
		}
		return v
	}
}

func elu(a Attributes) func(float64) float64 {
	alpha := float64(a.Float("alpha", 1))
	return func(v float64) float64 {
		if v < 0 {
			return alpha * math.Expm1(v)
		}
		return v
	}
}

func celu(a Attributes) func(float64) float64 {
	alpha := float64(a.Float("alpha", 1))
	return func(v float64) float64 {
		if v < 0 {
			return alpha * math.Expm1(v/alpha)
		}
		return v
	}
}

// selu is the self-normalising unit (Klambauer et al. 2017, eq. 2).
func selu(a Attributes) func(float64) float64 {
	alpha := float64(a.Float("alpha", 1.67326319217681884765625))
	gamma := float64(a.Float("gamma", 1.05070102214813232421875))
	return func(v float64) float64 {
		if v < 0 {
			return gamma * alpha * math.Expm1(v)
		}
		return gamma * v
	}
}

func hardSigmoid(a Attributes) func(float64) float64 {
	alpha, beta := float64(a.Float("alpha", 0.2)), float64(a.Float("beta", 0.5))
	return func(v float64) float64 { return clamp(alpha*v+beta, 0, 1) }
}

func thresholdedRelu(a Attributes) func(float64) float64 {
	alpha := float64(a.Float("alpha", 1))
	return func(v float64) float64 {
		if v <= alpha {
			return 0
		}
		return v
	}
}

func shrink(a Attributes) func(float64) float64 {
	bias, lambda := float64(a.Float("bias", 0)), float64(a.Float("lambd", 0.5))
	return func(v float64) float64 {
		switch {
		case v < -lambda:
			return v + bias
		case v > lambda:
			return v - bias
		case v != v:
			return v
		}
		return 0
	}
}

// clip holds values between two bounds; where they cross, the upper one wins, as in NumPy.
func clip(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 3); err != nil {
		return nil, err
	}
	t := in[0]
	if lo, hi := optional(in, 1), optional(in, 2); t.DType() == tensor.Float32 {
		least, most := float32(math.Inf(-1)), float32(math.Inf(1))
		if err := same(in...); err != nil {
			return nil, err
		}
		if lo.Valid() && lo.Len() == 1 {
			least = lo.Float32s()[0]
		}
		if hi.Valid() && hi.Len() == 1 {
			most = hi.Float32s()[0]
		}
		return one(apply(x, t, func(dst, src []float32) { kernel.Clip32(dst, src, least, most) }, nil, nil))
	}
	var err error
	if lo := optional(in, 1); lo.Valid() {
		if t, err = combine(x, &maximum, t, lo); err != nil {
			return nil, err
		}
	}
	if hi := optional(in, 2); hi.Valid() {
		if t, err = combine(x, &minimum, t, hi); err != nil {
			return nil, err
		}
	}
	return []tensor.Tensor{t}, nil
}
