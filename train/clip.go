package train

import (
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
)

// A Clip bounds gradients: first each element, then the norm of all together. Zero bounds nothing.
type Clip struct {
	Value float64 // the largest absolute value of an element
	Norm  float64 // of all gradients as one vector (Pascanu et al. 2013, algorithm 1)
}

// values bounds the elements of a gradient.
func (c Clip) values(g []float32) {
	if c.Value <= 0 {
		return
	}
	top := float32(c.Value)
	for i, v := range g {
		g[i] = min(max(v, -top), top)
	}
}

// factor is what gradients of a norm are multiplied by.
func (c Clip) factor(norm float64) float64 {
	if c.Norm <= 0 {
		return 1
	}
	return min(1, c.Norm/(norm+1e-6)) // PyTorch's clip_grad_norm_
}

func scale(g []float32, by float64) {
	if by == 1 {
		return
	}
	for i, v := range g {
		g[i] = float32(float64(v) * by)
	}
}

func squares(v []float32) float64 { return kernel.SumSq64(v) }

// rms is the root of the mean square.
func rms(v []float32) float64 { return math.Sqrt(squares(v) / float64(max(1, len(v)))) }
