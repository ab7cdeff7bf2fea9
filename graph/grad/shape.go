package grad

import (
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// dims returns the shape of a value; an unknown rank is an error.
func (b *builder) dims(x string) []graph.Dim {
	v := b.values[x]
	if v.Shape == nil && b.err == nil {
		b.refuse("cannot be differentiated: the rank of value %q is not known", x)
	}
	return v.Shape
}

func (b *builder) rank(x string) int { return len(b.dims(x)) }

// static returns the shape of a value if all its sizes are fixed.
func (b *builder) static(x string) ([]int64, bool) {
	v := b.values[x]
	if v.Shape == nil {
		return nil, false
	}
	out := make([]int64, len(v.Shape))
	for i, d := range v.Shape {
		if d.Size < 0 {
			return nil, false
		}
		out[i] = int64(d.Size)
	}
	return out, true
}

// shapeOf returns the shape of a value as a value.
func (b *builder) shapeOf(x string) string {
	if s, ok := b.static(x); ok {
		return b.ints(s...)
	}
	if name := b.cached["shape "+x]; name != "" {
		return name
	}
	name := b.op("Shape", x)
	b.cached["shape "+x] = name
	return name
}

// sizeOf returns one size of a value as a list of one integer.
func (b *builder) sizeOf(x string, axis int) string {
	if d := b.values[x].Shape; axis < len(d) && d[axis].Size >= 0 {
		return b.ints(int64(d[axis].Size))
	}
	return b.with("Shape", op.Attributes{"start": int64(axis), "end": int64(axis + 1)}, x)
}

// sizesOf returns the sizes of axes [lo, hi) of a value as a list.
func (b *builder) sizesOf(x string, lo, hi int) string {
	d := b.dims(x)
	list, fixed := []int64{}, true
	for i := lo; i < hi && i < len(d); i++ {
		list, fixed = append(list, int64(d[i].Size)), fixed && d[i].Size >= 0
	}
	if fixed {
		return b.ints(list...)
	}
	return b.with("Shape", op.Attributes{"start": int64(lo), "end": int64(hi)}, x)
}

// list joins lists of integers.
func (b *builder) list(parts ...string) string {
	var all []int64
	for _, p := range parts {
		v, ok := b.fixed(p)
		if !ok {
			return b.with("Concat", op.Attributes{"axis": int64(0)}, parts...)
		}
		all = append(all, v...)
	}
	return b.ints(all...)
}

// fixed returns the integers of a value that is the same in every run. What is computed from the sizes of
// images counts as open: it may be the same for the few that are tried alone.
func (b *builder) fixed(x string) ([]int64, bool) {
	if x == "" {
		return nil, false
	}
	t, ok := b.weights[x]
	if !ok && b.exact {
		t, ok = b.tracer.Fixed(x)
	}
	if !ok {
		return nil, false
	}
	switch t.DType() {
	case tensor.Int64:
		return t.Int64s(), true
	case tensor.Int32:
		out := make([]int64, t.Len())
		for i, v := range tensor.Data[int32](t) {
			out[i] = int64(v)
		}
		return out, true
	}
	return nil, false
}

func (b *builder) reshape(x, to string) string {
	return b.with("Reshape", op.Attributes{"allowzero": int64(1)}, x, to)
}

// like gives a value the shape of another with as many elements.
func (b *builder) like(v, x string) string {
	if sameShape(b.values[v].Shape, b.values[x].Shape) {
		return v
	}
	return b.reshape(v, b.shapeOf(x))
}

// expand broadcasts a value to the shape of another.
func (b *builder) expand(v, x string) string {
	if sameShape(b.values[v].Shape, b.values[x].Shape) {
		return v
	}
	return b.op("Expand", v, b.shapeOf(x))
}

func (b *builder) zeros(x string) string { return b.op("Expand", b.number(0, x), b.shapeOf(x)) }
func (b *builder) ones(x string) string  { return b.op("Expand", b.number(1, x), b.shapeOf(x)) }

func (b *builder) transpose(x string, perm ...int64) string {
	for i, p := range perm {
		if int64(i) != p {
			return b.with("Transpose", op.Attributes{"perm": perm}, x)
		}
	}
	return x
}

// swapped exchanges the last two dimensions.
func (b *builder) swapped(x string) string {
	n := b.rank(x)
	if n < 2 {
		return x
	}
	perm := axes(0, n)
	perm[n-1], perm[n-2] = perm[n-2], perm[n-1]
	return b.transpose(x, perm...)
}

// sum adds along axes, which stay with size one if keep is set.
func (b *builder) sum(x string, keep bool, axes ...int64) string {
	return b.reduce("ReduceSum", x, keep, axes...)
}

func (b *builder) reduce(operator, x string, keep bool, axes ...int64) string {
	if len(axes) == 0 {
		return x
	}
	k := int64(0)
	if keep {
		k = 1
	}
	return b.with(operator, op.Attributes{"keepdims": k}, x, b.ints(axes...))
}

func (b *builder) unsqueeze(x string, axes ...int64) string {
	return b.op("Unsqueeze", x, b.ints(axes...))
}

// cast converts to the type of another value.
func (b *builder) cast(x, like string) string {
	d := b.values[like].DType
	if d == tensor.Invalid {
		d = tensor.Float32
	}
	if b.values[x].DType == d {
		return x
	}
	to := map[tensor.DType]int64{tensor.Float32: 1, tensor.Float64: 11, tensor.Int64: 7, tensor.Int32: 6}[d]
	return b.with("Cast", op.Attributes{"to": to}, x)
}

// count returns the product of the sizes of axes as a number of the value's type.
func (b *builder) count(x string, axes ...int64) string {
	d, n := b.dims(x), 1.0
	for _, a := range axes {
		if int(a) >= len(d) || d[a].Size < 0 {
			list := b.op("Gather", b.shapeOf(x), b.ints(axes...))
			return b.cast(b.with("ReduceProd", op.Attributes{"keepdims": int64(0)}, list), x)
		}
		n *= float64(d[a].Size)
	}
	return b.number(n, x)
}

// reduceTo undoes broadcasting: it sums v, which has a shape that x was broadcast to, to the shape of x.
// Which sizes were one is found in the run where they are not fixed.
func (b *builder) reduceTo(v, x string) string {
	from, to := b.dims(v), b.dims(x)
	if b.err != nil || sameShape(from, to) {
		return v
	}
	lead := len(from) - len(to)
	if lead < 0 {
		b.fail("node %d %q: gradient of rank %d for value %q of rank %d", b.index, b.node.Name, len(from), x, len(to))
		return ""
	}
	list, open := axes(0, lead), false
	for i, d := range to {
		f := from[lead+i]
		switch {
		case d.Size == 1 && f.Size != 1:
			list = append(list, int64(lead+i))
		case d.Size < 0 && !sameDim(d, f):
			open = true
		}
	}
	switch {
	case open:
		one := b.op("NonZero", b.op("Equal", b.shapeOf(x), b.integer(1)))
		one = b.add(b.op("Squeeze", one, b.ints(0)), b.integer(int64(lead)))
		if lead > 0 {
			one = b.list(b.ints(axes(0, lead)...), one)
		}
		v = b.with("ReduceSum", op.Attributes{"keepdims": int64(1), "noop_with_empty_axes": int64(1)}, v, one)
	case len(list) == lead:
		return b.sum(v, false, list...)
	default:
		v = b.sum(v, true, list...)
	}
	if lead > 0 {
		return b.reshape(v, b.shapeOf(x))
	}
	return v
}

func sameShape(a, b []graph.Dim) bool {
	return a != nil && b != nil && slices.EqualFunc(a, b, sameDim)
}

// sameDim says whether two sizes are one in every run; a name f(...) says only what a size depends on.
func sameDim(a, b graph.Dim) bool {
	return a == b && (a.Size >= 0 || a.Param != "" && !strings.HasPrefix(a.Param, "f("))
}

// axes lists lo to hi-1.
func axes(lo, hi int) []int64 {
	out := []int64{}
	for i := lo; i < hi; i++ {
		out = append(out, int64(i))
	}
	return out
}

// axis brings an axis that may count from the end into the range of a rank.
func (b *builder) axis(a int64, rank int) int {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		b.refuse("has axis %d of a tensor of rank %d", a, rank)
		return 0
	}
	return int(a)
}

// slice cuts [from, to) of one axis, both given as lists of one integer.
func (b *builder) slice(x string, axis int, from, to string) string {
	return b.op("Slice", x, from, to, b.ints(int64(axis)))
}
