package random

import (
	"slices"

	"github.com/stratascope/stratascope/onnx"
)

// makers add a node each, or say that no value fits.
var makers = []func(*maker) bool{unary, unary, joint, joint, compare, where, cast, clip, reduce, reduce, transpose, reshape, flatten, squeeze, unsqueeze, concat, split,
	slice, pad, expand, tile, gather, gatherElements, softmax, norm, normalise, pool, pool, globalPool, conv, conv, convTranspose, gemm, matmul, matmul, cumsum, pickLargest, recurrent, chain}

// elementwise are functions of one value: since which opset, whether they leave exact values exact, and whether they
// jump, so that rounding before them could change everything.
var elementwise = []struct {
	op          string
	since       int
	exact, jump bool
	attribute   string
}{
	{"Relu", 7, true, false, ""}, {"Abs", 7, true, false, ""}, {"Neg", 7, true, false, ""}, {"Identity", 7, true, false, ""}, {"Floor", 7, true, true, ""},
	{"Ceil", 7, true, true, ""}, {"Round", 11, true, true, ""}, {"Sign", 9, true, true, ""}, {"LeakyRelu", 7, false, false, "alpha"}, {"Sigmoid", 7, false, false, ""},
	{"Tanh", 7, false, false, ""}, {"Exp", 7, false, false, ""}, {"Sqrt", 7, false, false, ""}, {"Log", 7, false, false, ""}, {"Softplus", 7, false, false, ""},
	{"Softsign", 7, false, false, ""}, {"Elu", 7, false, false, "alpha"}, {"Selu", 7, false, false, ""}, {"HardSigmoid", 7, false, false, "alpha"}, {"Reciprocal", 7, false, false, ""},
	{"Erf", 9, false, false, ""}, {"Sin", 7, false, false, ""}, {"Cos", 7, false, false, ""}, {"Atan", 7, false, false, ""}, {"Mish", 18, false, false, ""},
	{"HardSwish", 14, false, false, ""}, {"Gelu", 20, false, false, ""}, {"ThresholdedRelu", 10, false, true, "alpha"}, {"Dropout", 7, true, false, ""},
}

func unary(r *maker) bool {
	f := elementwise[r.n(len(elementwise))]
	fits := real
	if f.jump {
		fits = exact
	}
	v, ok := r.pick(fits)
	if !ok || r.opset < f.since {
		return false
	}
	var a *onnx.Attribute
	if f.attribute != "" {
		a = r.attr(f.attribute, float32(1+r.n(8))/8)
	}
	return r.node(f.op, value{elem: v.elem, dims: v.dims, exact: f.exact && v.exact}, []string{v.name}, a)
}

// partner is a value that can be broadcast with v, or a new constant, and the shape of both together.
func (r *maker) partner(v value, fits func(value) bool) (value, []int) {
	if r.n(2) == 0 {
		if w, ok := r.pick(func(w value) bool { return fits(w) && broadcast(v.dims, w.dims) != nil }); ok {
			return w, broadcast(v.dims, w.dims)
		}
	}
	dims := slices.Clone(v.dims[r.n(len(v.dims)+1):])
	for i := range dims {
		if r.n(3) == 0 {
			dims[i] = 1
		}
	}
	return r.weight(v.exact, dims...), v.dims
}

// broadcast is the shape of two together, nil if they do not fit.
func broadcast(a, b []int) []int {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		at := len(a) - len(b) + i
		switch {
		case out[at] == 1:
			out[at] = d
		case d != 1 && d != out[at]:
			return nil
		}
	}
	return out
}

func joint(r *maker) bool {
	ops := []string{"Add", "Sub", "Max", "Min", "Mul", "Div", "Mean", "Sum", "PRelu"}
	k := r.n(len(ops))
	v, ok := r.pick(real)
	if !ok {
		return false
	}
	w, dims := r.partner(v, real)
	op := ops[k]
	if op == "PRelu" {
		if w.made || len(w.dims) > len(v.dims) || !slices.Equal(dims, v.dims) {
			return false
		}
	} else if r.n(2) == 1 {
		v, w = w, v
	}
	if (op == "Max" || op == "Min") && r.opset < 8 && !slices.Equal(v.dims, w.dims) || (op == "Mean" || op == "Sum") && r.opset < 8 && !slices.Equal(v.dims, w.dims) {
		return false
	}
	return r.node(op, value{elem: onnx.Float, dims: dims, exact: k < 4 && v.exact && w.exact}, []string{v.name, w.name})
}

func compare(r *maker) bool {
	op := []string{"Greater", "Less", "Equal", "GreaterOrEqual", "LessOrEqual"}[r.n(5)]
	v, ok := r.pick(exact)
	if !ok || op == "Equal" && r.opset < 11 || len(op) > 8 && r.opset < 12 || r.opset < 9 {
		return false
	}
	w, dims := r.partner(v, exact)
	return r.node(op, value{elem: onnx.Bool, dims: dims}, []string{v.name, w.name})
}

func where(r *maker) bool {
	c, ok := r.pick(func(v value) bool { return v.elem == onnx.Bool })
	if !ok || r.opset < 9 {
		return false
	}
	v, ok := r.pick(func(v value) bool { return real(v) && broadcast(v.dims, c.dims) != nil })
	if !ok {
		return false
	}
	w := r.weight(v.exact, 1)
	return r.node("Where", value{elem: onnx.Float, dims: broadcast(v.dims, c.dims), exact: v.exact}, []string{c.name, v.name, w.name})
}

func cast(r *maker) bool {
	v, ok := r.pick(func(v value) bool { return v.elem != onnx.Float || v.exact })
	if !ok {
		return false
	}
	to := []onnx.DataType{onnx.Float, onnx.Int64, onnx.Bool}[r.n(3)]
	return r.node("Cast", value{elem: to, dims: v.dims, exact: true}, []string{v.name}, onnx.NewAttribute("to", int(to)))
}

func clip(r *maker) bool {
	v, ok := r.pick(real)
	if !ok {
		return false
	}
	out := value{elem: v.elem, dims: v.dims, exact: v.exact}
	lo, hi := float32(-1-r.n(4)), float32(r.n(4))
	if r.opset < 11 {
		return r.node("Clip", out, []string{v.name}, r.attr("min", lo), r.attr("max", hi))
	}
	bound := func(b float32) string {
		name := r.name("w")
		r.graph.Initializers = append(r.graph.Initializers, onnx.NewFloatTensor(name, nil, []float32{b}))
		return name
	}
	inputs := []string{v.name, "", ""}
	if r.n(3) > 0 {
		inputs[1] = bound(lo)
	}
	if r.n(3) > 0 {
		inputs[2] = bound(hi)
	}
	return r.node("Clip", out, inputs)
}

// chain is what engines join: a convolution or product, a bias, an activation.
func chain(r *maker) bool {
	if !conv(r) && !gemm(r) && !matmul(r) {
		return false
	}
	v := r.values[len(r.values)-1]
	w := r.weight(false, v.dims[max(0, len(v.dims)-1):]...)
	r.node("Add", value{elem: v.elem, dims: v.dims}, []string{v.name, w.name})
	v = r.values[len(r.values)-1]
	return r.node("Relu", value{elem: v.elem, dims: v.dims}, []string{v.name})
}
