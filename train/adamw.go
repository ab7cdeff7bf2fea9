package train

// AdamW is Adam with weight decay beside the gradient (Loshchilov and Hutter 2019, algorithm 2): a step scales
// the weights by 1 - rate * Decay.
type AdamW struct {
	Beta1, Beta2 float64 // 0.9 and 0.999 if 0
	Epsilon      float64 // 1e-8 if 0
	Decay        float64
}

// Slots are Adam's.
func (AdamW) Slots() []string { return Adam{}.Slots() }

// Update shrinks w and moves it as Adam does.
func (o AdamW) Update(m Move, w, g []float32, slots [][]float32) {
	keep := 1.0
	if m.Decay {
		keep -= m.Rate * o.Decay
	}
	Adam{Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Epsilon}.update(m, w, g, slots, keep)
}
