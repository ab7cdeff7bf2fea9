package train

import "math"

// SAM takes the gradient where the loss is nearly the worst within a distance (sharpness-aware minimisation,
// Foret et al. 2021, eq. 2 and 3), and updates as Base. A step runs the network twice; running
// statistics move once, by the first run.
type SAM struct {
	Base     Optimiser // SGD if nil
	Rho      float64   // the distance; 0.05 if 0
	Adaptive bool      // distances are relative to the weights (ASAM, Kwon et al. 2021, eq. 4 without its constant)
}

func (o SAM) base() Optimiser {
	if o.Base == nil {
		return SGD{}
	}
	return o.Base
}

// Slots are those of Base.
func (o SAM) Slots() []string { return o.base().Slots() }

// Update is that of Base.
func (o SAM) Update(m Move, w, g []float32, slots [][]float32) { o.base().Update(m, w, g, slots) }

// Climb goes Rho along the gradient.
func (o SAM) Climb(at, w, g [][]float32) {
	sum := 0.0
	for k := range g {
		for i, d := range g[k] {
			x := float64(d)
			if o.Adaptive {
				x *= float64(w[k][i])
			}
			sum += x * x
		}
	}
	far := or(o.Rho, 0.05) / (math.Sqrt(sum) + 1e-12)
	for k := range g {
		for i, d := range g[k] {
			x := float64(w[k][i])
			e := far * float64(d)
			if o.Adaptive {
				e *= x * x
			}
			at[k][i] = float32(x + e)
		}
	}
}
