package canonical

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

func scalar(v int64) tensor.Tensor { return tensor.Scalar(v) }

// An attending is an attention of ONNX Runtime taken apart: queries, keys and values samples x positions x
// units, what is added to the scores, and keys and values from before.
type attending struct {
	q, k, v      string
	mask         string
	pastK, pastV string
	heads, pairs int64 // heads of queries, and of keys and values
	outputs      []string
	attributes   map[string]any
}

// attend replaces the node by ONNX's Attention.
func (u *upgrader) attend(t attending) {
	a := map[string]any{"q_num_heads": t.heads, "kv_num_heads": t.pairs}
	for name, v := range t.attributes {
		a[name] = v
	}
	if s := u.node.Attributes.Float("scale", 0); s != 0 {
		a["scale"] = s
	}
	if u.node.Attributes.Int("unidirectional", 0) != 0 {
		a["is_causal"] = int64(1)
	}
	in := []string{t.q, t.k, t.v, t.mask, t.pastK, t.pastV}
	for in[len(in)-1] == "" {
		in = in[:len(in)-1]
	}
	u.before = append(u.before, graph.Node{Name: u.node.Name, Scope: u.node.Scope, Op: "Attention", Inputs: in, Outputs: t.outputs, Attributes: a})
	u.drop = true
}

// headCount is the attribute without which an attention means nothing.
func (u *upgrader) headCount(name string) (int64, error) {
	n := u.node.Attributes.Int(name, 0)
	if n < 1 {
		return 0, fmt.Errorf("%s is %d, want at least 1", name, n)
	}
	return n, nil
}

// padding makes what is added to the scores of a mask of keys: 1 or 0 by sample and key, by sample, query
// and key, or the number of keys of each sample.
func (u *upgrader) padding(input int, keys string, past bool) (string, error) {
	name := u.given(input)
	if name == "" {
		return "", nil
	}
	low := u.constant("filter", tensor.Scalar(u.node.Attributes.Float("mask_filter_value", -10000)))
	sizes := u.shape(input)
	if sizes == nil {
		return "", fmt.Errorf("the rank of the mask is not known")
	}
	switch len(sizes[0]) {
	case 1:
		for i, s := range u.shape(0) {
			if s[0] != sizes[i][0] || past {
				return "", fmt.Errorf("a mask of shape %v is not supported, want one number of keys for each sample and no past", sizes[0])
			}
		}
		count := u.add("Range", nil, u.constant("zero", scalar(0)),
			u.add("Squeeze", nil, u.add("Shape", map[string]any{"start": int64(1), "end": int64(2)}, keys)), u.constant("one", scalar(1)))
		lengths := u.add("Reshape", nil, u.add("Cast", map[string]any{"to": int64(7)}, name), u.ints("column", -1, 1, 1, 1))
		return u.add("Where", nil, u.add("Less", nil, count, lengths), u.constant("none", tensor.Scalar(float32(0))), low), nil
	case 2, 3:
		seen := u.add("Cast", map[string]any{"to": int64(1)}, name)
		hidden := u.add("Sub", nil, u.constant("all", tensor.Scalar(float32(1))), seen)
		axes := []int64{1}
		if len(sizes[0]) == 2 {
			axes = []int64{1, 2}
		}
		return u.add("Unsqueeze", nil, u.add("Mul", nil, hidden, low), u.ints("axes", axes...)), nil
	}
	return "", fmt.Errorf("a mask of rank %d is not supported", len(sizes[0]))
}

// plus adds two values, either of which may be left out.
func (u *upgrader) plus(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return u.add("Add", nil, a, b)
}

