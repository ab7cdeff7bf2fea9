package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/tensor"
)

// Einsum sums products over named dimensions, two operands at a time.
var Einsum = &Op{Name: "Einsum", Run: einsum}

// A term is an operand whose dimensions have names.
type term struct {
	t     tensor.Tensor
	names []rune
}

func einsum(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 64); err != nil {
		return nil, err
	}
	for _, t := range in {
		if !t.Valid() {
			return nil, fmt.Errorf("an operand is absent")
		}
	}
	if err := same(in...); err != nil {
		return nil, err
	}
	terms, out, err := equation(a.Str("equation", ""), in)
	if err != nil {
		return nil, err
	}
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	for i := range terms {
		if err := terms[i].diagonal(free); err != nil {
			return nil, err
		}
	}
	if err := widths(free, terms, out); err != nil {
		return nil, err
	}
	for len(terms) > 1 {
		if err := x.stopped(); err != nil {
			return nil, err
		}
		keep := slices.Clone(out)
		for _, t := range terms[2:] {
			keep = append(keep, t.names...)
		}
		p, err := contract(free, terms[0], terms[1], keep)
		if err != nil {
			return nil, err
		}
		terms = append([]term{p}, terms[2:]...)
	}
	if err := terms[0].sumOut(free, out); err != nil {
		return nil, err
	}
	return one(terms[0].arrange(x, out))
}

// equation names the dimensions of every operand and of the output.
func equation(text string, in []tensor.Tensor) ([]term, []rune, error) {
	text = strings.ReplaceAll(text, " ", "")
	left, right, explicit := strings.Cut(text, "->")
	parts := strings.Split(left, ",")
	if len(parts) != len(in) {
		return nil, nil, fmt.Errorf("equation %q for %d operands", text, len(in))
	}
	terms, longest := make([]term, len(in)), 0
	for i, p := range parts {
		n := in[i].Rank() - (len(p) - 3)
		if !strings.Contains(p, "...") {
			n = 0
		}
		if n < 0 {
			return nil, nil, fmt.Errorf("equation %q: operand %d has shape %v", text, i+1, in[i].Shape())
		}
		names := []rune(strings.Replace(p, "...", dots(n), 1))
		if len(names) != in[i].Rank() {
			return nil, nil, fmt.Errorf("equation %q: operand %d has shape %v", text, i+1, in[i].Shape())
		}
		terms[i], longest = term{in[i], names}, max(longest, n)
	}
	if explicit {
		return terms, []rune(strings.Replace(right, "...", dots(longest), 1)), nil
	}
	return terms, append([]rune(dots(longest)), implied(left)...), nil
}

// dots names the last n dimensions of an ellipsis, which are counted from the right.
func dots(n int) string {
	var b strings.Builder
	for i := n; i > 0; i-- {
		b.WriteRune(rune(0xE000 + i))
	}
	return b.String()
}

// implied is the output without an arrow: the names that occur once, sorted.
func implied(left string) []rune {
	var out []rune
	for _, r := range left {
		if r != ',' && r != '.' && strings.Count(left, string(r)) == 1 {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

// diagonal merges dimensions that have one name.
func (t *term) diagonal(x *Exec) error {
	strides := rowStrides(t.t.Shape())
	var names []rune
	var shape, steps []int
	for i, r := range t.names {
		if k := slices.Index(names, r); k >= 0 {
			if shape[k] != t.t.Dim(i) {
				return fmt.Errorf("dimensions of %d and %d have one name", shape[k], t.t.Dim(i))
			}
			steps[k] += strides[i]
			continue
		}
		names, shape, steps = append(names, r), append(shape, t.t.Dim(i)), append(steps, strides[i])
	}
	if len(names) == len(t.names) {
		return nil
	}
	y, err := x.New(t.t.DType(), shape...)
	if err != nil {
		return err
	}
	move(x, y, t.t, shape, path{strides: rowStrides(shape)}, path{strides: steps})
	t.t, t.names = y, names
	return nil
}

// widths checks that dimensions of one name have one size and repeats those of size one.
func widths(x *Exec, terms []term, out []rune) error {
	size := map[rune]int{}
	for _, t := range terms {
		for i, r := range t.names {
			if n := t.t.Dim(i); n != 1 || size[r] == 0 {
				if old, ok := size[r]; ok && old != n && old != 1 {
					return fmt.Errorf("dimensions of %d and %d have one name", old, n)
				}
				size[r] = n
			}
		}
	}
	for i, r := range out {
		if _, ok := size[r]; !ok || slices.Contains(out[:i], r) {
			return fmt.Errorf("output name %q is unknown or doubled", string(r))
		}
	}
	for i, t := range terms {
		shape := make([]int, len(t.names))
		for k, r := range t.names {
			shape[k] = size[r]
		}
		if slices.Equal(shape, t.t.Shape()) {
			continue
		}
		y, err := x.New(t.t.DType(), shape...)
		if err != nil {
			return err
		}
		if err := expandInto(x, y, t.t); err != nil {
			return err
		}
		terms[i].t = y
	}
	return nil
}

// sumOut sums over the dimensions that nobody needs.
func (t *term) sumOut(x *Exec, keep []rune) error {
	var axes []int
	var names []rune
	for i, r := range t.names {
		if slices.Contains(keep, r) {
			names = append(names, r)
		} else {
			axes = append(axes, i)
		}
	}
	if len(axes) == 0 {
		return nil
	}
	y, err := reduce(x, t.t, axes, false, sumFold)
	t.t, t.names = y, names
	return err
}

// arrange puts the dimensions into an order.
func (t *term) arrange(x *Exec, order []rune) (tensor.Tensor, error) {
	perm := make([]int, len(order))
	for i, r := range order {
		if perm[i] = slices.Index(t.names, r); perm[i] < 0 {
			return t.t, fmt.Errorf("no dimension is named %q", string(r))
		}
	}
	return transposed(x, t.t, perm)
}

// contract multiplies two terms as a stack of matrices.
func contract(x *Exec, a, b term, keep []rune) (term, error) {
	if err := a.sumOut(x, append(slices.Clone(keep), b.names...)); err != nil {
		return a, err
	}
	if err := b.sumOut(x, append(slices.Clone(keep), a.names...)); err != nil {
		return a, err
	}
	var batch, inner, onlyA, onlyB []rune
	for _, r := range a.names {
		switch shared := slices.Contains(b.names, r); {
		case shared && slices.Contains(keep, r):
			batch = append(batch, r)
		case shared:
			inner = append(inner, r)
		default:
			onlyA = append(onlyA, r)
		}
	}
	for _, r := range b.names {
		if !slices.Contains(a.names, r) {
			onlyB = append(onlyB, r)
		}
	}
	ta, err := a.arrange(x, slices.Concat(batch, onlyA, inner))
	if err != nil {
		return a, err
	}
	tb, err := b.arrange(x, slices.Concat(batch, inner, onlyB))
	if err != nil {
		return a, err
	}
	nb, na := len(batch), len(onlyA)
	sa, sb := ta.Shape(), tb.Shape()
	stack, m, k, n := volume(sa[:nb]), volume(sa[nb:nb+na]), volume(sa[nb+na:]), volume(sb[nb+len(inner):])
	y, err := product(x, ta.Reshape(stack, m, k), tb.Reshape(stack, k, n))
	if err != nil {
		return a, err
	}
	return term{y.Reshape(slices.Concat(sa[:nb+na], sb[nb+len(inner):])...), slices.Concat(batch, onlyA, onlyB)}, nil
}
