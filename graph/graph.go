// Package graph holds a network as an immutable value: nodes, values, weights, layers. Edits return a
// new graph. The form is canonical: ONNX of one opset, constants folded, exporters' habits undone
// (package canonical makes it, package shape knows the shapes).
package graph

import (
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// Opset is the version of the default operator set that the canonical form uses.
const Opset = 20

// A Graph is a network. Nothing changes one in place.
type Graph struct {
	Name    string
	Opset   int            // of the file it came from
	Domains map[string]int // opsets of the file's other domains
	Inputs  []Value        // what has to be fed, in the file's order
	Outputs []string       // names of the values it gives, in the file's order
	Nodes   []Node         // in an order in which they can run
	Weights map[string]tensor.Tensor
	Values  map[string]Value // type and shape of inputs and of what nodes make, as far as known
	Layers  []Layer
	Notes   []Note // what was done to the file's form, and what it makes impossible
}

// Version returns the opset of a domain that the file names, 0 if it names none.
func (g *Graph) Version(domain string) int {
	if domain == "" {
		return g.Opset
	}
	return g.Domains[domain]
}

// A Value is an edge of the graph: a tensor's name, type and shape.
type Value struct {
	Name  string
	DType tensor.DType
	Shape []Dim // nil when even the rank is unknown
}

// A Dim is one dimension: a size, or the name of one that differs from run to run (Size -1).
type Dim struct {
	Size  int
	Param string
}

// A Node is one step.
type Node struct {
	Name       string // as the exporter wrote it
	Scope      string // the framework's module path, when the exporter kept it: layer1.0.conv1
	Op         string
	Domain     string
	Inputs     []string // "" is an absent optional input
	Outputs    []string
	Attributes op.Attributes
	Subgraphs  map[string]*Graph // bodies of If, Loop, Scan by attribute
}

// Control reports whether a node runs graphs inside it: If, Loop, Scan.
func (n *Node) Control() bool {
	return n.Domain == "" && (n.Op == "If" || n.Op == "Loop" || n.Op == "Scan")
}

// A Note says what importing changed and what can no longer be seen because of how a file was written.
type Note struct {
	Code  string // folded-norm, fixed-batch, freed-batch, training-mode, not-rewritten
	Layer string
	Text  string
}

// A Role says whether a layer's output is the main stream or a branch that is added to it.
type Role string

// The roles of a layer.
const (
	Stream Role = "stream"
	Branch Role = "branch"
)

// A Layer is a step of the network as its author thinks of it: a convolution or linear map with its
// bias, normalisation and activation; an attention; an embedding; the sum where a branch joins a stream.
type Layer struct {
	Name       string   // the framework's name: layer1.0.conv1
	Index      int      // 1 for the first, in order of execution
	Depth      float64  // longest path from the input, as a share of the longest of all
	Op         string   // Conv, ConvTranspose, Linear, Attention, Embedding, Sum, Recurrent, Norm
	Role       Role     //
	Stage      string   // the name's part that groups layers: layer1, blocks.3, stem, head
	Kernel     []int    // spatial size of a convolution
	Groups     int      // of a convolution, 1 otherwise
	Shape      []int    // of one sample's output: [units], [units, h, w] or [tokens, units]; -1 differs from run to run
	Units      int      // channels or neurons
	Axis       int      // where units stand in the output with its batch: 1 for maps, the last for tokens
	Batch      int      // where the samples stand in it: 0 but for networks that put tokens first; -1 if mixed with tokens
	Parameters int      // weights, biases and normalisation of the layer
	After      []string // names of the layers it reads; "input" for the network's input
	Activation string   // Relu, Gelu, ...; "" for none
	Head       bool     // its output is an output of the network

	Weight    string // name of the weight in Weights, "" if none
	Bias      string // likewise
	Transpose bool   // the weight is stored [in, out]
	Norm      *Norm  // batch normalisation that follows the weight
	Input     string // value the weight reads
	Linear    string // value after weight and bias, before the normalisation
	Before    string // value before the activation (PreActivation), "" if the same as Output
	Output    string // value after the activation (Activation)
	Map       string // of an attention: its weights after the softmax [n, heads, T, T], "" where they are not a value
}

// A Norm is a batch normalisation with stored statistics; the fields name weights.
type Norm struct {
	Node                        string
	Scale, Bias, Mean, Variance string
	Epsilon                     float64
}
