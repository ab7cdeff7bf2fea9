package grad

// A sampleRule returns the gradient of an input for each sample, which stand along the first axis of the
// node's input and output: [samples, shape of the input...]. With norm set it may return its squared norm
// [samples] in place, if that takes less.
type sampleRule func(c *call, i int, norm bool) (gradient, squared string)

var sampleRules = map[string]sampleRule{}

// perSample gives the inputs of a node that were asked for their gradients for each sample.
func (b *builder) perSample(c *call) {}

func (b *builder) squaredNorm(name string) string { return "" }
