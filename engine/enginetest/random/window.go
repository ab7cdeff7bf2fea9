package random

import (
	"slices"

	"github.com/stratascope/stratascope/onnx"
)

func softmax(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	_, written := r.axis(v)
	return r.node([]string{"Softmax", "LogSoftmax"}[r.n(2)], value{elem: v.elem, dims: v.dims}, []string{v.name}, r.attr("axis", written))
}

// norm is a normalisation with constants for each channel.
func norm(r *maker) bool {
	v, ok := r.pick(rank(2, 4))
	if !ok {
		return false
	}
	c := v.dims[1]
	scale, bias := r.weight(false, c), r.weight(false, c)
	out := value{elem: v.elem, dims: v.dims}
	if r.n(2) == 0 {
		mean := r.weight(false, c)
		variance := r.name("w")
		list := r.floats(c, true)
		for i := range list {
			list[i] = list[i]*list[i] + 0.5
		}
		r.graph.Initializers = append(r.graph.Initializers, onnx.NewFloatTensor(variance, []int64{int64(c)}, list))
		return r.node("BatchNormalization", out, []string{v.name, scale.name, bias.name, mean.name, variance}, r.attr("epsilon", float32(0.1)))
	}
	if len(v.dims) < 3 {
		return false
	}
	return r.node("InstanceNormalization", out, []string{v.name, scale.name, bias.name}, onnx.NewAttribute("epsilon", float32(0.1)))
}

// normalise is a normalisation over the last dimensions, or over neighbours.
func normalise(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	out := value{elem: v.elem, dims: v.dims}
	if r.opset >= 17 {
		axis, written := r.axis(v)
		scale := r.weight(false, v.dims[axis:]...)
		inputs := []string{v.name, scale.name}
		if r.n(2) == 0 {
			bias := r.weight(false, v.dims[axis:]...)
			inputs = append(inputs, bias.name)
		}
		return r.node("LayerNormalization", out, inputs, onnx.NewAttribute("axis", written), onnx.NewAttribute("epsilon", float32(0.1)))
	}
	if len(v.dims) != 4 {
		return false
	}
	return r.node("LRN", out, []string{v.name}, onnx.NewAttribute("size", 1+2*r.n(3)), r.attr("alpha", float32(0.5)), r.attr("bias", float32(2)))
}

