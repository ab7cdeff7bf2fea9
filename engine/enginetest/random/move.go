package random

import (
	"slices"

	"github.com/stratascope/stratascope/onnx"
)

func any1(v value) bool { return v.elem == onnx.Float && len(v.dims) > 0 }

func reduce(r *maker) bool {
	ops := []string{"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp", "ReduceProd"}
	op := ops[r.n(len(ops))]
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	var axes []int
	out := slices.Clone(v.dims)
	for i := range v.dims {
		if r.n(2) == 0 {
			axes = append(axes, i)
			out[i] = 1
		}
	}
	if len(axes) == 0 {
		for i := range out {
			out[i] = 1
		}
	}
	keep := r.n(2)
	if keep == 0 {
		out = slices.Clone(v.dims)
		for i := len(axes) - 1; i >= 0; i-- {
			out = slices.Delete(out, axes[i], axes[i]+1)
		}
		if len(axes) == 0 {
			out = nil
		}
	}
	if r.opset >= 11 && r.n(2) == 1 {
		for i := range axes {
			axes[i] -= len(v.dims)
		}
	}
	attributes := []*onnx.Attribute{onnx.NewAttribute("keepdims", keep)}
	inputs := []string{v.name}
	if since := map[bool]int{true: 13, false: 18}[op == "ReduceSum"]; len(axes) > 0 && r.opset >= since {
		inputs = append(inputs, r.ints(axes...))
	} else if len(axes) > 0 {
		attributes = append(attributes, onnx.NewAttribute("axes", wide(axes)))
	}
	return r.node(op, value{elem: v.elem, dims: out}, inputs, attributes...)
}

func transpose(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	perm, dims := make([]int, len(v.dims)), make([]int, len(v.dims))
	for i := range perm {
		perm[i] = len(perm) - 1 - i
	}
	a := r.attr("perm", nil)
	if a != nil {
		for i := range perm {
			k := i + r.n(len(perm)-i)
			perm[i], perm[k] = perm[k], perm[i]
		}
		a = onnx.NewAttribute("perm", wide(perm))
	}
	for i, p := range perm {
		dims[i] = v.dims[p]
	}
	return r.node("Transpose", value{elem: v.elem, dims: dims, exact: v.exact}, []string{v.name}, a)
}

func reshape(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	var dims, to []int
	rest := v.len()
	for i := range 1 + r.n(4) {
		d := 1 + r.n(6)
		written := d
		if i < len(v.dims) && r.n(3) == 0 {
			d, written = v.dims[i], 0
		}
		if rest%d == 0 {
			dims, to, rest = append(dims, d), append(to, written), rest/d
			continue
		}
		break
	}
	dims = append(dims, rest)
	if r.n(2) == 0 {
		rest = -1
	}
	return r.node("Reshape", value{elem: v.elem, dims: dims, exact: v.exact}, []string{v.name, r.ints(append(to, rest)...)})
}

func flatten(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	axis, written := r.axis(v)
	a, b := 1, 1
	for i, d := range v.dims {
		if i < axis {
			a *= d
		} else {
			b *= d
		}
	}
	return r.node("Flatten", value{elem: v.elem, dims: []int{a, b}, exact: v.exact}, []string{v.name}, onnx.NewAttribute("axis", written))
}

// axes hands axes over as the opset wants them.
func (r *maker) axes(op string, out value, v value, axes []int) bool {
	if r.opset >= 13 {
		return r.node(op, out, []string{v.name, r.ints(axes...)})
	}
	return r.node(op, out, []string{v.name}, onnx.NewAttribute("axes", wide(axes)))
}

func squeeze(r *maker) bool {
	v, ok := r.pick(func(v value) bool { return slices.Contains(v.dims, 1) && len(v.dims) > 1 })
	if !ok {
		return false
	}
	at := slices.Index(v.dims, 1)
	out := value{elem: v.elem, exact: v.exact, dims: slices.Delete(slices.Clone(v.dims), at, at+1)}
	return r.axes("Squeeze", out, v, []int{at})
}

func unsqueeze(r *maker) bool {
	v, ok := r.pick(func(v value) bool { return len(v.dims) < 4 })
	if !ok {
		return false
	}
	at := r.n(len(v.dims) + 1)
	out := value{elem: v.elem, exact: v.exact, dims: slices.Insert(slices.Clone(v.dims), at, 1)}
	if r.opset >= 11 && r.n(2) == 1 {
		at -= len(v.dims) + 1
	}
	return r.axes("Unsqueeze", out, v, []int{at})
}

func concat(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	axis, written := r.axis(v)
	w := r.weight(v.exact, with(v.dims, axis, 1+r.n(3))...)
	if u, ok := r.pick(func(u value) bool {
		return real(u) && len(u.dims) == len(v.dims) && slices.Equal(with(u.dims, axis, 1), with(v.dims, axis, 1))
	}); ok && r.n(2) == 0 {
		w = u
	}
	names := []string{v.name, w.name}
	if r.n(2) == 1 {
		slices.Reverse(names)
	}
	return r.node("Concat", value{elem: v.elem, dims: with(v.dims, axis, v.dims[axis]+w.dims[axis]), exact: v.exact && w.exact}, names, onnx.NewAttribute("axis", written))
}

func split(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	axis, written := r.axis(v)
	if v.dims[axis] < 2 {
		return false
	}
	first := 1 + r.n(v.dims[axis]-1)
	parts := []int{first, v.dims[axis] - first}
	outs := []value{{elem: v.elem, dims: with(v.dims, axis, first), exact: v.exact}, {elem: v.elem, dims: with(v.dims, axis, parts[1]), exact: v.exact}}
	if r.opset >= 13 {
		return r.nodes("Split", outs, []string{v.name, r.ints(parts...)}, onnx.NewAttribute("axis", written))
	}
	return r.nodes("Split", outs, []string{v.name}, onnx.NewAttribute("axis", written), onnx.NewAttribute("split", wide(parts)))
}

