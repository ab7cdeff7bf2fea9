package canonical

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
)

// leastInputs are the inputs without which an operator of ai.onnx means nothing; one where it is not
// listed. Everything behind the import relies on them.
var leastInputs = map[string]int{
	"Constant": 0, "RandomNormal": 0, "RandomUniform": 0, "BlackmanWindow": 0, "HannWindow": 0, "HammingWindow": 0,
	"SequenceEmpty": 0, "Optional": 0, "OptionalHasElement": 0, "Loop": 0, "Scan": 0,
	"Add": 2, "And": 2, "Attention": 3, "BatchNormalization": 5, "Compress": 2, "Conv": 2, "ConvTranspose": 2, "CumSum": 2, "Div": 2,
	"Equal": 2, "Expand": 2, "Gather": 2, "GatherElements": 2, "GatherND": 2, "Gemm": 2, "Greater": 2, "GreaterOrEqual": 2,
	"GroupNormalization": 3, "GRU": 3, "InstanceNormalization": 3, "LayerNormalization": 2, "Less": 2, "LessOrEqual": 2, "LSTM": 3,
	"MatMul": 2, "Mod": 2, "Mul": 2, "OneHot": 3, "Or": 2, "Pad": 2, "PRelu": 2, "Pow": 2, "Range": 3, "Reshape": 2, "RMSNormalization": 2,
	"RNN": 3, "ScatterElements": 3, "ScatterND": 3, "Slice": 3, "Sub": 2, "Tile": 2, "TopK": 2, "Unsqueeze": 2, "Where": 3, "Xor": 2,
}

// complete refuses nodes that lack what their operator needs, once they are in canonical form.
func complete(n *graph.Node) error {
	if len(n.Outputs) == 0 {
		return fmt.Errorf("it has no outputs")
	}
	if n.Domain != "" {
		return nil
	}
	least, listed := leastInputs[n.Op]
	if !listed {
		least = 1
	}
	if len(n.Inputs) < least {
		return fmt.Errorf("%d inputs, want at least %d", len(n.Inputs), least)
	}
	for i := range least {
		if n.Inputs[i] == "" {
			return fmt.Errorf("input %d of %s is left out", i+1, n.Op)
		}
	}
	return nil
}
