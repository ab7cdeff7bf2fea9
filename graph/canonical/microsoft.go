package canonical

import (
	"fmt"
)

// fused are ONNX Runtime's own operators, each written in those of ONNX: what its optimiser and its
// quantiser leave in a file (onnxruntime/docs/ContribOperators.md, 1.32).
var fused = map[string]func(*upgrader) error{
	"com.microsoft.Attention":                        projectedAttention,
	"com.microsoft.BiasGelu":                         biasGelu,
	"com.microsoft.DequantizeLinear":                 own,
	"com.microsoft.DynamicQuantizeMatMul":            dynamicQuantizeMatMul,
	"com.microsoft.EmbedLayerNormalization":          embedNorm,
	"com.microsoft.ExpandDims":                       expandDims,
	"com.microsoft.FastGelu":                         fastGelu,
	"com.microsoft.FusedConv":                        fusedConv,
	"com.microsoft.FusedGemm":                        fusedGemm,
	"com.microsoft.FusedMatMul":                      fusedMatMul,
	"com.microsoft.GatherND":                         own,
	"com.microsoft.Gelu":                             own,
	"com.microsoft.GridSample":                       own,
	"com.microsoft.GroupQueryAttention":              groupQueryAttention,
	"com.microsoft.MatMulIntegerToFloat":             matMulIntegerToFloat,
	"com.microsoft.MatMulNBits":                      matMulNBits,
	"com.microsoft.MultiHeadAttention":               multiHeadAttention,
	"com.microsoft.QAttention":                       quantisedAttention,
	"com.microsoft.QGemm":                            quantisedGemm,
	"com.microsoft.QLinearAdd":                       quantisedPair("Add"),
	"com.microsoft.QLinearAveragePool":               quantisedPool("AveragePool"),
	"com.microsoft.QLinearConcat":                    quantisedConcat,
	"com.microsoft.QLinearConv":                      channelsFirst,
	"com.microsoft.QLinearGlobalAveragePool":         quantisedPool("GlobalAveragePool"),
	"com.microsoft.QLinearLeakyRelu":                 quantisedOne("LeakyRelu"),
	"com.microsoft.QLinearMul":                       quantisedPair("Mul"),
	"com.microsoft.QLinearSigmoid":                   quantisedOne("Sigmoid"),
	"com.microsoft.QLinearSoftmax":                   quantisedSoftmax,
	"com.microsoft.QuantizeLinear":                   own,
	"com.microsoft.QuickGelu":                        swish,
	"com.microsoft.Range":                            own,
	"com.microsoft.RotaryEmbedding":                  rotaryEmbedding,
	"com.microsoft.SimplifiedLayerNormalization":     simplifiedNorm,
	"com.microsoft.SkipLayerNormalization":           skipNorm,
	"com.microsoft.SkipSimplifiedLayerNormalization": skipSimplifiedNorm,
	"com.microsoft.TransposeMatMul":                  fusedMatMul,
	"com.microsoft.Trilu":                            own,
}

// own: ONNX has taken the operator over as it was.
func own(u *upgrader) error {
	u.node.Domain = ""
	return nil
}

func expandDims(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	axis := u.add("Reshape", nil, u.node.Inputs[1], u.ints("one", 1))
	u.finish("Unsqueeze", nil, u.node.Inputs[0], u.add("Cast", map[string]any{"to": int64(7)}, axis))
	return nil
}

func biasGelu(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	u.finish("Gelu", nil, u.add("Add", nil, u.node.Inputs[0], u.node.Inputs[1]))
	return nil
}

func fastGelu(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	x := u.node.Inputs[0]
	if b := u.given(1); b != "" {
		x = u.add("Add", nil, x, b)
	}
	u.finish("Gelu", map[string]any{"approximate": "tanh"}, x)
	return nil
}

// fusedMatMul: products of transposed, scaled matrices. transBatch brings the first axis behind those of the
// batch before that.
func fusedMatMul(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	a := u.node.Attributes
	in := [2]string{u.node.Inputs[0], u.node.Inputs[1]}
	for i, name := range [...]string{"A", "B"} {
		rows, batch := a.Int("trans"+name, 0) != 0, a.Int("transBatch"+name, 0) != 0
		if !rows && !batch {
			continue
		}
		n := u.rank(i)
		if n < 0 {
			return fmt.Errorf("input %d is to be transposed, and its rank is not known", i+1)
		}
		if n < 2 {
			continue
		}
		perm := make([]int64, n)
		for k := range perm {
			perm[k] = int64(k)
		}
		if batch {
			perm = append(append(perm[1:n-1:n-1], 0), int64(n-1))
		}
		if rows {
			perm[n-1], perm[n-2] = perm[n-2], perm[n-1]
		}
		in[i] = u.add("Transpose", map[string]any{"perm": perm}, in[i])
	}
	if alpha := a.Float("alpha", 1); alpha != 1 {
		y := u.add("MatMul", nil, in[0], in[1])
		u.finish("Mul", nil, y, u.constant("alpha", u.float(alpha)))
		return nil
	}
	u.finish("MatMul", nil, in[0], in[1])
	return nil
}

