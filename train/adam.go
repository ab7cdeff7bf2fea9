package train

import (
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
)

// Adam divides the running mean of gradients by the root of that of their squares (Kingma and Ba 2015,
// algorithm 1).
type Adam struct {
	Beta1, Beta2 float64 // 0.9 and 0.999 if 0
	Epsilon      float64 // 1e-8 if 0
	Decay        float64 // weight decay, added to the gradient
}

// Slots are the running means of the gradient and of its square.
func (Adam) Slots() []string { return []string{"mean", "square"} }

// Update moves w by the ratio of the corrected means.
func (o Adam) Update(m Move, w, g []float32, slots [][]float32) {
	if !m.Decay {
		o.Decay = 0
	}
	o.update(m, w, g, slots, 1)
}

// update scales w by keep first.
func (o Adam) update(m Move, w, g []float32, slots [][]float32, keep float64) {
	b1, b2 := or(o.Beta1, 0.9), or(o.Beta2, 0.999)
	c := kernel.Adam{Keep: float32(keep), Decay: float32(o.Decay), B1: float32(b1), C1: float32(1 - b1), B2: float32(b2), C2: float32(1 - b2),
		Rate: float32(m.Rate / (1 - math.Pow(b1, float64(m.Step)))), Root: float32(1 / math.Sqrt(1-math.Pow(b2, float64(m.Step)))),
		Epsilon: float32(or(o.Epsilon, 1e-8))}
	c.Step32(w, g, slots[0], slots[1])
}