// window chooses how a window moves over the dimensions from the third on, and what comes out.
func (r *maker) window(v value, kernel []int, ceil int) (attributes []*onnx.Attribute, dims []int) {
	k := len(kernel)
	strides, dilations, pads := make([]int, k), make([]int, k), make([]int, 2*k)
	dims = slices.Clone(v.dims)
	auto := []string{"NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}[r.n(6)]
	for i := range kernel {
		strides[i], dilations[i] = 1+r.n(2), 1
		if auto == "NOTSET" {
			dilations[i] = 1 + r.n(2)
			pads[i], pads[i+k] = r.n(kernel[i]), r.n(kernel[i])
		}
		in := v.dims[i+2] + pads[i] + pads[i+k] - (dilations[i]*(kernel[i]-1) + 1)
		if dims[i+2] = in/strides[i] + 1; in < 0 {
			dims[i+2] = 0
		} else if ceil == 1 {
			dims[i+2] = (in+strides[i]-1)/strides[i] + 1
		}
		if auto == "SAME_UPPER" || auto == "SAME_LOWER" {
			dims[i+2] = (v.dims[i+2] + strides[i] - 1) / strides[i]
		}
	}
	attributes = []*onnx.Attribute{onnx.NewAttribute("kernel_shape", wide(kernel)), onnx.NewAttribute("strides", wide(strides))}
	if auto == "NOTSET" {
		return append(attributes, onnx.NewAttribute("pads", wide(pads)), onnx.NewAttribute("dilations", wide(dilations))), dims
	}
	return append(attributes, onnx.NewAttribute("auto_pad", auto)), dims
}

func (r *maker) kernel(k int) []int {
	out := make([]int, k)
	for i := range out {
		out[i] = 1 + r.n(3)
	}
	return out
}

func pool(r *maker) bool {
	v, ok := r.pick(rank(3, 4))
	if !ok {
		return false
	}
	ceil := 0
	if r.opset >= 10 {
		ceil = r.n(2)
	}
	attributes, dims := r.window(v, r.kernel(len(v.dims)-2), ceil)
	if ceil == 1 {
		attributes = append(attributes, onnx.NewAttribute("ceil_mode", 1))
	}
	undilated := func(a *onnx.Attribute) bool { return a.Name == "dilations" }
	if r.n(2) == 0 {
		if r.opset < 10 && slices.ContainsFunc(attributes, undilated) {
			return false
		}
		return r.node("MaxPool", value{elem: v.elem, dims: dims, exact: v.exact}, []string{v.name}, attributes...)
	}
	if r.opset < 19 && slices.ContainsFunc(attributes, undilated) {
		return false
	}
	return r.node("AveragePool", value{elem: v.elem, dims: dims}, []string{v.name}, append(attributes, onnx.NewAttribute("count_include_pad", r.n(2)))...)
}

func globalPool(r *maker) bool {
	v, ok := r.pick(rank(3, 4))
	if !ok {
		return false
	}
	dims := slices.Clone(v.dims)
	for i := range dims[2:] {
		dims[i+2] = 1
	}
	return r.node([]string{"GlobalAveragePool", "GlobalMaxPool"}[r.n(2)], value{elem: v.elem, dims: dims}, []string{v.name})
}

func conv(r *maker) bool {
	v, ok := r.pick(rank(3, 4))
	if !ok {
		return false
	}
	c := v.dims[1]
	groups := []int{1, 1, c}[r.n(3)]
	m := groups * (1 + r.n(4))
	kernel := r.kernel(len(v.dims) - 2)
	attributes, dims := r.window(v, kernel, 0)
	w := r.weight(false, append([]int{m, c / groups}, kernel...)...)
	inputs := []string{v.name, w.name}
	if r.n(2) == 0 {
		b := r.weight(false, m)
		inputs = append(inputs, b.name)
	}
	return r.node("Conv", value{elem: v.elem, dims: with(dims, 1, m)}, inputs, append(attributes, onnx.NewAttribute("group", groups))...)
}

func convTranspose(r *maker) bool {
	v, ok := r.pick(rank(3, 4))
	if !ok {
		return false
	}
	c := v.dims[1]
	groups := []int{1, c}[r.n(2)]
	m := 1 + r.n(3)
	kernel := r.kernel(len(v.dims) - 2)
	k := len(kernel)
	strides, pads, more := make([]int, k), make([]int, 2*k), make([]int, k)
	dims := with(v.dims, 1, groups*m)
	for i := range kernel {
		strides[i] = 1 + r.n(2)
		pads[i], pads[i+k] = r.n(kernel[i]), r.n(kernel[i])
		more[i] = r.n(strides[i])
		dims[i+2] = strides[i]*(v.dims[i+2]-1) + kernel[i] - pads[i] - pads[i+k] + more[i]
	}
	w := r.weight(false, append([]int{c, m}, kernel...)...)
	return r.node("ConvTranspose", value{elem: v.elem, dims: dims}, []string{v.name, w.name}, onnx.NewAttribute("strides", wide(strides)), onnx.NewAttribute("pads", wide(pads)),
		onnx.NewAttribute("output_padding", wide(more)), onnx.NewAttribute("group", groups))
}

func gemm(r *maker) bool {
	v, ok := r.pick(rank(2, 2))
	if !ok {
		return false
	}
	n, ta, tb := 1+r.n(6), r.n(2), r.n(2)
	m, k := v.dims[0], v.dims[1]
	if ta == 1 {
		m, k = k, m
	}
	shape := []int{k, n}
	if tb == 1 {
		shape = []int{n, k}
	}
	w := r.weight(false, shape...)
	inputs := []string{v.name, w.name}
	if r.opset < 11 || r.n(3) > 0 {
		b := r.weight(false, [][]int{{n}, {1, n}, {m, n}, {m, 1}, {1}}[r.n(5)]...)
		inputs = append(inputs, b.name)
	}
	return r.node("Gemm", value{elem: v.elem, dims: []int{m, n}}, inputs, onnx.NewAttribute("transA", ta), onnx.NewAttribute("transB", tb), r.attr("alpha", float32(0.5)), r.attr("beta", float32(2)))
}

func matmul(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	k := len(v.dims)
	inner := v.dims[k-1]
	var w value
	var dims []int
	switch r.n(4) {
	case 0:
		w, dims = r.weight(false, inner), v.dims[:k-1]
	case 1:
		if w, ok = r.pick(func(w value) bool {
			return real(w) && k >= 2 && len(w.dims) >= 2 && w.dims[len(w.dims)-2] == inner && broadcast(v.dims[:k-2], w.dims[:len(w.dims)-2]) != nil
		}); !ok {
			return false
		}
		dims = append(broadcast(v.dims[:k-2], w.dims[:len(w.dims)-2]), v.dims[k-2], w.dims[len(w.dims)-1])
	default:
		n := 1 + r.n(6)
		w, dims = r.weight(false, inner, n), with(v.dims, k-1, n)
	}
	return r.node("MatMul", value{elem: v.elem, dims: slices.Clone(dims)}, []string{v.name, w.name})
}

// recurrent is an LSTM, GRU or RNN with all its outputs.
func recurrent(r *maker) bool {
	v, ok := r.pick(rank(3, 3))
	if !ok {
		return false
	}
	kind := r.n(3)
	gates := []int{4, 3, 1}[kind]
	t, b, in, h := v.dims[0], v.dims[1], v.dims[2], 1+r.n(4)
	direction := []string{"forward", "reverse", "bidirectional"}[r.n(3)]
	d := 1
	if direction == "bidirectional" {
		d = 2
	}
	w, u := r.weight(false, d, gates*h, in), r.weight(false, d, gates*h, h)
	inputs := []string{v.name, w.name, u.name, "", "", ""}
	if r.n(2) == 0 {
		bias := r.weight(false, d, 2*gates*h)
		inputs[3] = bias.name
	}
	if r.n(2) == 0 {
		state := r.weight(false, d, b, h)
		inputs[5] = state.name
	}
	outs := []value{{elem: v.elem, dims: []int{t, d, b, h}}, {elem: v.elem, dims: []int{d, b, h}}}
	attributes := []*onnx.Attribute{onnx.NewAttribute("hidden_size", h), onnx.NewAttribute("direction", direction)}
	if kind == 1 {
		attributes = append(attributes, onnx.NewAttribute("linear_before_reset", r.n(2)))
	}
	if kind == 0 {
		outs = append(outs, value{elem: v.elem, dims: []int{d, b, h}})
	}
	return r.nodes([]string{"LSTM", "GRU", "RNN"}[kind], outs, inputs, attributes...)
}
