package train

// An Optimiser says how a weight moves against its gradient. It is a value whose fields are its settings, no
// pointer: a checkpoint belongs to what %#v prints of it.
type Optimiser interface {
	// Slots names the numbers kept beside each element of a weight, such as its momentum. They start at zero.
	Slots() []string
	// Update moves the elements w of one weight, each by its own gradient and slots alone, so that it may be
	// called for parts of a weight.
	Update(m Move, w, g []float32, slots [][]float32)
}

// A Move is what an update depends on beside the gradient.
type Move struct {
	Step  int     // 1 for the first
	Rate  float64 // learning rate
	Decay bool    // whether the optimiser's weight decay is for this weight (Penalty says of which it is not)
}

// A Climber is an optimiser that wants gradients at another point than where the weights are.
type Climber interface {
	Optimiser
	// Climb writes to at the point near the weights w at which the gradient that Update gets is taken, g being
	// the gradient at w. The slices hold all trained weights.
	Climb(at, w, g [][]float32)
}

// or returns a setting, or its default where it is zero.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
