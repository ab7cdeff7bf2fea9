package canonical

import (
	"context"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/onnx"
)

// TestOpenCondition: a voice detector squeezes its last axis if one step is left, as for the 576 values it
// is fed. No size tried leaves one, so the other branch was taken for every run, and what follows did
// not fit. The condition stays open there, and is decided where what follows takes either branch.
func TestOpenCondition(t *testing.T) {
	squeeze := &onnx.Graph{Name: "then", Nodes: []*onnx.Node{node("Squeeze", "inner", "x axis", "inside")}, Outputs: []*onnx.ValueInfo{onnx.NewValue("inside", onnx.Float)}}
	for last, want := range map[string]string{
		"Relu":      "Relu",
		"Transpose": "Shape Gather Equal Not Not If Transpose",
	} {
		end := node(last, "", "s", "y")
		if last == "Transpose" {
			end = node(last, "", "s", "y", attr("perm", []int64{0}))
		}
		m := model(13, node("Shape", "", "x", "sizes"), node("Gather", "", "sizes index", "width"), node("Equal", "", "width index", "c"),
			node("Not", "", "c", "d"), node("Not", "", "d", "e"),
			node("If", "if", "e", "s", attr("then_branch", squeeze), attr("else_branch", branchOf("Identity"))), end)
		m.Graph.Inputs[0] = onnx.NewValue("x", onnx.Float, onnx.Param("N"), onnx.Param("T"))
		h := habit{model: m}.weights(onnx.NewInt64Tensor("index", nil, []int64{1}), whole("axis", 1))
		g, err := Import(context.Background(), h.model, Options{})
		if err != nil {
			t.Errorf("%s: %v", last, err)
			continue
		}
		var left []string
		for _, n := range g.Nodes {
			left = append(left, n.Op)
		}
		if got := strings.Join(left, " "); got != want {
			t.Errorf("%s: %s is left, want %s", last, got, want)
		}
	}
}