// multiHeadAttention: keys and values may come packed together, or with the queries, or by head.
func multiHeadAttention(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	heads, err := u.headCount("num_heads")
	if err != nil {
		return err
	}
	if u.given(8) != "" || u.given(9) != "" {
		return fmt.Errorf("a cache that is shared or searched by beams is not supported")
	}
	t := attending{q: u.given(0), k: u.given(1), v: u.given(2), heads: heads, pairs: heads, outputs: u.node.Outputs, pastK: u.given(6), pastV: u.given(7)}
	flat := func(x string) string { return u.add("Reshape", nil, x, u.ints("flat", 0, 0, -1)) }
	switch {
	case u.rank(0) == 5:
		parts := u.split(t.q, 3, 1, 1, 1)
		t.q, t.k, t.v = flat(parts[0]), flat(parts[1]), flat(parts[2])
	case t.k == "":
		return fmt.Errorf("no keys, and queries of rank %d, want 5", u.rank(0))
	case u.rank(1) == 5:
		parts := u.split(t.k, 3, 1, 1)
		t.k, t.v = flat(parts[0]), flat(parts[1])
	case u.rank(1) == 4:
		perm := map[string]any{"perm": []int64{0, 2, 1, 3}}
		t.k, t.v = flat(u.add("Transpose", perm, t.k)), flat(u.add("Transpose", perm, t.v))
	}
	if bias := u.given(3); bias != "" {
		if u.rank(0) != 3 {
			return fmt.Errorf("a bias of queries of rank %d, want 3", u.rank(0))
		}
		units, end := int64(u.shape(0)[0][2]), int64(math.MaxInt64)
		cut := func(from, to int64) string {
			return u.add("Slice", nil, bias, u.ints("from", from), u.ints("to", to), u.ints("axis", 0))
		}
		t.q = u.add("Add", nil, t.q, cut(0, units))
		if u.rank(1) != 4 {
			t.k, t.v = u.add("Add", nil, t.k, cut(units, 2*units)), u.add("Add", nil, t.v, cut(2*units, end))
		}
	}
	mask, err := u.padding(4, t.k, t.pastK != "")
	if err != nil {
		return err
	}
	t.mask = u.plus(mask, u.given(5))
	u.attend(t)
	return nil
}

// projectedAttention has the weights of queries, keys and values side by side in one.
func projectedAttention(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	x := u.add("MatMul", nil, u.node.Inputs[0], u.node.Inputs[1])
	return u.fromProjection(u.plus(x, u.given(2)), 3, 4, 5)
}

// quantisedAttention is the same of integers with their scales.
func quantisedAttention(u *upgrader) error {
	if err := u.need(5, 1); err != nil {
		return err
	}
	n := u.node
	x := u.integerProduct(n.Inputs[0], n.Inputs[1], u.given(6), u.given(7), n.Inputs[3], n.Inputs[4])
	return u.fromProjection(u.plus(x, n.Inputs[2]), 5, 8, -1)
}

// fromProjection attends with queries, keys and values that lie side by side; mask, past and bias of the
// scores are inputs.
func (u *upgrader) fromProjection(x string, mask, past, bias int) error {
	heads, err := u.headCount("num_heads")
	if err != nil {
		return err
	}
	if u.node.Attributes.Int("do_rotary", 0) != 0 || u.node.Attributes.Int("past_present_share_buffer", 0) != 0 || u.given(6) != "" && bias > 0 {
		return fmt.Errorf("rotary positions within and a shared cache are not supported")
	}
	sizes := u.node.Attributes.Ints("qkv_hidden_sizes")
	if len(sizes) != 3 {
		w := u.shape(1)
		if w == nil || len(w[0]) != 2 || w[0][1]%3 != 0 {
			return fmt.Errorf("the units of queries, keys and values are not known")
		}
		third := int64(w[0][1] / 3)
		sizes = []int64{third, third, third}
	}
	parts := u.split(x, -1, sizes...)
	t := attending{q: parts[0], k: parts[1], v: parts[2], heads: heads, pairs: heads, outputs: u.node.Outputs[:1]}
	if p := u.given(past); p != "" {
		both := u.split(p, 0, 1, 1)
		t.pastK = u.add("Squeeze", nil, both[0], u.ints("axis", 0))
		t.pastV = u.add("Squeeze", nil, both[1], u.ints("axis", 0))
	}
	if t.mask, err = u.padding(mask, t.k, t.pastK != ""); err != nil {
		return err
	}
	if bias > 0 {
		t.mask = u.plus(t.mask, u.given(bias))
	}
	if !u.wants(1) {
		u.attend(t)
		return nil
	}
	present := u.node.Outputs[1]
	t.outputs = []string{u.node.Outputs[0], u.im.fresh(present + ".keys"), u.im.fresh(present + ".values")}
	u.attend(t)
	keys := u.add("Unsqueeze", nil, t.outputs[1], u.ints("axis", 0))
	values := u.add("Unsqueeze", nil, t.outputs[2], u.ints("axis", 0))
	u.place("Concat", map[string]any{"axis": int64(0)}, []string{keys, values}, present)
	return nil
}

