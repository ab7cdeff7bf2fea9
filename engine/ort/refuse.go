//go:build ort

package ort

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// varying are operators that draw random numbers, and one that asks the machine's locale for capital letters.
var varying = []string{"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "StringNormalizer"}

// repeatable refuses what gives other values in another run or on another machine.
func repeatable(g *graph.Graph) error {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if n.Domain == "" && slices.Contains(varying, n.Op) {
			return unsupported(g, i)
		}
		if n.Domain == "" && n.Op == "Dropout" && drops(g, n) {
			return fmt.Errorf("node %d %q (Dropout): training mode is not supported: export the network for inference", i+1, n.Name)
		}
		for _, name := range slices.Sorted(maps.Keys(n.Subgraphs)) {
			if err := repeatable(n.Subgraphs[name]); err != nil {
				return fmt.Errorf("node %d %q (%s), %s: %w", i+1, n.Name, n.Op, name, err)
			}
		}
	}
	return nil
}

// drops reports whether a Dropout may set elements to zero: inputs are data, ratio, whether it trains.
func drops(g *graph.Graph, n *graph.Node) bool {
	if len(n.Inputs) < 3 || n.Inputs[2] == "" {
		return false
	}
	if t := g.Weights[n.Inputs[2]]; t.DType() == tensor.Bool && t.Len() == 1 && !tensor.Data[bool](t)[0] {
		return false
	}
	ratio := g.Weights[n.Inputs[1]]
	return ratio.DType() != tensor.Float32 || ratio.Len() != 1 || ratio.Float32s()[0] != 0
}

func unsupported(g *graph.Graph, i int) error {
	n := &g.Nodes[i]
	return &engine.UnsupportedError{Node: n.Name, Op: n.Op, Domain: n.Domain, Opset: g.Version(n.Domain), Index: i + 1}
}

var (
	numbered = regexp.MustCompile(`#(\d+)`)
	unknown  = regexp.MustCompile(`(?:([\w.]*):(\w+)\(-?\d+\) is not a registered function/op|Could not find an implementation for (\w+)\(\d+\) node with name '')`)
)

// located finds the node that a message of the library's is about; ok is false where it names none.
func located(g *graph.Graph, err error) (i int, said *statusError, ok bool) {
	if !errors.As(err, &said) {
		return 0, nil, false
	}
	if m := unknown.FindStringSubmatch(said.message); m != nil {
		i = slices.IndexFunc(g.Nodes, func(n graph.Node) bool { return n.Op == m[2]+m[3] && n.Domain == onnx.Domain(m[1]) })
		return i, said, i >= 0
	}
	m := numbered.FindStringSubmatch(said.message)
	if m == nil {
		return 0, said, false
	}
	i, err = strconv.Atoi(m[1])
	return i - 1, said, err == nil && i >= 1 && i <= len(g.Nodes)
}

// refusal says why there is no session.
func refusal(g *graph.Graph, err error) error {
	i, said, ok := located(g, err)
	if ok && (said.code == notImplemented || unknown.MatchString(said.message) || strings.Contains(said.message, "No Op registered")) {
		return unsupported(g, i)
	}
	return placed(g, err)
}

// placed says an error in the words of the graph: which node, what about it.
func placed(g *graph.Graph, err error) error {
	i, said, ok := located(g, err)
	if !ok {
		return fmt.Errorf("ONNX Runtime: %w", err)
	}
	text := said.message
	if _, rest, ok := strings.Cut(text, "Status Message: "); ok {
		text = rest
	}
	if _, rest, ok := strings.Cut(text, " was false. "); ok { // after the place and the condition in its source
		text = rest
	}
	n := &g.Nodes[i]
	return fmt.Errorf("node %d %q (%s): ONNX Runtime: %w", i+1, n.Name, n.Op, &statusError{said.code, text})
}