// fusedConv is a convolution, a sum with another value, and an activation.
func fusedConv(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	n := u.node
	act, p := n.Attributes.Str("activation", ""), []float32(nil)
	if v, ok := n.Attributes["activation_params"].([]float32); ok {
		p = v
	}
	a := map[string]any{}
	for name, v := range n.Attributes {
		if name != "activation" && name != "activation_params" {
			a[name] = v
		}
	}
	in := []string{n.Inputs[0], n.Inputs[1]}
	if b := u.given(2); b != "" {
		in = append(in, b)
	}
	y := u.add("Conv", a, in...)
	if z := u.given(3); z != "" {
		y = u.add("Add", nil, y, z)
	}
	return u.activate(act, p, y)
}

func fusedGemm(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	a := u.node.Attributes
	gemm := map[string]any{}
	for _, name := range [...]string{"alpha", "beta", "transA", "transB"} {
		if v, ok := a[name]; ok {
			gemm[name] = v
		}
	}
	var p []float32
	for _, name := range [...]string{"activation_alpha", "activation_beta", "activation_gamma"} {
		if v, ok := a[name].(float32); ok {
			p = append(p, v)
		}
	}
	return u.activate(a.Str("activation", ""), p, u.add("Gemm", gemm, u.node.Inputs...))
}

// activate ends a fused node with its activation and that one's numbers.
func (u *upgrader) activate(name string, p []float32, x string) error {
	at := func(i int, otherwise float32) float32 {
		if i < len(p) {
			return p[i]
		}
		return otherwise
	}
	switch name {
	case "":
		u.finish("Identity", nil, x)
	case "Relu", "Sigmoid", "Tanh", "HardSwish", "Softplus":
		u.finish(name, nil, x)
	case "LeakyRelu":
		u.finish(name, map[string]any{"alpha": at(0, 0.01)}, x)
	case "HardSigmoid":
		u.finish(name, map[string]any{"alpha": at(0, 0.2), "beta": at(1, 0.5)}, x)
	case "Clip":
		if len(p) < 2 {
			return fmt.Errorf("%d numbers for Clip, want 2", len(p))
		}
		u.finish(name, nil, x, u.constant("min", u.float(p[0])), u.constant("max", u.float(p[1])))
	default:
		return fmt.Errorf("activation %q is not known", name)
	}
	return nil
}

// skipSum adds what a normalisation is preceded by: the other branch, and a bias at an input.
func (u *upgrader) skipSum(bias int) string {
	sum := u.im.fresh(u.node.Outputs[0] + ".Add")
	if u.wants(3) {
		sum = u.node.Outputs[3]
	}
	x := u.node.Inputs[0]
	if b := u.given(bias); b != "" {
		x = u.add("Add", nil, x, b)
	}
	u.place("Add", nil, []string{x, u.node.Inputs[1]}, sum)
	return sum
}

// noMoments refuses a node whose mean or deviation is used: ONNX Runtime gives them on no processor either.
func (u *upgrader) noMoments() error {
	for i := 1; i <= 2; i++ {
		if u.wants(i) && u.im.used(u.node.Outputs[i]) {
			return fmt.Errorf("output %d, a moment for training, is not supported", i+1)
		}
	}
	return nil
}

// skipNorm: the sum of two values with a bias, normalised.
func skipNorm(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	if err := u.noMoments(); err != nil {
		return err
	}
	in := []string{u.skipSum(4), u.node.Inputs[2]}
	if b := u.given(3); b != "" {
		in = append(in, b)
	}
	u.finish("LayerNormalization", map[string]any{"axis": int64(-1), "epsilon": u.node.Attributes.Float("epsilon", 1e-12)}, in...)
	return nil
}

func skipSimplifiedNorm(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	if err := u.noMoments(); err != nil {
		return err
	}
	u.finish("RMSNormalization", map[string]any{"axis": int64(-1), "epsilon": u.node.Attributes.Float("epsilon", 1e-12)},
		u.skipSum(3), u.node.Inputs[2])
	return nil
}