func slice(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	axis, written := r.axis(v)
	d := v.dims[axis]
	start, end, step := r.n(d), 1<<31-1, 1
	n := d - start
	if r.opset >= 10 {
		step = 1 + r.n(2)
		n = (n + step - 1) / step
		switch r.n(3) {
		case 0: // backwards to the beginning
			start, end, step = d-1, -1<<31, -1
			n = d
		case 1:
			start -= d
		}
		return r.node("Slice", value{elem: v.elem, dims: with(v.dims, axis, n), exact: v.exact}, []string{v.name, r.ints(start), r.ints(end), r.ints(written), r.ints(step)})
	}
	return r.node("Slice", value{elem: v.elem, dims: with(v.dims, axis, n), exact: v.exact}, []string{v.name},
		onnx.NewAttribute("starts", []int64{int64(start)}), onnx.NewAttribute("ends", []int64{int64(end)}), onnx.NewAttribute("axes", []int64{int64(axis)}))
}

func pad(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	mode := []string{"constant", "edge", "reflect"}[r.n(3)]
	k := len(v.dims)
	pads, dims := make([]int, 2*k), slices.Clone(v.dims)
	for i := range pads {
		if pads[i] = r.n(3); mode == "reflect" {
			pads[i] = min(pads[i], v.dims[i%k]-1)
		}
		dims[i%k] += pads[i]
	}
	out := value{elem: v.elem, dims: dims, exact: v.exact}
	if r.opset < 11 {
		return r.node("Pad", out, []string{v.name}, onnx.NewAttribute("pads", wide(pads)), onnx.NewAttribute("mode", mode), r.attr("value", float32(1)))
	}
	inputs := []string{v.name, r.ints(pads...)}
	if mode == "constant" && r.n(2) == 0 {
		w := r.weight(true)
		inputs = append(inputs, w.name)
	}
	return r.node("Pad", out, inputs, onnx.NewAttribute("mode", mode))
}

func expand(r *maker) bool {
	v, ok := r.pick(func(v value) bool { return any1(v) && slices.Contains(v.dims, 1) })
	if !ok || r.opset < 8 {
		return false
	}
	dims := slices.Clone(v.dims)
	for i := range dims {
		if dims[i] == 1 {
			dims[i] = 1 + r.n(3)
		}
	}
	if r.n(2) == 0 {
		dims = append([]int{1 + r.n(2)}, dims...)
	}
	return r.node("Expand", value{elem: v.elem, dims: dims, exact: v.exact}, []string{v.name, r.ints(dims...)})
}

func tile(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	times, dims := make([]int, len(v.dims)), slices.Clone(v.dims)
	for i := range dims {
		times[i] = 1 + r.n(2)
		dims[i] *= times[i]
	}
	return r.node("Tile", value{elem: v.elem, dims: dims, exact: v.exact}, []string{v.name, r.ints(times...)})
}

func gather(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok {
		return false
	}
	axis, written := r.axis(v)
	list := make([]int, 1+r.n(4))
	for i := range list {
		if list[i] = r.n(v.dims[axis]); r.opset >= 11 && r.n(2) == 0 {
			list[i] -= v.dims[axis]
		}
	}
	return r.node("Gather", value{elem: v.elem, dims: with(v.dims, axis, len(list)), exact: v.exact}, []string{v.name, r.ints(list...)}, onnx.NewAttribute("axis", written))
}

func gatherElements(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok || r.opset < 11 {
		return false
	}
	axis, written := r.axis(v)
	dims := with(v.dims, axis, 1+r.n(3))
	at := value{dims: dims}
	list := make([]int64, at.len())
	for i := range list {
		list[i] = int64(r.source.IntN(v.dims[axis]))
	}
	name := r.name("i")
	r.graph.Initializers = append(r.graph.Initializers, onnx.NewInt64Tensor(name, wide(dims), list))
	return r.node("GatherElements", value{elem: v.elem, dims: dims, exact: v.exact}, []string{v.name, name}, onnx.NewAttribute("axis", written))
}

func cumsum(r *maker) bool {
	v, ok := r.pick(any1)
	if !ok || r.opset < 11 {
		return false
	}
	_, written := r.axis(v)
	name := r.name("i")
	r.graph.Initializers = append(r.graph.Initializers, onnx.NewInt64Tensor(name, nil, []int64{int64(written)}))
	return r.node("CumSum", value{elem: v.elem, dims: v.dims}, []string{v.name, name}, onnx.NewAttribute("exclusive", r.n(2)), onnx.NewAttribute("reverse", r.n(2)))
}

// pickLargest is ArgMax and TopK, which rounding could change.
func pickLargest(r *maker) bool {
	v, ok := r.pick(func(v value) bool { return any1(v) && v.exact })
	if !ok {
		return false
	}
	axis, written := r.axis(v)
	if r.opset >= 11 && r.n(2) == 0 {
		k := 1 + r.n(v.dims[axis])
		dims := with(v.dims, axis, k)
		return r.nodes("TopK", []value{{elem: onnx.Float, dims: dims, exact: true}, {elem: onnx.Int64, dims: slices.Clone(dims), exact: true}}, []string{v.name, r.ints(k)},
			onnx.NewAttribute("axis", written), onnx.NewAttribute("largest", r.n(2)))
	}
	return r.node([]string{"ArgMax", "ArgMin"}[r.n(2)], value{elem: onnx.Int64, dims: with(v.dims, axis, 1), exact: true}, []string{v.name}, onnx.NewAttribute("axis", written))
}
