package graph

// fusedAttention are the operators that hold a whole attention.
var fusedAttention = map[string]bool{"Attention": true, "MultiHeadAttention": true, "GroupQueryAttention": true}

const longestMask = 8 // nodes between the softmax of an attention and the product with the values

// attention recognises the product of a softmax of two values' product with a third value.
func (f *finder) attention(n *Node) (*found, bool) {
	if len(n.Inputs) != 2 {
		return nil, false
	}
	for _, s := range n.Inputs {
		if _, constant := f.g.Weights[s]; constant {
			return nil, false
		}
	}
	soft, ok := f.softmaxBehind(n.Inputs[0])
	weights, values := n.Inputs[0], n.Inputs[1]
	if !ok && n.Op == "Einsum" {
		soft, ok = f.softmaxBehind(n.Inputs[1])
		weights, values = values, weights
	}
	if !ok || len(f.g.Values[weights].Shape) < 3 {
		return nil, false
	}
	l := &found{node: n, reads: []string{values, soft.Inputs[0]}}
	l.Op, l.Groups, l.Map = "Attention", 1, weights
	f.mergeHeads(l)
	return l, true
}

// softmaxBehind goes from a value back over masks, casts and dropout to a softmax.
func (f *finder) softmaxBehind(value string) (*Node, bool) {
	for range longestMask {
		n := f.links.node(value)
		switch {
		case n == nil:
			return nil, false
		case n.is("Softmax"):
			return n, true
		case n.is("Cast", "Dropout", "Identity", "Reshape"):
			value = n.Inputs[0]
		case n.is("Where") && len(n.Inputs) == 3: // PyTorch's zeros for rows that are masked whole
			value = n.Inputs[2]
			if _, constant := f.g.Weights[value]; constant {
				value = n.Inputs[1]
			}
		default:
			return nil, false
		}
	}
	return nil, false
}

// mergeHeads takes the value in which the heads lie side by side again, if nothing else reads what is
// between.
func (f *finder) mergeHeads(l *found) {
	l.Output = l.node.Outputs[0]
	own := []string{l.Output}
	at := l.Output
	for range 4 {
		n := f.only(at)
		if !n.is("Transpose", "Reshape", "Squeeze", "Flatten") {
			break
		}
		at = n.Outputs[0]
		own = append(own, at)
		if shape := f.g.Values[at].Shape; n.Op == "Reshape" && len(shape) == 3 && f.g.BatchAxis(shape) >= 0 {
			l.Output = at
			l.own = append(l.own, own...)
		}
	}
	if shape := f.g.Values[l.Output].Shape; len(shape) > 0 {
		l.Units = shape[len(shape)-1].Size
	}
}

func (f *finder) fusedAttention(n *Node) (*found, bool) {
	if len(n.Inputs) == 0 || len(n.Outputs) == 0 {
		return nil, false
	}
	l := &found{node: n}
	for i, s := range n.Inputs {
		if _, constant := f.g.Weights[s]; s != "" && i < 3 && !constant {
			l.reads = append(l.reads, s)
		}
	}
	if len(l.reads) == 0 {
		return nil, false
	}
	l.Op, l.Groups = "Attention", 1
	if w, ok := f.g.Weights[n.input(1)]; ok && n.Domain != "" { // ONNX Runtime's holds the map to q, k, v
		l.Weight, l.Bias, l.Transpose = n.Inputs[1], n.input(2), w.Rank() == 2
	}
	if n.Domain == "" && len(n.Outputs) > 3 {
		if n.Attributes.Int("qk_matmul_output_mode", 0) == 3 { // after the softmax
			l.Map = n.Outputs[3]
		}
	}
	if shape := f.g.Values[n.Outputs[0]].Shape; len(shape) > 0 {
		l.Units = shape[len(shape)-1].Size
	}
	return l, true
}