// simplifiedNorm is RMSNormalization before ONNX had it.
func simplifiedNorm(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	if u.wants(1) && u.im.used(u.node.Outputs[1]) {
		return fmt.Errorf("output 2, a moment for training, is not supported")
	}
	a := u.node.Attributes
	u.finish("RMSNormalization", map[string]any{"axis": a.Int("axis", -1), "epsilon": a.Float("epsilon", 1e-5)}, u.node.Inputs[:2]...)
	return nil
}

// embedNorm: the sum of embeddings of words, positions and segments, normalised.
func embedNorm(u *upgrader) error {
	if err := u.need(7, 1); err != nil {
		return err
	}
	n := u.node
	words := u.add("Gather", nil, n.Inputs[2], n.Inputs[0])
	var places string
	if ids := u.given(8); ids != "" {
		places = u.add("Gather", nil, n.Inputs[3], ids)
	} else {
		length := u.add("Shape", map[string]any{"start": int64(1), "end": int64(2)}, n.Inputs[0])
		places = u.add("Slice", nil, n.Inputs[3], u.ints("from", 0), length, u.ints("rows", 0))
	}
	sum := u.add("Add", nil, words, places)
	if segments := u.given(1); segments != "" && u.given(4) != "" {
		sum = u.add("Add", nil, sum, u.add("Gather", nil, n.Inputs[4], segments))
	}
	if u.wants(2) {
		u.place("Identity", nil, []string{sum}, n.Outputs[2])
	}
	if u.wants(1) {
		counted := n.Inputs[0] // without a mask all counts are 0
		if mask := u.given(7); mask != "" {
			counted = mask
		} else {
			counted = u.add("Sub", nil, counted, counted)
		}
		whole := u.add("Cast", map[string]any{"to": int64(6)}, counted)
		u.place("ReduceSum", map[string]any{"keepdims": int64(0)}, []string{whole, u.ints("axis", 1)}, n.Outputs[1])
	}
	u.finish("LayerNormalization", map[string]any{"axis": int64(-1), "epsilon": n.Attributes.Float("epsilon", 1e-12)}, sum, n.Inputs[5], n.Inputs[6])
	return nil
}

// rotaryEmbedding has the positions before the tables, and may be given the first position alone.
func rotaryEmbedding(u *upgrader) error {
	if err := u.need(4, 1); err != nil {
		return err
	}
	n := u.node
	a := n.Attributes
	if a.Int("is_packed_batching", 0) != 0 || a.Float("scale", 1) != 1 {
		return fmt.Errorf("packed batches and a scale of %v are not supported", a.Float("scale", 1))
	}
	rank, tables, at := u.rank(0), u.shape(2), u.shape(1)
	if rank != 3 && rank != 4 || tables == nil || len(tables[0]) != 2 || at == nil {
		return fmt.Errorf("ranks of the input and of the tables are not known or not 3 or 4 and 2")
	}
	r := map[string]any{"interleaved": a.Int("interleaved", 0), "rotary_embedding_dim": a.Int("rotary_embedding_dim", 0)}
	if heads := a.Int("num_heads", 0); rank == 3 && heads > 0 {
		r["num_heads"] = heads
	} else if rank == 3 {
		wide := u.shape(0)[0][2]
		if 2*tables[0][1] == 0 || wide%(2*tables[0][1]) != 0 {
			return fmt.Errorf("%d units do not divide into heads of %d", wide, 2*tables[0][1])
		}
		r["num_heads"] = int64(wide / (2 * tables[0][1]))
	}
	positions := n.Inputs[1]
	if len(at[0]) == 1 {
		positions = u.positions(positions, n.Inputs[0], int64(rank-2))
	}
	u.finish("RotaryEmbedding", r, n.Inputs[0], n.Inputs[2], n.Inputs[3], positions)
	return nil
}

// positions counts from a first position along an axis of a value: samples x positions.
func (u *upgrader) positions(first, x string, axis int64) string {
	length := u.add("Shape", map[string]any{"start": axis, "end": axis + 1}, x)
	samples := u.add("Shape", map[string]any{"start": int64(0), "end": int64(1)}, x)
	size := u.add("Squeeze", nil, length)
	count := u.add("Range", nil, u.constant("zero", scalar(0)), size, u.constant("one", scalar(1)))
	from := u.add("Reshape", nil, u.add("Cast", map[string]any{"to": int64(7)}, first), u.ints("column", -1, 1))
	moved := u.add("Add", nil, from, count)
	return u.add("Expand", nil, moved, u.add("Concat", map[string]any{"axis": int64(0)}, samples, length))
}
