package train

// SGD is stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013), in
// PyTorch's form: the velocity adds gradients, the rate scales it.
type SGD struct {
	Momentum  float64
	Dampening float64 // by which share a gradient's part of the velocity is less, from the second step on
	Nesterov  bool
	Decay     float64 // weight decay, added to the gradient
}

// Slots is the velocity, where there is momentum.
func (o SGD) Slots() []string {
	if o.Momentum == 0 {
		return nil
	}
	return []string{"momentum"}
}

// Update moves w along its velocity.
func (o SGD) Update(m Move, w, g []float32, slots [][]float32) {
	decay, keep := 0.0, 1-o.Dampening
	if m.Decay {
		decay = o.Decay
	}
	if m.Step == 1 {
		keep = 1
	}
	for i := range w {
		d := float64(g[i]) + decay*float64(w[i])
		if o.Momentum != 0 {
			v := o.Momentum*float64(slots[0][i]) + keep*d
			slots[0][i] = float32(v)
			if o.Nesterov {
				d += o.Momentum * v
			} else {
				d = v
			}
		}
		w[i] = float32(float64(w[i]) - m.Rate*d)
	}
}
