package onnx

import "iter"

// The newest versions this package knows, and the oldest it accepts.
const (
	NewestIR    = 14
	OldestIR    = 3 // opset imports exist since this version
	NewestOpset = 28
	OldestOpset = 7
)

// A KV is an entry of metadata, or of where external data lies.
type KV struct {
	Key, Value string

	kept []byte
}

// An Opset says which version of a domain's operators a model or function means.
// The domain of ONNX itself is "" (or "ai.onnx").
type Opset struct {
	Domain  string
	Version int64

	kept []byte
}

// A Model is a whole file.
type Model struct {
	IRVersion       int64
	ProducerName    string
	ProducerVersion string
	Domain          string
	ModelVersion    int64
	DocString       string
	OpsetImports    []*Opset
	Metadata        []*KV
	Graph           *Graph
	Functions       []*Function

	// Source is what messages call the model, the file's name without its folder; it is not stored.
	Source string

	limits Limits
	kept   []byte // training_info, configuration, what came later
}

// A Graph is a list of nodes in an order in which they can run, with the values that go in and out.
type Graph struct {
	Name               string
	Nodes              []*Node
	Initializers       []*Tensor
	SparseInitializers []*SparseTensor
	Inputs             []*ValueInfo
	Outputs            []*ValueInfo
	ValueInfos         []*ValueInfo
	DocString          string
	Metadata           []*KV

	kept []byte // quantization_annotation too
}

// A Function is a body of nodes that a node calls by domain, name and overload.
type Function struct {
	Name       string
	Domain     string
	Overload   string
	Inputs     []string
	Outputs    []string
	Attributes []string     // parameters without a default
	Defaults   []*Attribute // parameters with one
	Nodes      []*Node
	DocString  string
	Opsets     []*Opset
	ValueInfos []*ValueInfo
	Metadata   []*KV

	kept []byte
}

// label is what messages call the model.
func (m *Model) label() string {
	if m.Source == "" {
		return "model"
	}
	return m.Source
}

// Opset is the version the model imports of a domain, 0 if it imports none. "" and "ai.onnx" are one.
func (m *Model) Opset(domain string) int64 { return opset(m.OpsetImports, domain) }

// Opset is the version the function imports of a domain, 0 if it imports none.
func (f *Function) Opset(domain string) int64 { return opset(f.Opsets, domain) }

func opset(list []*Opset, domain string) int64 {
	for _, o := range list {
		if Domain(o.Domain) == Domain(domain) {
			return o.Version
		}
	}
	return 0
}

// Domain gives a domain one spelling: "ai.onnx" becomes "".
func Domain(s string) string {
	if s == "ai.onnx" {
		return ""
	}
	return s
}

// Function finds the function that a node calls, nil where the node is an operator.
func (m *Model) Function(n *Node) *Function {
	for _, f := range m.Functions {
		if f.Name == n.OpType && Domain(f.Domain) == Domain(n.Domain) && f.Overload == n.Overload {
			return f
		}
	}
	return nil
}

// Graphs yields the main graph and every graph inside attributes, outer before inner, functions last.
func (m *Model) Graphs() iter.Seq[*Graph] {
	return func(yield func(*Graph) bool) {
		if m.Graph != nil && !m.Graph.walk(yield) {
			return
		}
		for _, f := range m.Functions {
			if !walkNodes(f.Nodes, yield) || !walkAttributes(f.Defaults, yield) {
				return
			}
		}
	}
}

func (g *Graph) walk(yield func(*Graph) bool) bool { return yield(g) && walkNodes(g.Nodes, yield) }

func walkNodes(nodes []*Node, yield func(*Graph) bool) bool {
	for _, n := range nodes {
		if !walkAttributes(n.Attributes, yield) {
			return false
		}
	}
	return true
}

func walkAttributes(list []*Attribute, yield func(*Graph) bool) bool {
	for _, a := range list {
		for _, g := range a.graphs() {
			if !g.walk(yield) {
				return false
			}
		}
	}
	return true
}

// Tensors yields every tensor of the model: initializers, the parts of sparse ones, values of attributes.
func (m *Model) Tensors() iter.Seq[*Tensor] {
	return func(yield func(*Tensor) bool) {
		for g := range m.Graphs() {
			if !g.tensors(yield) {
				return
			}
		}
		for _, f := range m.Functions {
			if !nodeTensors(f.Nodes, yield) || !attributeTensors(f.Defaults, yield) {
				return
			}
		}
	}
}

func (g *Graph) tensors(yield func(*Tensor) bool) bool {
	for _, t := range g.Initializers {
		if !yield(t) {
			return false
		}
	}
	for _, s := range g.SparseInitializers {
		if !s.tensors(yield) {
			return false
		}
	}
	return nodeTensors(g.Nodes, yield)
}

func nodeTensors(nodes []*Node, yield func(*Tensor) bool) bool {
	for _, n := range nodes {
		if !attributeTensors(n.Attributes, yield) {
			return false
		}
	}
	return true
}
