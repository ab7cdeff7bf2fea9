package canonical

import (
	"fmt"
	"maps"
	"slices"
	"sync"
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
	"com.microsoft.GatherBlockQuantized":             gatherBlockQuantized,
	"com.microsoft.GatherND":                         own,
	"com.microsoft.Gelu":                             own,
	"com.microsoft.GridSample":                       own,
	"com.microsoft.GroupQueryAttention":              groupQueryAttention,
	"com.microsoft.MatMulIntegerToFloat":             matMulIntegerToFloat,
	"com.microsoft.MatMulNBits":                      matMulNBits,
	"com.microsoft.MultiHeadAttention":               multiHeadAttention,
	"com.microsoft.NhwcMaxPool":                      nhwcMaxPool,
	"com.microsoft.QAttention":                       quantisedAttention,
	"com.microsoft.QEmbedLayerNormalization":         quantisedEmbedNorm,
	"com.microsoft.QGemm":                            quantisedGemm,
	"com.microsoft.QLinearAdd":                       quantisedPair("Add"),
	"com.microsoft.QLinearAveragePool":               channelsLast(quantisedOne("AveragePool")),
	"com.microsoft.QLinearConcat":                    quantisedConcat,
	"com.microsoft.QLinearConv":                      channelsLast(own),
	"com.microsoft.QLinearGlobalAveragePool":         channelsLast(quantisedOne("GlobalAveragePool")),
	"com.microsoft.QLinearLeakyRelu":                 quantisedOne("LeakyRelu"),
	"com.microsoft.QLinearMul":                       quantisedPair("Mul"),
	"com.microsoft.QLinearSigmoid":                   quantisedOne("Sigmoid"),
	"com.microsoft.QLinearSoftmax":                   quantisedSoftmax,
	"com.microsoft.QLinearWhere":                     quantisedWhere,
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

// Rewritten lists the operators outside of ONNX's own domains that Import writes in ONNX's, by domain and name.
func Rewritten() []string { return slices.Sorted(maps.Keys(rewrites())) }

// rewrites are all operators that Import writes in others.
var rewrites = sync.OnceValue(func() map[string]func(*upgrader) error {
	all := maps.Clone(fused)
	maps.Copy(all, classic)
	return all
})

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
