package train

import "math"

// A Penalty draws weights towards zero: L1 |w| + L2/2 w^2 for each element, an elastic net where both are set
// (Zou and Hastie 2005). It is no part of the loss: after each update a weight takes the penalty's proximal
// step of the learning rate's length (Parikh and Boyd 2014, section 6.5.3), which makes exact zeros.
//
// It leaves out biases and normalisations, all of rank 1, unless Vectors is set, and so does the optimiser's
// weight decay.
type Penalty struct {
	L1, L2  float64
	Exclude []string // names of weights or layers, or patterns of them (path.Match)
	Vectors bool
}

// step is the proximal step of length t: argmin of L1 |v| + L2/2 v^2 + (v - w)^2 / 2t.
func (p Penalty) step(w []float32, t float64) {
	if p.L1 == 0 && p.L2 == 0 {
		return
	}
	by, over := t*p.L1, 1+t*p.L2
	for i, x := range w {
		if far := math.Abs(float64(x)) - by; far > 0 {
			w[i] = float32(math.Copysign(far/over, float64(x)))
		} else {
			w[i] = 0
		}
	}
}
