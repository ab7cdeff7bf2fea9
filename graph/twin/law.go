package twin

import (
	"math"
	"math/rand/v2"
)

// A Fan is what the variance of a weight is divided by.
type Fan uint8

// The fans: none; values that one unit reads; units that read one value; their mean.
const (
	None Fan = iota
	In
	Out
	Mean
)

// A Law is how weights are drawn before training: with mean 0 and the variance Scale over the fan, uniform or
// normal.
type Law struct {
	Name    string
	Scale   float64
	Fan     Fan
	Uniform bool
	Biased  bool // biases are uniform to 1 over the root of the values read, as in PyTorch, and not 0
}

// The laws of frameworks. PyTorch's default for linear maps and convolutions is He's uniform law of gain
// 1/sqrt(3) (kaiming_uniform_ with a = sqrt(5)), Keras's is Xavier uniform.
var (
	PyTorch       = Law{Name: "PyTorch's default", Scale: 1. / 3, Fan: In, Uniform: true, Biased: true}
	HeNormal      = Law{Name: "He normal", Scale: 2, Fan: In} // He et al. 2015
	HeUniform     = Law{Name: "He uniform", Scale: 2, Fan: In, Uniform: true}
	HeOut         = Law{Name: "He normal, fan out", Scale: 2, Fan: Out}             // torchvision's ResNet
	XavierUniform = Law{Name: "Xavier uniform", Scale: 1, Fan: Mean, Uniform: true} // Glorot & Bengio 2010
	XavierNormal  = Law{Name: "Xavier normal", Scale: 1, Fan: Mean}
	LeCunNormal   = Law{Name: "LeCun normal", Scale: 1, Fan: In}                     // Flax
	Normal02      = Law{Name: "normal 0.02", Scale: 0.02 * 0.02}                     // BERT, GPT-2, ViT
	Normal1       = Law{Name: "normal 1", Scale: 1}                                  // PyTorch's embeddings
	Uniform05     = Law{Name: "uniform 0.05", Scale: 0.05 * 0.05 / 3, Uniform: true} // Keras's embeddings
)

// candidates are the laws of an operator, of equally near ones the first wins.
func candidates(op string) []Law {
	switch op {
	case "Embedding":
		return []Law{Normal1, Normal02, Uniform05}
	case "Recurrent":
		return []Law{{Name: PyTorch.Name, Scale: 1. / 3, Fan: In, Uniform: true}}
	}
	return []Law{PyTorch, XavierUniform, HeNormal, HeOut, HeUniform, XavierNormal, LeCunNormal, Normal02}
}

// SD returns the standard deviation of a weight with these fans.
func (l Law) SD(in, out float64) float64 {
	by := [...]float64{None: 1, In: in, Out: out, Mean: (in + out) / 2}[l.Fan]
	return math.Sqrt(l.Scale / max(1, by))
}

func (l Law) draw(in, out float64) func(*rand.Rand) float64 {
	sd := l.SD(in, out)
	if l.Uniform {
		half := sd * math.Sqrt(3)
		return func(r *rand.Rand) float64 { return half * (2*r.Float64() - 1) }
	}
	return func(r *rand.Rand) float64 { return sd * r.NormFloat64() }
}

// median returns the median of the absolute value of a weight with these fans.
func (l Law) median(in, out float64) float64 {
	if l.Uniform {
		return l.SD(in, out) * math.Sqrt(3) / 2
	}
	return l.SD(in, out) * 0.674489750196082
}
