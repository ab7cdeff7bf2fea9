package canonical

import (
	"strings"
	"testing"

	"github.com/stratascope/stratascope/onnx"
)

// TestListsRefused: a list of tensors where a tensor is wanted, or a position that it does not have, is said
// where it stands. What lists give is held against ONNX Runtime (enginetest, family sequence).
func TestListsRefused(t *testing.T) {
	over := branchOf("Identity")
	over.Nodes[0].Inputs[0] = "l"
	pair := node("SequenceConstruct", "pair", "x x", "l")
	body := &onnx.Graph{Name: "body", Nodes: []*onnx.Node{node("SequenceInsert", "insert", "m x", "m2"), node("Identity", "on", "goes", "on")},
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("i", onnx.Int64), onnx.NewValue("goes", onnx.Bool), {Name: "m"}},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("on", onnx.Bool), {Name: "m2"}}}
	for want, nodes := range map[string][]*onnx.Node{
		`node 2 "relu" (Relu, opset 17): "l" is a list of 2 tensors`:                               {pair, node("Relu", "relu", "l", "y")},
		`node 2 "at" (SequenceAt, opset 17): position 2 is outside`:                                {pair, node("SequenceAt", "at", "l two", "y")},
		`node 2 "at" (SequenceAt, opset 17): position -1 is outside`:                               {pair, node("SequenceAt", "at", "l minus", "y")},
		`output "y" is a list of 3 tensors`:                                                        {pair, node("SequenceInsert", "in", "l x", "y")},
		`node 2 "drop" (SequenceErase, opset 17): position -1 is outside`:                          {node("SequenceEmpty", "none", "", "l"), node("SequenceErase", "drop", "l", "y")},
		`node 1 "cut" (SplitToSequence, opset 17): parts of 0 of a dimension`:                      {node("SplitToSequence", "cut", "x zero", "l"), node("SequenceAt", "at", "l zero", "y")},
		`node 2 "loop" (Loop, opset 17): whether turn 1 of a loop over lists is made is not known`: {pair, node("Loop", "loop", "two c l", "y", attr("body", body))},
		`node 2 "loop" (Loop, opset 17): "l" is a list of 2 tensors`:                               {pair, node("Loop", "loop", "count c l", "y", attr("body", body))},
		`node 2 "if" (If, opset 17): "l" is a list of 2 tensors, want a tensor`:                    {pair, node("If", "if", "c", "y", attr("then_branch", over), attr("else_branch", branchOf("Identity")))},
	} {
		h := habit{model: model(17, nodes...)}.weights(onnx.NewInt64Tensor("two", nil, []int64{2}), onnx.NewInt64Tensor("minus", nil, []int64{-3}), onnx.NewInt64Tensor("zero", nil, []int64{0}))
		h.model.Graph.Inputs = append(h.model.Graph.Inputs, onnx.NewValue("c", onnx.Bool), onnx.NewValue("count", onnx.Int64))
		h.model.Graph.Inputs[0] = onnx.NewValue("x", onnx.Float, onnx.Fixed(4), onnx.Fixed(3))
		if _, err := Import(t.Context(), h.model, Options{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestListsAreBounded: a loop of a few bytes that fills a list 4097 times is refused.
func TestListsAreBounded(t *testing.T) {
	body := &onnx.Graph{Name: "body", Nodes: []*onnx.Node{node("SequenceInsert", "insert", "m x", "m2"), node("SequenceInsert", "again", "m2 x", "m3")},
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("i", onnx.Int64), onnx.NewValue("goes", onnx.Bool), {Name: "m"}},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("goes", onnx.Bool), {Name: "m3"}}}
	h := habit{model: model(17, node("SequenceEmpty", "none", "", "l"), node("Loop", "loop", "many _ l", "all", attr("body", body)), node("SequenceLength", "n", "all", "y"))}
	h = h.weights(onnx.NewInt64Tensor("many", nil, []int64{4000}))
	if _, err := Import(t.Context(), h.model, Options{}); err == nil || !strings.Contains(err.Error(), "a list of 4097 tensors") {
		t.Errorf("a list of 8000 tensors gives %v", err)
	}
}
