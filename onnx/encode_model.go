package onnx

import "math"

// An encoder turns the types of this package into messages; places says which tensors go beside the file.
type encoder struct {
	places map[*Tensor]place
}

func (e *encoder) model(m *Model) *out {
	o := newOut(m.kept)
	o.integer(1, m.IRVersion)
	o.text(2, m.ProducerName)
	o.text(3, m.ProducerVersion)
	o.text(4, m.Domain)
	o.integer(5, m.ModelVersion)
	o.text(6, m.DocString)
	if m.Graph != nil {
		o.message(7, e.graph(m.Graph))
	}
	messages(o, 8, m.OpsetImports, e.opset)
	messages(o, 14, m.Metadata, e.kv)
	messages(o, 25, m.Functions, e.function)
	o.finish()
	return o
}

func (e *encoder) graph(g *Graph) *out {
	o := newOut(g.kept)
	messages(o, 1, g.Nodes, e.node)
	o.text(2, g.Name)
	messages(o, 5, g.Initializers, e.tensor)
	o.text(10, g.DocString)
	messages(o, 11, g.Inputs, e.valueInfo)
	messages(o, 12, g.Outputs, e.valueInfo)
	messages(o, 13, g.ValueInfos, e.valueInfo)
	messages(o, 15, g.SparseInitializers, e.sparse)
	messages(o, 16, g.Metadata, e.kv)
	return o
}

func (e *encoder) function(f *Function) *out {
	o := newOut(f.kept)
	o.text(1, f.Name)
	o.texts(4, f.Inputs)
	o.texts(5, f.Outputs)
	o.texts(6, f.Attributes)
	messages(o, 7, f.Nodes, e.node)
	o.text(8, f.DocString)
	messages(o, 9, f.Opsets, e.opset)
	o.text(10, f.Domain)
	messages(o, 11, f.Defaults, e.attribute)
	messages(o, 12, f.ValueInfos, e.valueInfo)
	o.text(13, f.Overload)
	messages(o, 14, f.Metadata, e.kv)
	return o
}

func (e *encoder) opset(v *Opset) *out {
	o := newOut(v.kept)
	o.text(1, v.Domain)
	o.integer(2, v.Version)
	return o
}

func (e *encoder) kv(v *KV) *out {
	o := newOut(v.kept)
	o.text(1, v.Key)
	o.text(2, v.Value)
	return o
}

func (e *encoder) node(n *Node) *out {
	o := newOut(n.kept)
	o.texts(1, n.Inputs)
	o.texts(2, n.Outputs)
	o.text(3, n.Name)
	o.text(4, n.OpType)
	messages(o, 5, n.Attributes, e.attribute)
	o.text(6, n.DocString)
	o.text(7, n.Domain)
	o.text(8, n.Overload)
	messages(o, 9, n.Metadata, e.kv)
	return o
}

func (e *encoder) attribute(a *Attribute) *out {
	o := newOut(a.kept)
	o.text(1, a.Name)
	field := valueField(a.Type)
	if field < 13 {
		e.value(o, a)
	}
	o.text(13, a.DocString)
	if field == 14 || field == 15 {
		e.value(o, a)
	}
	o.integer(20, int64(a.Type))
	o.text(21, a.Ref)
	if field > 21 {
		e.value(o, a)
	}
	return o
}

// value writes the field that belongs to the Go type of the value. Check refuses an attribute where that is not its Type's.
func (e *encoder) value(o *out, a *Attribute) {
	field := valueField(typeOf(a.Value))
	switch v := a.Value.(type) {
	case float32:
		o.fixed32(field, math.Float32bits(v))
	case int64:
		o.present(field, v)
	case string:
		o.content(field, []byte(v))
	case *Tensor:
		messages(o, field, []*Tensor{v}, e.tensor)
	case *Graph:
		messages(o, field, []*Graph{v}, e.graph)
	case *SparseTensor:
		messages(o, field, []*SparseTensor{v}, e.sparse)
	case *Type:
		messages(o, field, []*Type{v}, e.valueType)
	case []float32:
		for _, f := range v {
			o.fixed32(field, math.Float32bits(f))
		}
	case []int64:
		for _, i := range v {
			o.present(field, i)
		}
	case []string:
		o.texts(field, v)
	case []*Tensor:
		messages(o, field, v, e.tensor)
	case []*Graph:
		messages(o, field, v, e.graph)
	case []*SparseTensor:
		messages(o, field, v, e.sparse)
	case []*Type:
		messages(o, field, v, e.valueType)
	}
}
