// Package random makes small networks of random bytes, for fuzzing: two programs that read ONNX files are given the
// same one. Which operators it has, and with what, is in elementwise.go, move.go and window.go.
package random

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// A Network is a small network that bytes describe, with what to feed it. Every byte decides something, so that a
// fuzzer's mutations change operators, shapes and attributes; most of what comes out is a valid model.
type Network struct {
	Model *onnx.Model // its outputs are what no node reads
	Feeds map[string]tensor.Tensor

	made []*onnx.ValueInfo
}

const (
	oldest, newest = 7, 22 // opsets
	mostNodes      = 8
	mostElements   = 4096 // of a value
)

// New makes a network.
func New(b []byte) Network {
	r := &maker{rest: b, feeds: map[string]tensor.Tensor{}, read: map[string]bool{}}
	r.opset = oldest + r.n(newest-oldest+1)
	r.source = rand.New(rand.NewPCG(uint64(r.n(256)), 3))
	open := r.n(2) == 1
	for range 1 + r.n(2) {
		r.input(open)
	}
	for range 1 + r.n(mostNodes) {
		for range 4 { // tries
			if makers[r.n(len(makers))](r) {
				break
			}
		}
	}
	var made []*onnx.ValueInfo
	for _, v := range r.values {
		if !v.made {
			continue
		}
		made = append(made, v.info())
		if !r.read[v.name] {
			r.graph.Outputs = append(r.graph.Outputs, v.info())
		}
	}
	r.graph.Name = "random"
	m := &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.Opset{{Version: int64(r.opset)}}, Graph: &r.graph}
	return Network{m, r.feeds, made}
}

// Open is the model with all that its nodes make as outputs.
func (n Network) Open() *onnx.Model {
	g := *n.Model.Graph
	g.Outputs = n.made
	m := *n.Model
	m.Graph = &g
	return &m
}

// A value is a tensor of the network whose shape is known here, though maybe not to who reads the file.
type value struct {
	name  string
	elem  onnx.DataType
	dims  []int
	exact bool // sums and comparisons of it have no rounding: small multiples of 1/8
	made  bool // by a node
}

func (v value) info() *onnx.ValueInfo {
	i := onnx.NewValue(v.name, v.elem)
	i.Type.Shape = nil
	return i
}

func (v value) len() int {
	n := 1
	for _, d := range v.dims {
		n *= d
	}
	return n
}

// A maker is the state of making one.
type maker struct {
	rest   []byte
	opset  int
	source *rand.Rand
	graph  onnx.Graph
	feeds  map[string]tensor.Tensor
	values []value
	read   map[string]bool
	names  int
}

// n takes a number below k from the next byte, 0 after the last.
func (r *maker) n(k int) int {
	if len(r.rest) == 0 {
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return int(b) % k
}

func (r *maker) name(kind string) string {
	r.names++
	return fmt.Sprintf("%s%d", kind, r.names)
}

// input adds what has to be fed; open leaves the size of its first dimension to the run.
func (r *maker) input(open bool) {
	v := value{name: r.name("x"), elem: onnx.Float, dims: r.dims([]int{1, 2, 3, 4, 4}[r.n(5)]), exact: r.n(2) == 0}
	info := onnx.NewValue(v.name, v.elem)
	for i, d := range v.dims {
		if open && i == 0 { // a size that inference tries: what it says of others holds as far as a formula goes
			v.dims[0] = []int{1, 2, 3, 5}[r.n(4)]
			info.Type.Shape.Dims = append(info.Type.Shape.Dims, onnx.Param("N"))
			if len(r.values) > 0 {
				v.dims[0] = r.values[0].dims[0]
			}
			continue
		}
		info.Type.Shape.Dims = append(info.Type.Shape.Dims, onnx.Fixed(int64(d)))
	}
	r.graph.Inputs = append(r.graph.Inputs, info)
	r.feeds[v.name] = tensor.Of(r.floats(v.len(), v.exact), v.dims...)
	r.values = append(r.values, v)
}

func (r *maker) dims(rank int) []int {
	d := make([]int, rank)
	for i := range d {
		d[i] = 1 + r.n(6)
	}
	return d
}

// floats are values from -2 to 2 in steps of 1/8, or normal ones.
func (r *maker) floats(n int, exact bool) []float32 {
	out := make([]float32, n)
	for i := range out {
		if out[i] = float32(r.source.NormFloat64()); exact {
			out[i] = float32(r.source.IntN(33)-16) / 8
		}
	}
	return out
}

// weight adds a constant.
func (r *maker) weight(exact bool, dims ...int) value {
	v := value{name: r.name("w"), elem: onnx.Float, dims: dims, exact: exact}
	r.graph.Initializers = append(r.graph.Initializers, onnx.NewFloatTensor(v.name, wide(dims), r.floats(v.len(), exact)))
	return v
}

// ints adds a list of whole numbers as a constant and returns its name.
func (r *maker) ints(list ...int) string {
	name := r.name("i")
	r.graph.Initializers = append(r.graph.Initializers, onnx.NewInt64Tensor(name, []int64{int64(len(list))}, wide(list)))
	return name
}

func wide(list []int) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}

// pick chooses a value that fits.
func (r *maker) pick(fits func(value) bool) (value, bool) {
	var all []value
	for _, v := range r.values {
		if fits(v) {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return value{}, false
	}
	return all[len(all)-1-r.n(len(all))], true
}

func real(v value) bool  { return v.elem == onnx.Float }
func exact(v value) bool { return v.elem == onnx.Float && v.exact }

// rank wants real values of so many dimensions.
func rank(lo, hi int) func(value) bool {
	return func(v value) bool { return real(v) && len(v.dims) >= lo && len(v.dims) <= hi }
}

// node adds a node with one output; values too large for a small network are not made.
func (r *maker) node(op string, out value, inputs []string, attributes ...*onnx.Attribute) bool {
	return r.nodes(op, []value{out}, inputs, attributes...)
}

func (r *maker) nodes(op string, outs []value, inputs []string, attributes ...*onnx.Attribute) bool {
	n := &onnx.Node{Name: r.name(op), OpType: op, Inputs: inputs, Attributes: slices.DeleteFunc(attributes, func(a *onnx.Attribute) bool { return a == nil })}
	for i, v := range outs {
		if v.len() > mostElements || slices.ContainsFunc(v.dims, func(d int) bool { return d < 1 }) {
			return false
		}
		outs[i].name, outs[i].made = r.name("v"), true
		n.Outputs = append(n.Outputs, outs[i].name)
	}
	for _, name := range inputs {
		r.read[name] = true
	}
	r.graph.Nodes = append(r.graph.Nodes, n)
	r.values = append(r.values, outs...)
	return true
}

// axis is one of a value's dimensions, and how the file writes it.
func (r *maker) axis(v value) (axis, written int) {
	axis = r.n(len(v.dims))
	if r.opset >= 11 && r.n(2) == 1 {
		return axis, axis - len(v.dims)
	}
	return axis, axis
}

// attr is an attribute that is left out sometimes.
func (r *maker) attr(name string, v any) *onnx.Attribute {
	if r.n(4) == 0 {
		return nil
	}
	return onnx.NewAttribute(name, v)
}

func with(dims []int, at, d int) []int {
	out := slices.Clone(dims)
	out[at] = d
	return out
}