// groupQueryAttention: causal, with fewer heads of keys than of queries, a window, and rotary positions that
// go on where the past ends.
func groupQueryAttention(u *upgrader) error {
	if err := u.need(7, 1); err != nil {
		return err
	}
	heads, err := u.headCount("num_heads")
	if err != nil {
		return err
	}
	pairs, err := u.headCount("kv_num_heads")
	if err != nil {
		return err
	}
	for i := 11; i < len(u.node.Inputs); i++ {
		if u.node.Inputs[i] != "" {
			return fmt.Errorf("input %d, of sinks, quantised caches or normalised heads, is not supported", i+1)
		}
	}
	a := u.node.Attributes
	if a.Int("smooth_softmax", 0) > 0 || a.Int("kv_cache_bit_width", 0) != 0 || u.wants(3) {
		return fmt.Errorf("a smooth softmax, a quantised cache and the scores as output are not supported")
	}
	t := attending{q: u.given(0), k: u.given(1), v: u.given(2), heads: heads, pairs: pairs, outputs: u.node.Outputs,
		pastK: u.given(3), pastV: u.given(4), mask: u.given(10), attributes: map[string]any{"is_causal": a.Int("causal", 1)}}
	if t.k == "" {
		s := u.shape(0)
		if s == nil || len(s[0]) != 3 || int64(s[0][2])%(heads+2*pairs) != 0 {
			return fmt.Errorf("queries, keys and values lie in one value whose units are not known")
		}
		size := int64(s[0][2]) / (heads + 2*pairs)
		parts := u.split(t.q, 2, heads*size, pairs*size, pairs*size)
		t.q, t.k, t.v = parts[0], parts[1], parts[2]
	}
	if w := a.Int("local_window_size", -1); w > 0 {
		t.attributes["left_window_size"] = w - 1
	}
	if c := a.Float("softcap", 0); c != 0 {
		t.attributes["softcap"] = c
	}
	if a.Int("do_rotary", 0) != 0 {
		if u.given(7) == "" || u.given(8) == "" {
			return fmt.Errorf("rotary positions without tables")
		}
		at := u.given(9)
		if at == "" {
			// The keys of each sample end at seqlens_k; these queries are the last of them.
			length := u.add("Cast", map[string]any{"to": int64(6)}, u.add("Shape", map[string]any{"start": int64(1), "end": int64(2)}, t.q))
			last := u.add("Sub", nil, u.node.Inputs[5], length)
			at = u.positions(u.add("Add", nil, last, u.constant("next", tensor.Scalar(int32(1)))), t.q, 1)
		}
		turn := func(x string, n int64) string {
			return u.add("RotaryEmbedding", map[string]any{"num_heads": n, "interleaved": a.Int("rotary_interleaved", 0)}, x, u.node.Inputs[7], u.node.Inputs[8], at)
		}
		t.q, t.k = turn(t.q, heads), turn(t.k, pairs)
	}
	u.attend(t)
	return nil
}
