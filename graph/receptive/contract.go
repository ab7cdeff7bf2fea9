package receptive

import (
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
)

// matMul sums over the last axis of the first operand and the last but one of the second.
func (f *Fields) matMul(shape []graph.Dim, a, b *state) *state {
	var operands []operand
	for i, s := range []*state{a, b} {
		if s == nil {
			continue
		}
		rank := len(s.axes)
		if rank < 2 || rank > len(shape) {
			return lost(shape, a, b)
		}
		to := places(rank, len(shape)-rank)
		to[rank-1-i] = none
		operands = append(operands, operand{s, to})
	}
	return f.combine(shape, operands...)
}

func (f *Fields) gemm(n *graph.Node, shape []graph.Dim) *state {
	var operands []operand
	for i, transposed := range []string{"transA", "transB"} {
		s := f.in(n, i)
		if s == nil {
			continue
		}
		if len(s.axes) != 2 {
			return lost(shape, f.reads(n)...)
		}
		to := []int{0, none}
		if i == 1 {
			to = []int{none, 1}
		}
		if n.Attributes.Int(transposed, 0) != 0 {
			slices.Reverse(to)
		}
		operands = append(operands, operand{s, to})
	}
	if s := f.in(n, 2); s != nil && len(s.axes) <= 2 {
		operands = append(operands, operand{s, places(len(s.axes), 2-len(s.axes))})
	}
	return f.combine(shape, operands...)
}

// einsum follows letters; dots are lost.
func (f *Fields) einsum(n *graph.Node, shape []graph.Dim) *state {
	equation := strings.ReplaceAll(n.Attributes.Str("equation", ""), " ", "")
	left, right, ok := strings.Cut(equation, "->")
	terms := strings.Split(left, ",")
	if !ok || strings.Contains(equation, ".") || len(terms) != len(n.Inputs) || len(right) != len(shape) {
		return lost(shape, f.reads(n)...)
	}
	var operands []operand
	for i, term := range terms {
		s := f.in(n, i)
		if s == nil {
			continue
		}
		if len(term) != len(s.axes) {
			return lost(shape, f.reads(n)...)
		}
		to := make([]int, len(term))
		for k := range to {
			to[k] = strings.IndexByte(right, term[k])
		}
		operands = append(operands, operand{s, to})
	}
	return f.combine(shape, operands...)
}

// gather: rows of a table by an index, or some positions of a value.
func (f *Fields) gather(n *graph.Node, shape []graph.Dim) *state {
	data, index := f.in(n, 0), f.in(n, 1)
	rank := len(f.graph.Values[n.Inputs[0]].Shape)
	if w, ok := f.graph.Weights[n.Inputs[0]]; ok {
		rank = w.Rank()
	}
	axis, ok := within(n.Attributes.Int("axis", 0), rank)
	ranks := len(shape) - rank + 1 // of the index
	if !ok || ranks < 0 || data != nil && index != nil {
		return lost(shape, data, index)
	}
	if index != nil {
		if len(index.axes) != ranks {
			return lost(shape, index)
		}
		return f.combine(shape, operand{index, places(ranks, axis)})
	}
	if data == nil {
		return nil
	}
	to := places(rank, 0)
	if ranks == 1 {
		s := f.combine(shape, operand{data, to})
		at, ok := f.constant(n, 1)
		step := int64(1)
		for i := 1; i < len(at); i++ {
			if i == 1 {
				step = at[1] - at[0]
			}
			ok = ok && step != 0 && at[i]-at[i-1] == step && (at[i] < 0) == (at[0] < 0)
		}
		first := 0.0
		switch size := f.graph.Values[n.Inputs[0]].Shape[axis].Size; {
		case !ok || len(at) == 0 || at[0] < 0 && size < 0:
			anywhere(s, s.axes[axis])
		case at[0] < 0:
			first = float64(at[0]) + float64(size)
		default:
			first = float64(at[0])
		}
		stretch(s, axis, shape[axis], first, first, float64(step))
		return s
	}
	for i := axis + 1; i < rank; i++ {
		to[i] += ranks - 1
	}
	// One position stands for the axis, or several axes do: neither sums over it.
	rest := &state{data.span, slices.Delete(slices.Clone(data.axes), axis, axis+1)}
	return f.combine(shape, operand{rest, slices.Delete(to, axis, axis+1)})
}

func (f *Fields) reduce(n *graph.Node, x *state, shape []graph.Dim) *state {
	rank := len(x.axes)
	keep := n.Attributes.Int("keepdims", 1) != 0
	axes, given := f.constant(n, 1)
	switch {
	case n.Op == "ArgMax" || n.Op == "ArgMin":
		axes = []int64{n.Attributes.Int("axis", 0)}
	case !given && len(n.Inputs) > 1 && n.Inputs[1] != "":
		return lost(shape, x)
	case len(axes) == 0 && n.Attributes.Int("noop_with_empty_axes", 0) == 0:
		for i := range rank {
			axes = append(axes, int64(i))
		}
	}
	to := places(rank, 0)
	for _, a := range axes {
		axis, ok := within(a, rank)
		if !ok {
			return lost(shape, x)
		}
		to[axis] = none
	}
	if !keep {
		next := 0
		for i := range to {
			if to[i] != none {
				to[i] = next
				next++
			}
		}
	}
	return f.combine(shape, operand{x, to})
}

func (f *Fields) transpose(n *graph.Node, x *state, shape []graph.Dim) *state {
	to := places(len(shape), 0)
	perm := n.Attributes.Ints("perm")
	for i := range to {
		if perm == nil {
			to[i] = len(to) - 1 - i
		} else {
			to[perm[i]] = i
		}
	}
	return f.combine(shape, operand{x, to})
}

func recurrent(n *graph.Node) bool { return n.Op == "LSTM" || n.Op == "GRU" || n.Op == "RNN" }

// recurrent: each step sees the whole sequence, as one in both directions does.
func (f *Fields) recurrent(n *graph.Node, output int, x *state, shape []graph.Dim) *state {
	if len(x.axes) != 3 {
		return lost(shape, x)
	}
	time, batch := 0, 1
	if n.Attributes.Int("layout", 0) != 0 {
		time, batch = 1, 0
	}
	to := []int{none, none, none}
	if output > 0 { // the last step: [directions, batch, units]
		to[batch] = 1 - time
		return f.combine(shape, operand{x, to})
	}
	s := f.combine(shape, operand{x, to})
	for i, axis := range []int{time, batch} {
		at := 2 * i // [time, directions, batch, units], or the samples first and directions in the third place
		if time == 1 {
			at = 1 - i
		}
		s.axes[at] = x.axes[axis]
	}
	return s
}
