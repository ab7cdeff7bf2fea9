package train

import "github.com/stratascope/stratascope/internal/kernel"

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
	var part [2][1 << 11]float32 // what fits into the first cache beside w, g and the velocity
	for lo := 0; lo < len(w); lo += len(part[0]) {
		hi := min(lo+len(part[0]), len(w))
		n := hi - lo
		var v []float32
		if o.Momentum != 0 {
			v = slots[0][lo:hi]
		}
		o.move(m, w[lo:hi], g[lo:hi], v, part[0][:n], part[1][:n])
	}
}

// move is Update of a part; d and s are its scratch.
func (o SGD) move(m Move, w, g, v, d, s []float32) {
	copy(d, g)
	if m.Decay && o.Decay != 0 {
		kernel.Scale32(s, w, float32(o.Decay))
		kernel.Add32(d, d, s)
	}
	if v != nil {
		kernel.Scale32(v, v, float32(o.Momentum))
		copy(s, d)
		if m.Step > 1 && o.Dampening != 0 {
			kernel.Scale32(s, s, float32(1-o.Dampening))
		}
		kernel.Add32(v, v, s)
		if o.Nesterov {
			kernel.Scale32(s, v, float32(o.Momentum))
			kernel.Add32(d, d, s)
		} else {
			copy(d, v)
		}
	}
	kernel.Scale32(d, d, float32(m.Rate))
	kernel.Sub32(w, w, d)
}
