package canonical

import (
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/onnx"
)

// TestNotRewritten: a fused operator that asks for what ONNX does not have stays as the file has it, with a
// note, and the network up to it can be read. What is rewritten is held against ONNX Runtime (enginetest,
// families microsoft and optimised).
func TestNotRewritten(t *testing.T) {
	for name, c := range map[string]struct {
		node *onnx.Node
		why  string
	}{
		"a cache of its own": {node("MultiHeadAttention", "attn", "h h h _ _ _ _ _ n", "y", attr("num_heads", int64(2))), "a cache that is shared"},
		"channels of a row":  {node("QLinearConv", "attn", "n h h h h h h h", "y", attr("channels_last", int64(1))), "channels come last in an input of rank 0"},
		"a computed table":   {node("GatherBlockQuantized", "attn", "h n h", "y", attr("block_size", int64(32))), "rows along axis 0 and blocks of 32 along axis 1 of 4 bits"},
		"no heads":           {node("Attention", "attn", "h h", "y"), "num_heads is 0"},
	} {
		c.node.Domain = "com.microsoft"
		m := model(17, node("Relu", "relu", "x", "h"), c.node)
		m.OpsetImports = append(m.OpsetImports, &onnx.Opset{Domain: "com.microsoft", Version: 1})
		h := habit{model: m}.weights(onnx.NewInt64Tensor("n", nil, []int64{1}))
		g, err := Import(t.Context(), h.model, Options{KeepBatch: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if last := g.Nodes[len(g.Nodes)-1]; len(g.Nodes) != 2 || last.Op != c.node.OpType || last.Domain != "com.microsoft" || !slices.Equal(last.Inputs, c.node.Inputs) || g.Version("com.microsoft") != 1 {
			t.Errorf("%s: the node became %+v", name, g.Nodes)
		}
		if len(g.Notes) != 1 || g.Notes[0].Code != "not-rewritten" || !strings.Contains(g.Notes[0].Text, `node "attn" (`+c.node.OpType+`) cannot be run: `+c.why) {
			t.Errorf("%s: the notes are %v, want one that says %q", name, g.Notes, c.why)
		}
	}
}
