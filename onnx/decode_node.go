package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

func (d *decoder) node(b []byte, n *Node) error {
	if d.nodes++; d.nodes > d.limits.Nodes {
		return fmt.Errorf("more than %d nodes", d.limits.Nodes)
	}
	return d.decode(b, &n.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, s.texts(f, &n.Inputs)
		case 2:
			return true, s.texts(f, &n.Outputs)
		case 3:
			return true, s.text(f, &n.Name)
		case 4:
			return true, s.text(f, &n.OpType)
		case 5:
			return true, more(s, f, &n.Attributes, "attribute", (*decoder).attribute)
		case 6:
			return true, s.text(f, &n.DocString)
		case 7:
			return true, s.text(f, &n.Domain)
		case 8:
			return true, s.text(f, &n.Overload)
		case 9:
			return true, more(s, f, &n.Metadata, "metadata", (*decoder).kv)
		}
		return false, nil
	})
}

// attribute reads the value in the field that belongs to the attribute's type. Values in other fields are
// kept; Check refuses them.
func (d *decoder) attribute(b []byte, a *Attribute) error {
	kind, err := d.attributeType(b)
	if err != nil {
		return err
	}
	a.Type = kind
	if err := d.decode(b, &a.kept, func(s *message, f field) (bool, error) {
		switch f.num {
		case 1:
			return true, s.text(f, &a.Name)
		case 13:
			return true, s.text(f, &a.DocString)
		case 20:
			return true, nil
		case 21:
			return true, s.text(f, &a.Ref)
		}
		if f.num != valueField(kind) {
			return false, nil
		}
		return true, s.value(f, a)
	}); err != nil {
		return within(fmt.Sprintf("%q", a.Name), err)
	}
	if a.Value == nil && a.Ref == "" {
		a.Value = zeroValue(kind)
	}
	return nil
}

// valueField is the field that holds the value of an attribute of a type, 0 if there is none.
func valueField(t AttributeType) protowire.Number {
	if t < 0 || int(t) >= len(attributeTypes) {
		return 0
	}
	return protowire.Number(attributeTypes[t].field)
}

// attributeType finds the type before the value is read: it comes after it in the file. Writers from before
// the field existed are understood by the first value that is there.
func (d *decoder) attributeType(b []byte) (AttributeType, error) {
	found, stated := AttributeUndefined, AttributeUndefined
	for len(b) > 0 {
		f, rest, err := next(b)
		if err != nil {
			return 0, err
		}
		b = rest
		if f.num == 20 {
			if err := f.wants(protowire.VarintType); err != nil {
				return 0, err
			}
			if stated = AttributeType(f.bits); int64(stated) != int64(f.bits) {
				return 0, fmt.Errorf("attribute type %d does not exist", int64(f.bits))
			}
		}
		for t := range attributeTypes[1:] {
			if found == AttributeUndefined && f.num == valueField(AttributeType(t+1)) {
				found = AttributeType(t + 1)
			}
		}
	}
	if stated != AttributeUndefined {
		return stated, nil
	}
	return found, nil
}

// zeroValue is the value of an attribute whose field was left out: writers of proto3 do so for zeros and all for empty lists.
func zeroValue(t AttributeType) any {
	switch t {
	case AttributeFloat:
		return float32(0)
	case AttributeInt:
		return int64(0)
	case AttributeString:
		return ""
	case AttributeFloats:
		return []float32(nil)
	case AttributeInts:
		return []int64(nil)
	case AttributeStrings:
		return []string(nil)
	case AttributeTensors:
		return []*Tensor(nil)
	case AttributeGraphs:
		return []*Graph(nil)
	case AttributeSparseTensors:
		return []*SparseTensor(nil)
	case AttributeTypeProtos:
		return []*Type(nil)
	}
	return nil
}

// value reads one field of the attribute's value.
func (m *message) value(f field, a *Attribute) error {
	switch a.Type {
	case AttributeFloat:
		if err := f.wants(protowire.Fixed32Type); err != nil {
			return err
		}
		a.Value = math.Float32frombits(uint32(f.bits))
	case AttributeInt:
		if err := f.wants(protowire.VarintType); err != nil {
			return err
		}
		a.Value = int64(f.bits)
	case AttributeString:
		if err := f.wants(protowire.BytesType); err != nil {
			return err
		}
		if err := m.charge(len(f.data)); err != nil {
			return err
		}
		a.Value = string(f.data)
	case AttributeFloats:
		return list(a, func(to *[]float32) error { return m.floats(f, to) })
	case AttributeInts:
		return list(a, func(to *[]int64) error { return m.integers(f, to) })
	case AttributeStrings:
		return list(a, func(to *[]string) error { return m.texts(f, to) })
	case AttributeTensor:
		return single(m, f, a, (*decoder).tensor)
	case AttributeGraph:
		return single(m, f, a, (*decoder).graph)
	case AttributeSparseTensor:
		return single(m, f, a, (*decoder).sparse)
	case AttributeTypeProto:
		return single(m, f, a, (*decoder).valueType)
	case AttributeTensors:
		return list(a, func(to *[]*Tensor) error { return more(m, f, to, "tensor", (*decoder).tensor) })
	case AttributeGraphs:
		return list(a, func(to *[]*Graph) error { return more(m, f, to, "graph", (*decoder).graph) })
	case AttributeSparseTensors:
		return list(a, func(to *[]*SparseTensor) error { return more(m, f, to, "sparse tensor", (*decoder).sparse) })
	case AttributeTypeProtos:
		return list(a, func(to *[]*Type) error { return more(m, f, to, "type", (*decoder).valueType) })
	}
	return nil
}

func list[T any](a *Attribute, add func(*[]T) error) error {
	v, _ := a.Value.([]T)
	err := add(&v)
	a.Value = v
	return err
}

func single[T any](m *message, f field, a *Attribute, read func(*decoder, []byte, *T) error) error {
	v, _ := a.Value.(*T)
	err := one(m, f, &v, read)
	a.Value = v
	return err
}
