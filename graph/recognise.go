package graph

import "github.com/stratascope/stratascope/tensor"

// convolution recognises Conv and ConvTranspose with a constant weight. One by one on a single position
// it is a linear map.
func (f *finder) convolution(n *Node) (*found, bool) {
	name, w, ok := f.constant(n.input(1))
	if !ok || w.Rank() < 3 {
		return nil, false
	}
	l := &found{node: n, reads: n.Inputs[:1]}
	l.Op, l.Weight, l.Groups = "Conv", name, int(n.Attributes.Int("group", 1))
	l.Units = w.Dim(0)
	if n.Op == "ConvTranspose" {
		l.Op, l.Transpose, l.Units = "ConvTranspose", true, w.Dim(1)*l.Groups
	}
	if b := n.input(2); b != "" {
		if _, constant := f.g.Weights[b]; constant {
			l.Bias = b
		}
	}
	point := true
	for _, k := range w.Shape()[2:] {
		l.Kernel = append(l.Kernel, k)
		point = point && k == 1
	}
	if l.Op == "Conv" && point && l.Groups == 1 && f.onePosition(n.Inputs[0], w.Rank()) {
		l.Op, l.Kernel = "Linear", nil
	}
	return l, true
}

// onePosition reports a map of a single position.
func (f *finder) onePosition(value string, rank int) bool {
	shape := f.g.Values[value].Shape
	if len(shape) != rank {
		return false
	}
	for _, d := range shape[2:] {
		if d.Size != 1 {
			return false
		}
	}
	return true
}

// linearMap recognises Gemm and MatMul with a constant matrix.
func (f *finder) linearMap(n *Node) (*found, bool) {
	name, w, ok := f.constant(n.input(1))
	if !ok || w.Rank() != 2 {
		return nil, false
	}
	if _, both := f.g.Weights[n.input(0)]; both {
		return nil, false
	}
	l := &found{node: n, reads: n.Inputs[:1]}
	l.Op, l.Weight, l.Groups, l.Units = "Linear", name, 1, w.Dim(1)
	l.Transpose = n.Attributes.Int("transB", 0) == 0
	if name != n.Inputs[1] { // a transposition that was not folded stands between
		if m := f.links.node(n.Inputs[1]); m.is("Transpose") {
			l.Transpose = !l.Transpose
		}
	}
	if !l.Transpose {
		l.Units = w.Dim(0)
	}
	if b := n.input(2); b != "" {
		if _, constant := f.g.Weights[b]; constant {
			l.Bias = b
		}
	}
	return l, true
}

// embedding recognises rows of a constant matrix taken by numbers that are not constant.
func (f *finder) embedding(n *Node) (*found, bool) {
	w, ok := f.g.Weights[n.input(0)]
	if !ok || w.Rank() != 2 || !w.DType().IsFloat() || n.Attributes.Int("axis", 0) != 0 || n.input(1) == "" {
		return nil, false
	}
	l := &found{node: n, reads: n.Inputs[1:2]}
	l.Op, l.Weight, l.Groups, l.Units, l.Transpose = "Embedding", n.Inputs[0], 1, w.Dim(1), true
	return l, true
}

func (f *finder) recurrent(n *Node) (*found, bool) {
	w, ok := f.g.Weights[n.input(1)]
	if !ok || w.Rank() != 3 || n.input(0) == "" {
		return nil, false
	}
	l := &found{node: n, reads: n.Inputs[:1]}
	l.Op, l.Weight, l.Bias, l.Groups = "Recurrent", n.Inputs[1], n.input(3), 1
	l.Units = int(n.Attributes.Int("hidden_size", 0)) * w.Dim(0)
	for _, s := range n.Outputs {
		if s != "" {
			l.Output = s
			break
		}
	}
	return l, l.Output != ""
}

