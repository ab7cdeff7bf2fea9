package graph

// A Reduction is how a layer's values become one row a sample.
type Reduction string

// The reductions.
const (
	NoReduction Reduction = "none" // one row already
	Gap         Reduction = "gap"  // mean over positions
	ClassToken  Reduction = "cls"  // the first token
	LastToken   Reduction = "last" // the last token
	TokenMean   Reduction = "mean" // mean over tokens
)

const longestHead = 64 // nodes looked at between the head and what it reads

// Reduction returns what the head reads of a layer's values: of maps their mean over positions, of
// tokens the one that the graph picks before the head, or their mean.
func (g *Graph) Reduction(l *Layer) Reduction {
	positions := len(l.Shape) - 1
	switch {
	case positions <= 0:
		return NoReduction
	case l.Axis == 1 && l.Batch == 0: // maps: units first
		return Gap
	case positions == 1 && l.Shape[0] == 1:
		return NoReduction
	}
	how, tokens := g.headReads()
	if tokens > 0 && l.Shape[0] != tokens { // other tokens than the head picks from
		return TokenMean
	}
	return how
}

// headReads goes back from the head's input to where tokens are picked or averaged, and returns how and
// from how many.
func (g *Graph) headReads() (Reduction, int) {
	head := Head(g)
	if head == nil {
		return TokenMean, 0
	}
	links := link(g)
	at := head.Input
	for range longestHead {
		n := links.node(at)
		if n == nil || n.Domain != "" || len(n.Inputs) == 0 {
			break
		}
		if how, ok := links.picks(n); ok {
			return how, tokensOf(g.Values[n.Inputs[0]])
		}
		next := firstComputed(links, n)
		if next == "" {
			break
		}
		at = next
	}
	return TokenMean, 0
}

func tokensOf(v Value) int {
	if len(v.Shape) == 3 {
		return v.Shape[1].Size
	}
	return 0
}

func firstComputed(l *links, n *Node) string {
	for _, s := range n.Inputs {
		if _, weight := l.g.Weights[s]; s != "" && !weight {
			return s
		}
	}
	return ""
}

// picks recognises a node that leaves one of many tokens: Gather of one position, Slice of one, the mean.
func (l *links) picks(n *Node) (Reduction, bool) {
	shape := l.g.Values[n.Inputs[0]].Shape
	if len(shape) != 3 {
		return "", false
	}
	last := float64(shape[1].Size - 1)
	switch {
	case n.is("Gather") && n.Attributes.Int("axis", 0) == 1:
		return token(l.position(n.input(1)), last)
	case n.is("Slice") && l.axis(n.input(3)) == 1 && len(l.g.Values[n.Outputs[0]].Shape) == 3 && l.g.Values[n.Outputs[0]].Shape[1].Size == 1:
		return token(l.position(n.input(1)), last)
	case n.is("ReduceMean") && l.axis(n.input(1)) == 1, n.is("GlobalAveragePool"):
		return TokenMean, true
	}
	return "", false
}

func token(at, last float64) (Reduction, bool) {
	switch {
	case at == 0:
		return ClassToken, true
	case at == -1 || at == last && last > 0:
		return LastToken, true
	}
	return "", false
}

// position returns a constant number that may be negative; a value that is none is far off.
func (l *links) position(name string) float64 {
	if w, ok := l.g.Weights[name]; ok && w.Len() == 1 {
		return l.scalar(name)
	}
	return -1 << 40
}

// axis returns a constant axis of a value of rank 3, counted from the front; -1 if there is none.
func (l *links) axis(name string) int {
	a := l.position(name)
	if a < -3 {
		return -1
	}
	if a < 0 {
		a += 3
	}
	return int(a)
}
