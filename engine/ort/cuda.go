//go:build ort

package ort

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// forCUDA rewrites what the library's CUDA kernels lack: BatchNormalization with the batch's own statistics. What they
// compute otherwise than its CPU kernels do (seen with ONNX Runtime 1.31 on an H100) is refused. Nodes keep their
// names, which say where they stood.
func forCUDA(g *graph.Graph) error {
	old := g.Nodes
	g.Nodes, g.Weights = nil, maps.Clone(g.Weights)
	if g.Weights == nil {
		g.Weights = map[string]tensor.Tensor{}
	}
	for i := range old {
		n := &old[i]
		switch {
		case n.Domain != "":
		case n.Op == "BatchNormalization" && n.Attributes.Int("training_mode", 0) != 0:
			nodes, err := batchNorm(g, n)
			if err != nil {
				return fmt.Errorf("node %d (BatchNormalization): %w", i+1, err)
			}
			g.Nodes = append(g.Nodes, nodes...)
			continue
		case n.Op == "Resize" && n.Attributes.Str("coordinate_transformation_mode", "") == "tf_crop_and_resize",
			n.Op == "Pow" && integers(g, n),
			(n.Op == "ReduceSumSquare" || n.Op == "ReduceLogSum") && n.Attributes.Int("noop_with_empty_axes", 0) != 0:
			return fmt.Errorf("node %d (%s): ONNX Runtime's CUDA kernel differs from its CPU kernel; --engine ort or native runs it", i+1, n.Op)
		}
		g.Nodes = append(g.Nodes, *n)
	}
	return nil
}

func integers(g *graph.Graph, n *graph.Node) bool {
	d := g.Values[n.Outputs[0]].DType
	return d == tensor.Int32 || d == tensor.Int64
}

// batchNorm writes a BatchNormalization in training mode with plain operators: the batch's mean and variance, each
// channel's, by sums over all other axes.
func batchNorm(g *graph.Graph, n *graph.Node) ([]graph.Node, error) {
	x := g.Values[n.Inputs[0]]
	rank := len(x.Shape)
	if rank < 2 {
		return nil, fmt.Errorf("the rank of %q is not known", n.Inputs[0])
	}
	if x.DType != tensor.Float32 {
		return nil, fmt.Errorf("%v is not supported on CUDA, want float32", x.DType)
	}
	at := n.Outputs[0] + "/cuda."
	var nodes []graph.Node
	step := func(name string, kind string, inputs ...string) string {
		node := graph.Node{Name: n.Name, Op: kind, Inputs: inputs, Outputs: []string{name}}
		if kind == "ReduceMean" {
			node.Attributes = op.Attributes{"keepdims": int64(1)}
		}
		nodes = append(nodes, node)
		return name
	}
	weight := func(name string, t tensor.Tensor) string {
		g.Weights[at+name] = t
		return at + name
	}
	channel, axes := make([]int64, rank), []int64{0}
	for i := range channel {
		channel[i] = 1
		if i >= 2 {
			axes = append(axes, int64(i))
		}
	}
	channel[1] = -1
	shape := weight("shape", tensor.Of(channel, rank))
	all := weight("axes", tensor.Of(axes, len(axes)))
	scalar := func(name string, v float32) string { return weight(name, tensor.Of([]float32{v}, 1)) }

	mean := step(at+"mean", "ReduceMean", n.Inputs[0], all)
	centred := step(at+"centred", "Sub", n.Inputs[0], mean)
	square := step(at+"square", "Mul", centred, centred)
	variance := step(at+"variance", "ReduceMean", square, all)
	shifted := step(at+"shifted", "Add", variance, scalar("epsilon", n.Attributes.Float("epsilon", 1e-5)))
	sd := step(at+"sd", "Sqrt", shifted)
	normal := step(at+"normal", "Div", centred, sd)
	scaled := step(at+"scaled", "Mul", normal, step(at+"scale", "Reshape", n.Inputs[1], shape))
	step(n.Outputs[0], "Add", scaled, step(at+"bias", "Reshape", n.Inputs[2], shape))

	momentum := n.Attributes.Float("momentum", 0.9)
	for i, batch := range []string{mean, variance} {
		if len(n.Outputs) <= i+1 || n.Outputs[i+1] == "" {
			continue
		}
		name := at + strconv.Itoa(i)
		flat := step(name+".flat", "Reshape", batch, weight(strconv.Itoa(i)+".shape", tensor.Of([]int64{-1}, 1)))
		kept := step(name+".kept", "Mul", n.Inputs[3+i], scalar(strconv.Itoa(i)+".keep", momentum))
		added := step(name+".added", "Mul", flat, scalar(strconv.Itoa(i)+".add", 1-momentum))
		step(n.Outputs[i+1], "Add", kept, added)
	}
	return slices.Clip(nodes), nil
}
