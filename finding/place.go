// Package finding is plain data: where something was measured, what was measured, what it means and
// what would help, and the result file that holds it all. It decides nothing; diagnosis does.
package finding

// A Quantity says which values of a layer a site stands for.
type Quantity string

// The quantities a layer has.
const (
	Activation    Quantity = "activation"     // after the activation function; what later layers read
	PreActivation Quantity = "pre-activation" // after weight, bias and normalisation
	PreNorm       Quantity = "pre-norm"       // after weight and bias, before batch normalisation
	Read          Quantity = "read"           // what the layer's weight reads
	Gradient      Quantity = "gradient"       // of the loss with respect to the activation
	Weight        Quantity = "weight"         // the layer's parameters
	Attention     Quantity = "attention"      // attention maps
	Input         Quantity = "input"          // the network's input; the layer is then "input"
	Output        Quantity = "output"         // the network's output; the layer is then "output"
)

// A Site is an address in a network. It is comparable.
type Site struct {
	Layer string
	Of    Quantity
}

// A Span is a range of training steps, both ends included.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// A Box is a region of an input, in pixels.
type Box struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// A Place is the part of a network, and of the data, that a measurement is about. Empty fields mean
// that no narrower place is named.
type Place struct {
	Network string // "" is the network under examination
	Sites   []Site
	Edge    bool // the place is the link between two sites, not one of them
	Units   []int
	Tokens  []int
	Region  *Box
	Classes []int
	Groups  []string
	Samples []string
	Steps   *Span
}

// Layers returns the names of the place's layers, each once, in order.
func (p Place) Layers() []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range p.Sites {
		if !seen[s.Layer] {
			seen[s.Layer] = true
			out = append(out, s.Layer)
		}
	}
	return out
}