// sum recognises the addition of two streams: values of one shape that were not last made by the same
// layers. (Rotary positions and activations written out add, too, but what one layer made to itself.)
func (f *finder) sum(n *Node) (*found, bool) {
	if len(n.Inputs) < 2 || !f.isFloat(n.Outputs[0]) {
		return nil, false
	}
	first := f.g.Values[n.Inputs[0]].Shape
	differ := false
	for _, s := range n.Inputs {
		if _, constant := f.g.Weights[s]; constant || s == "" || len(f.reach[s]) == 0 {
			return nil, false
		}
		shape := f.g.Values[s].Shape
		if first == nil || !sameShape(first, shape) {
			return nil, false
		}
		differ = differ || !sameLayers(f.reach[s], f.reach[n.Inputs[0]])
	}
	if !differ || len(first) < 2 {
		return nil, false
	}
	l := &found{node: n, reads: n.Inputs}
	l.Op, l.Groups = "Sum", 1
	return l, true
}

func sameLayers(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func sameShape(a, b []Dim) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// loneNorm recognises a batch normalisation that belongs to no layer before it.
func (f *finder) loneNorm(n *Node) (*found, bool) {
	norm := f.norm(n)
	if norm == nil {
		return nil, false
	}
	l := &found{node: n, reads: n.Inputs[:1]}
	l.Op, l.Groups, l.Norm, l.Linear = "Norm", 1, norm, n.Inputs[0]
	l.Units = f.g.Weights[norm.Scale].Len()
	return l, true
}

func (f *finder) norm(n *Node) *Norm {
	if !n.is("BatchNormalization") || len(n.Inputs) < 5 {
		return nil
	}
	for _, s := range n.Inputs[1:5] {
		if _, constant := f.g.Weights[s]; !constant {
			return nil
		}
	}
	return &Norm{Node: n.Name, Scale: n.Inputs[1], Bias: n.Inputs[2], Mean: n.Inputs[3], Variance: n.Inputs[4],
		Epsilon: float64(n.Attributes.Float("epsilon", 1e-5))}
}

// addBias takes in a constant per unit that is added to the weight's output.
func (f *finder) addBias(l *found) {
	n := f.only(l.Output)
	if l.Bias != "" || !n.is("Add") {
		return
	}
	other := n.input(0)
	if other == l.Output {
		other = n.input(1)
	}
	w, ok := f.g.Weights[other]
	if !ok || !f.perUnit(l, w) {
		return
	}
	l.Bias, l.Output = other, n.Outputs[0]
	l.own = append(l.own, l.Output)
}

// perUnit reports whether a constant broadcasts along a layer's units alone.
func (f *finder) perUnit(l *found, w tensor.Tensor) bool {
	if w.Len() != l.Units {
		return false
	}
	fromEnd := 1
	if l.node.is("Conv", "ConvTranspose") {
		fromEnd = len(f.g.Weights[l.Weight].Shape()) - 1
	}
	at := w.Rank() - fromEnd
	return l.Units == 1 || at >= 0 && w.Dim(at) == l.Units
}

// addScale takes in a factor per unit and then an offset per unit: a normalisation that was folded into
// numbers, or a scale that was learnt for the branch.
func (f *finder) addScale(l *found) {
	for _, op := range [...]string{"Mul", "Add"} {
		n := f.only(l.Output)
		if !n.is(op) || op == "Add" && len(l.scales) == 0 {
			return
		}
		other := n.input(0)
		if other == l.Output {
			other = n.input(1)
		}
		w, ok := f.g.Weights[other]
		if !ok || w.Len() == 1 || !f.perUnit(l, w) {
			return
		}
		l.scales = append(l.scales, other)
		l.Output = n.Outputs[0]
		l.own = append(l.own, l.Output)
	}
}

func (f *finder) addNorm(l *found) {
	n := f.only(l.Output)
	norm := (*Norm)(nil)
	if n != nil {
		norm = f.norm(n)
	}
	if norm == nil || n.Inputs[0] != l.Output {
		return
	}
	l.Norm, l.Output = norm, n.Outputs[0]
	l.own = append(l.own, l.Output)
}

func (f *finder) addActivation(l *found) {
	out, name, inside := f.activation(l.Output)
	if name == "" {
		return
	}
	l.Activation, l.Before = name, l.Output
	l.own = append(append(l.own, inside...), out)
	l.Output = out
}
